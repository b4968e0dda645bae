"""Correlation documents → plans, before their references are resolved (CORRELATION.md, "Conditions")."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from soc.kernel.errors import shortened
from soc.kernel.numbers import decimal_of
from soc.rulebook.conditions import Condition, names_in, parse_condition
from soc.rulebook.documents import Document, Fault, nearest
from soc.rulebook.headings import choice, custom, heading, names, timespan_ms
from soc.rulebook.plan import CorrelationType, Custom, Heading, Operator

TEMPORAL = {CorrelationType.TEMPORAL, CorrelationType.TEMPORAL_ORDERED}
COUNTED = {CorrelationType.EVENT_COUNT, CorrelationType.VALUE_COUNT}
_KEYS = {"type", "rules", "group-by", "timespan", "condition", "aliases", "generate"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A correlation whose rules are still names."""

    document: Document
    heading: Heading
    type: CorrelationType
    rules: tuple[str, ...]
    group_by: tuple[str, ...]
    timespan_ms: int
    operators: tuple[tuple[Operator, Decimal], ...]
    expression: Condition | None
    fields: tuple[str, ...]
    percentile: Decimal | None
    aliases: dict[str, dict[str, str]]
    generate: bool
    custom: Custom


def draft(document: Document) -> Draft:
    """Return the draft of a correlation document.

    Raises:
        Fault: unknown key, missing part, or a condition that the type does not take.
    """
    body = document.data["correlation"]
    if not isinstance(body, dict):
        raise Fault("correlation must be a mapping", "correlation")
    for key in body:
        if key not in _KEYS:
            fix = nearest(key, _KEYS)
            raise Fault(f"unknown key {key!r} in correlation", "correlation", str(key), fix=fix)
    type_ = choice(body.get("type"), CorrelationType, "correlation", "type")
    condition = body.get("condition")
    operators, fields, percentile = _counted_condition(type_, condition)
    return Draft(
        document=document,
        heading=heading(document),
        type=type_,
        rules=_required_names(body, "rules"),
        group_by=names(body["group-by"], "correlation", "group-by") if body.get("group-by") else (),
        timespan_ms=timespan_ms(body.get("timespan"), "correlation", "timespan"),
        operators=operators,
        expression=_expression(type_, condition),
        fields=fields,
        percentile=percentile,
        aliases=_aliases(body.get("aliases", {})),
        generate=_generate(document.data, body),
        custom=custom(document.data),
    )


def renamed(draft: Draft, names_of: Callable[[str], tuple[str, ...]]) -> Draft:
    """Return *draft* with the field names that pipelines make of its own.

    Raises:
        Fault: one name becomes several where only one can stand.
    """

    def one(name: str, *keys: str) -> str:
        found = names_of(name)
        if len(found) != 1:
            raise Fault(f"pipelines make {' and '.join(found)} of {name!r}", "correlation", *keys)
        return found[0]

    group_by = tuple(
        new for name in draft.group_by for new in ((name,) if name in draft.aliases else names_of(name))
    )
    aliases = {
        alias: {rule: one(name, "aliases", alias, rule) for rule, name in fields.items()}
        for alias, fields in draft.aliases.items()
    }
    fields = tuple(one(name, "condition", "field") for name in draft.fields)
    return replace(draft, group_by=group_by, aliases=aliases, fields=fields)


def _required_names(body: dict[str, Any], key: str) -> tuple[str, ...]:
    if key not in body:
        raise Fault(f"{key} is missing", "correlation", key)
    return names(body[key], "correlation", key)


def _counted_condition(
    type_: CorrelationType, condition: Any
) -> tuple[tuple[tuple[Operator, Decimal], ...], tuple[str, ...], Decimal | None]:
    where = ("correlation", "condition")
    if type_ is CorrelationType.TEMPORAL_ORDERED and condition is not None:
        raise Fault("temporal_ordered takes no condition", *where)
    if type_ in TEMPORAL and (condition is None or isinstance(condition, str)):
        return (), (), None
    if not isinstance(condition, dict):
        raise Fault(
            f"{type_.value} needs a condition with an operator", *where, fix="e.g. condition: {gte: 10}"
        )
    allowed = set(Operator) | ({"field"} if type_.value.startswith("value_") else set())
    allowed |= {"percentile"} if type_ is CorrelationType.VALUE_PERCENTILE else set()
    for key in condition:
        if key not in allowed:
            fix = nearest(key, allowed)
            raise Fault(f"unknown key {key!r} in the condition of {type_.value}", *where, str(key), fix=fix)
    operators = tuple((Operator(k), _decimal(v, k)) for k, v in condition.items() if k in set(Operator))
    if not operators:
        raise Fault("the condition has no operator", *where, fix=f"accepted: {', '.join(Operator)}")
    return operators, _fields(type_, condition), _percentile(type_, condition)


def _fields(type_: CorrelationType, condition: dict[str, Any]) -> tuple[str, ...]:
    if not type_.value.startswith("value_"):
        return ()
    if "field" not in condition:
        fix = "e.g. condition: {field: user, gte: 10}"
        raise Fault(f"{type_.value} needs a field", "correlation", "condition", fix=fix)
    found = names(condition["field"], "correlation", "condition", "field")
    if type_ not in COUNTED and len(found) != 1:
        raise Fault(f"{type_.value} takes one field", "correlation", "condition", "field")
    return found


def _percentile(type_: CorrelationType, condition: dict[str, Any]) -> Decimal | None:
    if type_ is not CorrelationType.VALUE_PERCENTILE:
        return None
    if "percentile" not in condition:
        raise Fault("value_percentile needs percentile: 0 to 100", "correlation", "condition")
    value = _decimal(condition["percentile"], "percentile")
    if not 0 <= value <= 100:
        raise Fault(f"percentile {value}", "correlation", "condition", "percentile", fix="accepted: 0 to 100")
    return value


def _decimal(value: Any, key: str) -> Decimal:
    number = decimal_of(value)
    if number is None:
        raise Fault(f"{key} must be a number, not {shortened(value)}", "correlation", "condition", key)
    return number


def _expression(type_: CorrelationType, condition: Any) -> Condition | None:
    if not isinstance(condition, str):
        return None
    if type_ is not CorrelationType.TEMPORAL:
        raise Fault(f"{type_.value} takes no text condition", "correlation", "condition")
    try:
        tree = parse_condition(condition)
        names_in(tree)
    except Fault as fault:
        raise Fault(fault.message, "correlation", "condition", fix=fault.fix) from fault
    return tree


def _aliases(given: Any) -> dict[str, dict[str, str]]:
    shape = isinstance(given, dict) and all(
        isinstance(fields, dict) and all(isinstance(f, str) for pair in fields.items() for f in pair)
        for fields in given.values()
    )
    if not shape:
        raise Fault("aliases map a group-by name to {rule: field}", "correlation", "aliases")
    return {str(name): dict(fields) for name, fields in given.items()}


def _generate(data: dict[str, Any], body: dict[str, Any]) -> bool:
    given = [value for value in (data.get("generate"), body.get("generate")) if value is not None]
    if not all(isinstance(value, bool) for value in given):
        raise Fault("generate is true or false", "correlation", "generate")
    if len(set(given)) > 1:
        raise Fault("generate at the top level and inside correlation differ", "correlation", "generate")
    return any(given)
