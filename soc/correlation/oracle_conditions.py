"""When the oracle holds a condition to be met: by the signals of one window, or around one instant."""

import math
import operator
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, assert_never

from soc.correlation.oracle_values import Item, numbers, tuples
from soc.rulebook.expressions import All, Any_, Expression, Name, Negated
from soc.rulebook.plan import CorrelationPlan, CorrelationType, Operator

_OPERATORS: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.GT: operator.gt,
    Operator.GTE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LTE: operator.le,
    Operator.EQ: operator.eq,
    Operator.NEQ: operator.ne,
}


def bounded(plan: CorrelationPlan) -> bool:
    """Return whether an operator other than ``gt`` and ``gte`` occurs."""
    return any(name not in (Operator.GT, Operator.GTE) for name, _ in plan.operators)


def negated(expression: Expression | None) -> bool:
    """Return whether the word ``not`` occurs."""
    match expression:
        case None | Name():
            return False
        case Negated():
            return True
        case All(parts) | Any_(parts):
            return any(negated(part) for part in parts)
        case _:
            assert_never(expression)


def affirmed(expression: Expression, *, even: bool = True) -> Iterator[str]:
    """Yield the rules named under an even number of ``not`` (or odd, where *even* is false)."""
    match expression:
        case Name(rule):
            yield from (rule,) if even else ()
        case Negated(part):
            yield from affirmed(part, even=not even)
        case All(parts) | Any_(parts):
            for part in parts:
                yield from affirmed(part, even=even)
        case _:
            assert_never(expression)


def holds(expression: Expression, before: set[str], around: set[str], *, even: bool = True) -> bool:
    """Return whether *expression* holds.

    Args:
        expression: over rule ids.
        before: rules with a signal up to the instant: names under an even number of ``not``.
        around: rules with a signal up to or after it: names under an odd number.
        even: how many ``not`` stand above *expression*.
    """
    match expression:
        case Name(rule):
            return rule in (before if even else around)
        case Negated(part):
            return not holds(part, before, around, even=not even)
        case All(parts):
            return all(holds(part, before, around, even=even) for part in parts)
        case Any_(parts):
            return any(holds(part, before, around, even=even) for part in parts)
        case _:
            assert_never(expression)


def satisfied(plan: CorrelationPlan, window: Sequence[Item]) -> bool:
    """Return whether the signals of *window* meet the condition of *plan*."""
    match plan.type:
        case CorrelationType.TEMPORAL_ORDERED:
            return _in_order(plan.rules, window)
        case CorrelationType.TEMPORAL:
            return _together(plan, {item.member.rule_id for item in window})
        case CorrelationType.EVENT_COUNT:
            return _meets(plan, Fraction(len(window)))
        case CorrelationType.VALUE_COUNT:
            return _meets(plan, Fraction(len({t for item in window for t in tuples(item, plan.fields)})))
        case _:
            found = [Fraction(n) for item in window for n in numbers(item, plan.fields[0])]
            return bool(found) and _meets(plan, _figure(plan, sorted(found)))


def _together(plan: CorrelationPlan, present: set[str]) -> bool:
    if plan.expression is not None:
        return holds(plan.expression, present, present)
    if plan.operators:
        return _meets(plan, Fraction(len(present)))
    return present == set(plan.rules)


def _meets(plan: CorrelationPlan, figure: Fraction) -> bool:
    return all(_OPERATORS[name](figure, Fraction(bound)) for name, bound in plan.operators)


def _figure(plan: CorrelationPlan, ordered: list[Fraction]) -> Fraction:
    size = len(ordered)
    match plan.type:
        case CorrelationType.VALUE_SUM:
            return sum(ordered, Fraction())
        case CorrelationType.VALUE_AVG:
            return sum(ordered, Fraction()) / size
        case CorrelationType.VALUE_MEDIAN:
            return (ordered[(size - 1) // 2] + ordered[size // 2]) / 2
        case CorrelationType.VALUE_PERCENTILE:
            rank = math.ceil(Fraction(plan.percentile or Decimal()) * size / 100)
            return ordered[max(1, rank) - 1]
        case _:
            raise AssertionError(plan.type)


def _in_order(rules: tuple[str, ...], window: Sequence[Item]) -> bool:
    """Give each listing the earliest signal of its rule that is free and not before the last one."""
    free = sorted(window, key=lambda item: item.member.at_ms)
    now = -math.inf
    for rule in rules:
        fit = next((i for i in free if i.member.rule_id == rule and i.member.at_ms >= now), None)
        if fit is None:
            return False
        free.remove(fit)
        now = fit.member.at_ms
    return True
