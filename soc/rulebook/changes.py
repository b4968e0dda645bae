"""What a step of a pipeline does to a rule: pySigma's transformations, as far as they mean something here."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import Template
from typing import Any, TypeAlias

from soc.model.event import LogSource
from soc.rulebook.criteria import bare_pattern, read_logsource
from soc.rulebook.detections import number_text_of, read_selection
from soc.rulebook.documents import Fault, nearest
from soc.rulebook.plan import Number, Pattern, Text, Wild
from soc.rulebook.selections import Selection
from soc.rulebook.specs import Spec
from soc.rulebook.strings import Parts, joined, parts_of, rewritten, written
from soc.rulebook.subjects import MAX_NAMES

Names: TypeAlias = Callable[[str | None], tuple[str, ...] | None]
"""Field → its new names, or None if it stays; None is what keywords have as field."""


@dataclass(frozen=True, slots=True)
class Rename:
    """Fields get other names; with several, any of them may fit."""

    names: Names


@dataclass(frozen=True, slots=True)
class Revalue:
    """Values become others; None leaves one as it is."""

    values: Callable[[Pattern], tuple[Pattern, ...] | None]
    pending: bool = False
    """Also done to values that wait for placeholders."""


@dataclass(frozen=True, slots=True)
class Fill:
    """Placeholders get the values of ``vars``, or become wildcards."""

    handles: Callable[[str], bool]
    wildcard: bool


@dataclass(frozen=True, slots=True)
class Drop:
    """Items go."""


@dataclass(frozen=True, slots=True)
class Add:
    """A selection is ANDed to the rule."""

    selection: Callable[[LogSource], Selection]
    negated: bool


@dataclass(frozen=True, slots=True)
class Relocate:
    """The rule gets another log source."""

    logsource: LogSource


@dataclass(frozen=True, slots=True)
class Remember:
    """Later steps may ask for this."""

    key: str
    value: Any


@dataclass(frozen=True, slots=True)
class Refuse:
    """The rule is rejected, because of the rule as a whole or because of an item."""

    message: str
    item: bool


Change: TypeAlias = Rename | Revalue | Fill | Drop | Add | Relocate | Remember | Refuse


def read_change(spec: Spec, also: tuple[str, ...]) -> Change:
    """Return the change that a step describes; *also* are keys that others read.

    Raises:
        Fault: its type is unknown or means nothing here, or a parameter is wrong.
    """
    kind = spec.text("type")
    if kind in _MEANINGLESS:
        raise Fault(f"transformation {kind!r} {_MEANINGLESS[kind]}", *spec.keys, "type")
    if kind not in CHANGES:
        raise Fault(
            f"unknown transformation {kind!r}", *spec.keys, "type", fix=nearest(kind, [*CHANGES, "nest"])
        )
    keys, read = CHANGES[kind]
    spec.only((*also, *keys))
    return read(spec)


def _mapping(spec: Spec) -> dict[str | None, tuple[str, ...]]:
    given = Spec(spec.raw("mapping"), (*spec.keys, "mapping"))
    for key in given.data:
        if key is not None and not isinstance(key, str):
            raise given.fault(str(key), "text → text or list of texts")
    mapping = {key: given.texts_of(str(key), value) for key, value in given.data.items()}
    for key, texts in mapping.items():
        if len(texts) > MAX_NAMES:
            raise Fault(f"{len(texts)} names for {key!r}; accepted: {MAX_NAMES}", *given.keys, str(key))
    return mapping


def _field_names(spec: Spec) -> Rename:
    return Rename(_mapping(spec).get)


def _field_prefixes(spec: Spec) -> Rename:
    mapping = _mapping(spec)

    def names(field: str | None) -> tuple[str, ...] | None:
        for old, new in mapping.items():
            if field is not None and old is not None and field.startswith(old):
                return tuple(prefix + field[len(old) :] for prefix in new)
        return None

    if None in mapping:
        raise Fault("keywords have no prefix", *spec.keys, "mapping")
    return Rename(names)


def _prefix(spec: Spec) -> Rename:
    prefix = spec.text("prefix")
    return Rename(lambda field: None if field is None else (prefix + field,))


def _suffix(spec: Spec) -> Rename:
    suffix = spec.text("suffix")
    return Rename(lambda field: None if field is None else (field + suffix,))


def _placeholders(wildcard: bool) -> Callable[[Spec], Fill]:  # noqa: FBT001 - wildcards or values
    def read(spec: Spec) -> Fill:
        if "include" in spec.data and "exclude" in spec.data:
            raise Fault("include and exclude exclude each other", *spec.keys, "exclude")
        if "include" in spec.data:
            included = spec.texts("include")
            return Fill(lambda name: name in included, wildcard)
        excluded = spec.texts("exclude", ())
        return Fill(lambda name: name not in excluded, wildcard)

    return read


def _add(spec: Spec) -> Add:
    given, keys = spec.raw("conditions"), (*spec.keys, "conditions")
    template, negated = spec.flag("template"), spec.flag("negated")
    fixed = read_selection(Spec(given, keys).data, ())
    if not template:
        return Add(lambda _: fixed, negated)
    return Add(lambda logsource: read_selection(_substituted(given, logsource), ()), negated)


def _substituted(value: Any, logsource: LogSource) -> Any:
    if isinstance(value, dict):
        return {key: _substituted(inner, logsource) for key, inner in value.items()}
    if isinstance(value, list):
        return [_substituted(inner, logsource) for inner in value]
    if not isinstance(value, str):
        return value
    return Template(value).safe_substitute(
        product=logsource.product, category=logsource.category, service=logsource.service
    )


def _replace(spec: Spec) -> Revalue:
    expression, new = spec.expression("regex"), spec.text("replacement")
    literals, special = spec.flag("skip_special"), spec.flag("interpret_special")
    try:
        expression.sub(new, "")
        re.compile(f"(?:{expression.pattern})|").sub(new, "")
    except (re.error, IndexError) as error:
        raise Fault(f"replacement: {error}", *spec.keys, "replacement") from error

    def literal(part: Wild | str) -> Parts:
        if not isinstance(part, str):
            return (part,)
        text = expression.sub(new, part)
        return parts_of(text) if special else (text,) if text else ()

    def replaced(parts: Parts) -> Parts:
        if literals:
            return joined([literal(part) for part in parts])
        return rewritten(parts, expression, new)

    def change(pattern: Pattern) -> tuple[Pattern, ...] | None:
        if isinstance(pattern, Number):
            text = number_text_of(pattern)
            return (Text(replaced((text,))),) if expression.search(text) else None
        return _of_text(pattern, lambda parts: (replaced(parts),))

    return Revalue(change)


def _map(spec: Spec) -> Revalue:
    mapping = {old: tuple(map(parts_of, new)) for old, new in _mapping(spec).items()}
    return Revalue(lambda pattern: _of_text(pattern, lambda parts: mapping.get(written(parts))))


def _of_text(
    pattern: Pattern, change: Callable[[Parts], tuple[Parts, ...] | None]
) -> tuple[Pattern, ...] | None:
    found = change(pattern.parts) if isinstance(pattern, Text) else None
    cased = isinstance(pattern, Text) and pattern.cased
    return None if found is None else tuple(Text(parts, cased) for parts in found)


def _set(spec: Spec) -> Revalue:
    value, forced = spec.raw("value"), spec.choice("force_type", ("str", "num", ""), "")
    if forced and not isinstance(value, str | int | float):
        raise spec.fault("value", "a text or number")
    if forced == "str":
        value = str(value)
    elif forced == "num":
        try:
            value = int(value)
        except ValueError:
            raise spec.fault("value", "a number") from None
    pattern = bare_pattern(value)
    return Revalue(lambda _: (pattern,), pending=True)


def _refuse(item: bool) -> Callable[[Spec], Refuse]:  # noqa: FBT001 - of an item or of the rule
    return lambda spec: Refuse(spec.text("message"), item)


CHANGES: Mapping[str, tuple[tuple[str, ...], Callable[[Spec], Change]]] = {
    "field_name_mapping": (("mapping",), _field_names),
    "field_name_prefix_mapping": (("mapping",), _field_prefixes),
    "field_name_prefix": (("prefix",), _prefix),
    "field_name_suffix": (("suffix",), _suffix),
    "value_placeholders": (("include", "exclude"), _placeholders(wildcard=False)),
    "wildcard_placeholders": (("include", "exclude"), _placeholders(wildcard=True)),
    "drop_detection_item": ((), lambda _: Drop()),
    "add_condition": (("conditions", "name", "template", "negated"), _add),
    "change_logsource": (("product", "category", "service"), lambda spec: Relocate(read_logsource(spec))),
    "set_state": (("key", "val"), lambda spec: Remember(spec.text("key"), spec.raw("val"))),
    "replace_string": (("regex", "replacement", "skip_special", "interpret_special"), _replace),
    "map_string": (("mapping",), _map),
    "set_value": (("value", "force_type"), _set),
    "rule_failure": (("message",), _refuse(item=False)),
    "detection_item_failure": (("message",), _refuse(item=True)),
}
"""Type → its parameters and their reader."""
_NO_FIELD_LIST = "changes a list of fields for display, which alerts here do not have"
_NO_QUERY = "changes the text of a query, and no query is written here"
_MEANINGLESS: Mapping[str, str] = {
    **dict.fromkeys(("add_field", "remove_field", "set_field"), _NO_FIELD_LIST),
    **dict.fromkeys(("query_expression_placeholders", "regex", "case"), _NO_QUERY),
    **dict.fromkeys(
        ("http_placeholders", "command_placeholders", "file_placeholders"),
        "reads from outside; write the values into vars and use value_placeholders",
    ),
}
