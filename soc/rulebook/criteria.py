"""Conditions of pipeline steps: on the rule, on its items, on their fields."""

import operator
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from soc.model.event import LogSource
from soc.rulebook.documents import Fault
from soc.rulebook.modifiers import Modifiers, patterns
from soc.rulebook.plan import FieldRef, Null, Pattern, Text, Wild
from soc.rulebook.selections import Item
from soc.rulebook.specs import Spec
from soc.rulebook.strings import Slot, parts_of, written
from soc.rulebook.subjects import Subject
from soc.rulebook.values import Pending, Value

RuleTest = Callable[[Subject], bool]
ItemTest = Callable[[Subject, Item], bool]
FieldTest = Callable[[Subject, Item | None, str | None], bool]
_LEVELS = ("informational", "low", "medium", "high", "critical")
_STATUSES = ("unsupported", "deprecated", "experimental", "test", "stable")
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def alternatives(value: Value) -> tuple[Pattern, ...]:
    """Return the patterns of *value*; of one that waits for placeholders the text as written."""
    if not isinstance(value, Pending):
        return value
    text = "".join(f"%{piece.name}%" if isinstance(piece, Slot) else piece for piece in value.pieces)
    return (Text(parts_of(text)),)


def bare_pattern(value: Any) -> Pattern:
    """Return the pattern of *value* without modifiers.

    Raises:
        Fault: it is no text, number, boolean or null.
    """
    return patterns(value, Modifiers(()))[0]


def _logsource(spec: Spec) -> RuleTest:
    spec.only(("type", "product", "category", "service"))
    wanted = read_logsource(spec)
    return lambda subject: any(wanted.covers(found) for found in subject.logsources)


def read_logsource(spec: Spec) -> LogSource:
    """Return the log source whose parts are keys of *spec*.

    Raises:
        Fault: there is none, or one is no text.
    """
    parts = {key: spec.text(key).lower() for key in ("product", "category", "service") if key in spec.data}
    if not parts:
        raise Fault("product, category and service are missing", *spec.keys)
    return LogSource(**parts)


def _contains_field(spec: Spec) -> RuleTest:
    spec.only(("type", "field"))
    wanted = spec.text("field")
    return lambda subject: any(item.field == wanted for item in subject.items())


def _contains_item(spec: Spec) -> RuleTest:
    spec.only(("type", "field", "value"))
    field, wanted = spec.text("field"), bare_pattern(spec.raw("value"))
    return lambda subject: any(
        item.field == field and any(wanted in alternatives(value) for value in item.values)
        for item in subject.items()
    )


def _tag(spec: Spec) -> RuleTest:
    spec.only(("type", "tag"))
    wanted = spec.text("tag")
    return lambda subject: wanted in _listed(subject.document.data.get("tags"))


def _kind(correlation: bool) -> Callable[[Spec], RuleTest]:  # noqa: FBT001 - one of two kinds
    def read(spec: Spec) -> RuleTest:
        spec.only(("type",))
        return lambda subject: subject.correlation is correlation

    return read


def _attribute(spec: Spec) -> RuleTest:
    spec.only(("type", "attribute", "value", "op"))
    name, wanted = spec.text("attribute"), spec.raw("value")
    op = spec.choice("op", (*_OPERATORS, "in", "not_in"), "eq")
    return lambda subject: _related(name, subject.document.data.get(name), op, wanted)


def _related(name: str, value: Any, op: str, wanted: Any) -> bool:
    """Compare as pySigma does: lists by membership, levels and statuses by rank, dates as dates."""
    if value is None:
        return False
    if isinstance(value, list):
        return {"in": wanted in value, "not_in": wanted not in value, "ne": True}.get(op, False)
    for ranked, ranks in (("level", _LEVELS), ("status", _STATUSES)):
        if name == ranked and value in ranks and wanted in ranks:
            value, wanted = ranks.index(value), ranks.index(wanted)
    if isinstance(value, date):
        value, wanted = value.isoformat(), str(wanted)
    try:
        return op in _OPERATORS and _OPERATORS[op](value, wanted)
    except TypeError:
        return False


def _state(spec: Spec) -> tuple[str, Callable[[Any], bool]]:
    spec.only(("type", "key", "val", "op"))
    compare, wanted = _OPERATORS[spec.choice("op", _OPERATORS, "eq")], spec.raw("val")

    def fits(value: Any) -> bool:
        try:
            return value is not None and compare(value, wanted)
        except TypeError:
            return False

    return spec.text("key"), fits


def _rule_state(spec: Spec) -> RuleTest:
    key, fits = _state(spec)
    return lambda subject: fits(subject.state.get(key))


def _item_state(spec: Spec) -> ItemTest:
    key, fits = _state(spec)
    return lambda subject, _: fits(subject.state.get(key))


def _field_state(spec: Spec) -> FieldTest:
    key, fits = _state(spec)
    return lambda subject, _item, _field: fits(subject.state.get(key))


def _step(spec: Spec) -> str:
    spec.only(("type", "processing_item_id"))
    return spec.text("processing_item_id")


def _rule_step(spec: Spec) -> RuleTest:
    wanted = _step(spec)
    return lambda subject: wanted in subject.steps


def _item_step(spec: Spec) -> ItemTest:
    wanted = _step(spec)
    return lambda _, item: wanted in item.steps


def _field_step(spec: Spec) -> FieldTest:
    wanted = _step(spec)
    return lambda _subject, item, _field: item is not None and wanted in item.steps


def _match_string(spec: Spec) -> ItemTest:
    spec.only(("type", "cond", "pattern", "negate"))
    expression, negated = spec.expression("pattern"), spec.flag("negate")

    def fits(pattern: Pattern) -> bool:
        found = isinstance(pattern, Text) and expression.match(written(pattern.parts)) is not None
        return found != negated

    return _of_values(spec, fits)


def _match_value(spec: Spec) -> ItemTest:
    spec.only(("type", "cond", "value"))
    wanted = bare_pattern(spec.raw("value"))
    return _of_values(spec, lambda pattern: pattern == wanted)


def _contains_wildcard(spec: Spec) -> ItemTest:
    spec.only(("type", "cond"))
    return _of_values(
        spec,
        lambda pattern: isinstance(pattern, Text) and any(isinstance(part, Wild) for part in pattern.parts),
    )


def _is_null(spec: Spec) -> ItemTest:
    spec.only(("type", "cond"))
    return _of_values(spec, lambda pattern: isinstance(pattern, Null))


def _of_values(spec: Spec, fits: Callable[[Pattern], bool]) -> ItemTest:
    join = all if spec.choice("cond", ("any", "all")) == "all" else any
    return lambda _, item: join(any(map(fits, alternatives(value))) for value in item.values)


def _fields(wanted: bool) -> Callable[[Spec], FieldTest]:  # noqa: FBT001 - included or excluded
    def read(spec: Spec) -> FieldTest:
        spec.only(("type", "fields", "mode"))
        names = spec.texts("fields")
        if spec.choice("mode", ("plain", "re"), "plain") == "plain":
            return lambda _subject, _item, field: (field in names) is wanted
        expressions = [Spec({"fields": name}, spec.keys).expression("fields") for name in names]
        return lambda _subject, _item, field: (
            (field is not None and any(each.match(field) for each in expressions)) is wanted
        )

    return read


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def fields_in(item: Item) -> list[str | None]:
    """Return the field of *item* and those that its values refer to."""
    referred = [
        pattern.field
        for value in item.values
        for pattern in alternatives(value)
        if isinstance(pattern, FieldRef)
    ]
    return [item.field, *referred]


RULE_TESTS: Mapping[str, Callable[[Spec], RuleTest]] = {
    "logsource": _logsource,
    "contains_detection_item": _contains_item,
    "contains_field": _contains_field,
    "processing_item_applied": _rule_step,
    "processing_state": _rule_state,
    "is_sigma_rule": _kind(correlation=False),
    "is_sigma_correlation_rule": _kind(correlation=True),
    "rule_attribute": _attribute,
    "tag": _tag,
}
ITEM_TESTS: Mapping[str, Callable[[Spec], ItemTest]] = {
    "match_string": _match_string,
    "match_value": _match_value,
    "contains_wildcard": _contains_wildcard,
    "is_null": _is_null,
    "processing_item_applied": _item_step,
    "processing_state": _item_state,
}
FIELD_TESTS: Mapping[str, Callable[[Spec], FieldTest]] = {
    "include_fields": _fields(wanted=True),
    "exclude_fields": _fields(wanted=False),
    "processing_item_applied": _field_step,
    "processing_state": _field_state,
}
