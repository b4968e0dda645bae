"""Detections: selections and their condition → one matching tree."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, assert_never

from soc.rulebook.conditions import Both, Condition, Either, Of, Ref, Without, parse_condition
from soc.rulebook.documents import Fault
from soc.rulebook.modifiers import Kind, Modifiers, patterns, read_modifiers
from soc.rulebook.plan import And, Keyword, Node, Not, Or, Pattern, Regex, Test, Text
from soc.rulebook.strings import surrounded

Placeholders = Mapping[str, tuple[str, ...]]
MAX_VALUES = 50_000
_NOT_SELECTIONS = {"condition", "timeframe"}


def compile_detection(detection: Any, placeholders: Placeholders) -> Node:
    """Return the tree of a ``detection`` mapping.

    Raises:
        Fault: anything that would make the rule mean less or more than it says.
    """
    if not isinstance(detection, dict):
        raise Fault("detection must be a mapping of selections and a condition")
    if "timeframe" in detection:
        raise Fault("timeframe was removed from Sigma", "timeframe", fix="write a correlation rule")
    if "condition" not in detection:
        raise Fault("condition is missing", fix="e.g. condition: selection")
    selections = {
        name: _selection(body, (name,), placeholders)
        for name, body in detection.items()
        if name not in _NOT_SELECTIONS
    }
    if not selections:
        raise Fault("there is no selection")
    conditions = detection["condition"]
    texts = conditions if isinstance(conditions, list) else [conditions]
    return _any([_condition(text, selections) for text in texts])


def fields_of(node: Node) -> Iterator[str]:
    """Yield every field that *node* reads."""
    match node:
        case Test(field, pattern):
            yield field
            if pattern.__struct_config__.tag == "fieldref":
                yield pattern.field  # type: ignore[union-attr]
        case And(nodes) | Or(nodes):
            for inner in nodes:
                yield from fields_of(inner)
        case Not(inner):
            yield from fields_of(inner)
        case _:
            return


def _condition(text: Any, selections: Mapping[str, Node]) -> Node:
    if not isinstance(text, str) or not text.strip():
        raise Fault("condition must be a text", "condition")
    try:
        return _resolve(parse_condition(text), selections)
    except Fault as fault:
        raise Fault(fault.message, "condition", fix=fault.fix) from fault


def _resolve(tree: Condition, selections: Mapping[str, Node]) -> Node:
    match tree:
        case Ref(name):
            if name not in selections:
                raise Fault(f"the condition names {name!r}", fix=f"selections: {', '.join(selections)}")
            return selections[name]
        case Of(every, pattern):
            chosen = [selections[name] for name in _named(pattern, selections)]
            return _all(chosen) if every else _any(chosen)
        case Both(parts):
            return _all([_resolve(part, selections) for part in parts])
        case Either(parts):
            return _any([_resolve(part, selections) for part in parts])
        case Without(part):
            return Not(_resolve(part, selections))
        case _:
            assert_never(tree)


def _named(pattern: str, selections: Mapping[str, Node]) -> list[str]:
    if pattern == "them":
        found = [name for name in selections if not name.startswith("_")]
    else:
        literal = pattern.replace("[", "[[]").replace("?", "[?]")
        found = [name for name in selections if fnmatchcase(name, literal)]
    if not found:
        raise Fault(f"no selection fits {pattern!r}", fix=f"selections: {', '.join(selections)}")
    return found


def _selection(body: Any, keys: tuple[str | int, ...], placeholders: Placeholders) -> Node:
    match body:
        case dict() if body:
            return _all([_item(str(key), value, (*keys, key), placeholders) for key, value in body.items()])
        case list() if body:
            return _any([_element(part, (*keys, i), placeholders) for i, part in enumerate(body)])
        case str() | int() | float():
            return _element(body, keys, placeholders)
        case _:
            raise Fault("a selection must be a mapping, a list or a text, and not empty", *keys)


def _element(part: Any, keys: tuple[str | int, ...], placeholders: Placeholders) -> Node:
    if isinstance(part, dict):
        return _selection(part, keys, placeholders)
    if isinstance(part, list) or part is None:
        raise Fault("a list of selections holds mappings or texts", *keys)
    return _item("", part, keys, placeholders)


def _item(key: str, value: Any, keys: tuple[str | int, ...], placeholders: Placeholders) -> Node:
    field, *names = key.split("|")
    values = value if isinstance(value, list) else [value]
    try:
        modifiers = read_modifiers(names)
        _check_values(values)
        nodes = [_value(field, each, modifiers, placeholders) for each in values]
    except Fault as fault:
        raise Fault(fault.message, *keys, *fault.keys, fix=fault.fix) from fault
    joined = _all(nodes) if modifiers.every and not modifiers.negated else _any(nodes)
    return Not(joined) if modifiers.negated else joined


def _check_values(values: list[Any]) -> None:
    if not 1 <= len(values) <= MAX_VALUES:
        raise Fault(f"a list of {len(values)} values; accepted: 1 to {MAX_VALUES}")
    if any(isinstance(value, dict | list) for value in values):
        raise Fault("a field's value is a text, number, boolean, null or a list of them")


def _value(field: str, value: Any, modifiers: Modifiers, placeholders: Placeholders) -> Node:
    found = patterns(value, modifiers, placeholders)
    if field:
        return _any([Test(field, pattern) for pattern in found])
    return _any([_keyword(pattern, value, modifiers) for pattern in found])


def _keyword(pattern: Pattern, value: Any, modifiers: Modifiers) -> Node:
    if isinstance(pattern, Regex):
        return Keyword(pattern)
    if modifiers.one(Kind.TYPE) is not None or modifiers.one(Kind.TIME) is not None or value is None:
        raise Fault(f"{'|'.join(modifiers.names) or 'null'} needs a field")
    text = pattern if isinstance(pattern, Text) else Text((_plain(value),))
    return Keyword(Text(surrounded(text.parts, before=True, after=True), text.cased))


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _all(nodes: list[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else And(tuple(nodes))


def _any(nodes: list[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else Or(tuple(nodes))
