"""Correlations with one condition left out, each a question to the stories: would anybody notice?"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, assert_never

import msgspec

from soc.rulebook.documents import Keys
from soc.rulebook.expressions import All, Any_, Expression, Name, Negated
from soc.rulebook.mutation import but
from soc.rulebook.plan import CorrelationPlan, CorrelationType, Operator

ENDLESS_MS = 3650 * 86_400_000


class Looser(msgspec.Struct, frozen=True):
    """A correlation without one of its conditions."""

    what: str
    keys: Keys
    plan: CorrelationPlan


def looser(plan: CorrelationPlan, names: Mapping[str, str]) -> Iterator[Looser]:
    """Yield *plan* without each rule, group and operator in turn, its order, its timespan, its agency.

    *names* says what the rules are called, by id.
    """

    def without(what: str, *keys: str | int, **changes: Any) -> Looser:
        return Looser(what, keys, msgspec.structs.replace(plan, **changes))

    if plan.expression is None and len(plan.rules) > 1:
        for i, rule in enumerate(plan.rules):
            yield without(
                f"rule {names.get(rule, rule)!r}", "correlation", "rules", i, rules=but(plan.rules, i)
            )
    for i, field in enumerate(plan.group_by):
        yield without(f"group-by {field!r}", "correlation", "group-by", i, group_by=but(plan.group_by, i))
    yield from _conditions_of(plan, names)
    if plan.type is CorrelationType.TEMPORAL_ORDERED:
        yield without("the order", "correlation", "type", type=CorrelationType.TEMPORAL)
    yield without("the timespan", "correlation", "timespan", timespan_ms=ENDLESS_MS)
    if not plan.province:
        everywhere = msgspec.structs.replace(plan.custom, scope="province")
        yield without("that agencies are kept apart", "correlation", custom=everywhere)


def _conditions_of(plan: CorrelationPlan, names: Mapping[str, str]) -> Iterator[Looser]:
    keys = ("correlation", "condition")
    for i, (order, bound) in enumerate(plan.operators):
        rest = but(plan.operators, i) or ((Operator.GTE, Decimal(1)),)
        if rest != plan.operators:
            what = f"{order.value} {bound}"
            yield Looser(what, (*keys, order.value), msgspec.structs.replace(plan, operators=rest))
    if plan.expression is not None:
        for part, changed in _expressions(plan.expression):
            what = f"{_written(part, names)!r} in the condition"
            yield Looser(what, keys, msgspec.structs.replace(plan, expression=changed))


def _expressions(tree: Expression) -> Iterator[tuple[Expression, Expression]]:
    """Yield each part of *tree* that may be left out, and the tree without it."""
    match tree:
        case Name():
            return
        case Negated(part):
            yield from ((left, Negated(changed)) for left, changed in _expressions(part))
        case All(parts) | Any_(parts):
            for i, part in enumerate(parts):
                rest = but(parts, i)
                yield part, rest[0] if len(rest) == 1 else type(tree)(rest)
                for left, changed in _expressions(part):
                    yield left, type(tree)((*parts[:i], changed, *parts[i + 1 :]))
        case _:
            assert_never(tree)


def _written(tree: Expression, names: Mapping[str, str]) -> str:
    match tree:
        case Name(rule_id):
            return names.get(rule_id, rule_id)
        case Negated(part):
            return f"not {_written(part, names)}"
        case All(parts):
            return f"({' and '.join(_written(part, names) for part in parts)})"
        case Any_(parts):
            return f"({' or '.join(_written(part, names) for part in parts)})"
        case _:
            assert_never(tree)
