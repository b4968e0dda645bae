"""Detections: selections and their conditions, read from YAML and compiled to one matching tree."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any, assert_never

from soc.rulebook.conditions import Both, Condition, Either, Of, Ref, Without, parse_condition
from soc.rulebook.documents import Document, Fault, Keys, nearest
from soc.rulebook.modifiers import Kind, Modifiers, read_modifiers
from soc.rulebook.plan import (
    And,
    Boolean,
    Keyword,
    Node,
    Not,
    Number,
    Or,
    Pattern,
    Regex,
    Test,
    Text,
)
from soc.rulebook.selections import Detection, Group, Item, Selection
from soc.rulebook.strings import surrounded
from soc.rulebook.values import Placeholders, Value, filled, final, read_value

MAX_VALUES = 50_000
_NOT_SELECTIONS = {"condition", "timeframe"}


def read_detection(document: Document, keys: Keys, body: Any) -> Detection:
    """Return the ``detection`` mapping *body*, which stands at *keys* of *document*.

    Raises:
        Fault: anything that would make the rule mean less or more than it says.
    """
    try:
        return Detection(document, keys, *_read(body))
    except Fault as fault:
        raise fault.under(keys) from fault


def compile_detection(detection: Detection, placeholders: Placeholders) -> Node | None:
    """Return the tree of *detection*; None if pipelines left nothing of it.

    Raises:
        Fault: a placeholder has no values.
    """
    try:
        built = {
            name: None if found is None else _built(found, placeholders)
            for name, found in detection.selections.items()
        }
    except Fault as fault:
        raise fault.under(detection.keys) from fault
    return _any([_resolve(tree, built) for tree in detection.conditions])


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


def read_selection(body: Any, keys: Keys) -> Selection:
    """Return one selection, which stands at *keys*.

    Raises:
        Fault: it is none.
    """
    match body:
        case dict() if body:
            return _group(True, [_item(str(key), value, (*keys, key)) for key, value in body.items()])
        case list() if body:
            return _group(False, [_element(part, (*keys, i)) for i, part in enumerate(body)])
        case str() | int() | float():
            return _element(body, keys)
        case _:
            raise Fault("a selection must be a mapping, a list or a text, and not empty", *keys)


def _read(body: Any) -> tuple[dict[str, Selection | None], tuple[Condition, ...]]:
    if not isinstance(body, dict):
        raise Fault("detection must be a mapping of selections and a condition")
    if "timeframe" in body:
        raise Fault("timeframe was removed from Sigma", "timeframe", fix="write a correlation rule")
    if "condition" not in body:
        like = get_close_matches("condition", [str(key) for key in body], n=1)
        raise Fault(
            "condition is missing", fix=f"instead of {like[0]!r}" if like else "e.g. condition: selection"
        )
    selections: dict[str, Selection | None] = {
        str(name): read_selection(part, (name,)) for name, part in body.items() if name not in _NOT_SELECTIONS
    }
    if not selections:
        raise Fault("there is no selection")
    given = body["condition"]
    if isinstance(given, list):
        trees = [_condition(text, selections, ("condition", i)) for i, text in enumerate(given)]
    else:
        trees = [_condition(given, selections, ("condition",))]
    if not trees:
        raise Fault("condition must be a text", "condition")
    return selections, tuple(trees)


def _condition(text: Any, selections: Mapping[str, Selection | None], keys: Keys) -> Condition:
    if not isinstance(text, str) or not text.strip():
        raise Fault("condition must be a text", *keys)
    try:
        tree = parse_condition(text)
        _check(tree, selections)
    except Fault as fault:
        raise fault.under(keys) from fault
    return tree


def _check(tree: Condition, selections: Mapping[str, Selection | None]) -> None:
    match tree:
        case Ref(name):
            if name not in selections:
                raise Fault(f"the condition names {name!r}", fix=nearest(name, selections, "selections"))
        case Of(_, pattern):
            if not _named(pattern, selections):
                raise Fault(f"no selection fits {pattern!r}", fix=nearest(pattern, selections, "selections"))
        case Without(part):
            _check(part, selections)
        case Both(parts) | Either(parts):
            for part in parts:
                _check(part, selections)
        case _:
            assert_never(tree)


def _resolve(tree: Condition, built: Mapping[str, Node | None]) -> Node | None:
    match tree:
        case Ref(name):
            return built[name]
        case Of(every, pattern):
            chosen = [built[name] for name in _named(pattern, built)]
            return _all(chosen) if every else _any(chosen)
        case Both(parts):
            return _all([_resolve(part, built) for part in parts])
        case Either(parts):
            return _any([_resolve(part, built) for part in parts])
        case Without(part):
            node = _resolve(part, built)
            return None if node is None else Not(node)
        case _:
            assert_never(tree)


def _named(pattern: str, selections: Mapping[str, object]) -> list[str]:
    if pattern == "them":
        return [name for name in selections if not name.startswith("_")]
    literal = pattern.replace("[", "[[]").replace("?", "[?]")
    return [name for name in selections if fnmatchcase(name, literal)]


def _group(every: bool, parts: list[Selection]) -> Selection:  # noqa: FBT001 - all or any of
    return parts[0] if len(parts) == 1 else Group(every, tuple(parts))


def _element(part: Any, keys: Keys) -> Selection:
    if isinstance(part, dict):
        return read_selection(part, keys)
    if isinstance(part, list) or part is None:
        raise Fault("a list of selections holds mappings or texts", *keys)
    return _item("", part, keys)


def _item(key: str, value: Any, keys: Keys) -> Item:
    field, *names = key.split("|")
    values = value if isinstance(value, list) else [value]
    try:
        modifiers = read_modifiers(names)
        _check_values(values)
        if not field:
            _check_keywords(values, modifiers)
        found = tuple(_value(each, modifiers, at) for at, each in enumerate(values))
        return Item(field or None, modifiers, found, keys)
    except Fault as fault:
        raise fault.under(keys) from fault


def _value(raw: Any, modifiers: Modifiers, at: int) -> Value:
    try:
        return read_value(raw, modifiers)
    except Fault as fault:
        raise fault.under((at,)) from fault


def _check_values(values: list[Any]) -> None:
    if not 1 <= len(values) <= MAX_VALUES:
        raise Fault(f"a list of {len(values)} values; accepted: 1 to {MAX_VALUES}")
    if any(isinstance(value, dict | list) for value in values):
        raise Fault("a field's value is a text, number, boolean, null or a list of them")


def _check_keywords(values: list[Any], modifiers: Modifiers) -> None:
    typed = modifiers.one(Kind.TYPE) not in {None, "re"} or modifiers.one(Kind.TIME) is not None
    if typed or None in values:
        raise Fault(f"{'|'.join(modifiers.names) or 'null'} needs a field")


def _built(selection: Selection, placeholders: Placeholders) -> Node:
    match selection:
        case Item():
            return _built_item(selection, placeholders)
        case Group(every, parts):
            nodes = tuple(_built(part, placeholders) for part in parts)
            return And(nodes) if every else Or(nodes)
        case _:
            assert_never(selection)


def _built_item(item: Item, placeholders: Placeholders) -> Node:
    try:
        values = [each for value in item.values for each in filled(value, item.modifiers, placeholders)]
        nodes = [_one_or([_test(item, pattern) for pattern in final(value)]) for value in values]
    except Fault as fault:
        raise fault.under(item.keys) from fault
    if item.modifiers.negated:
        return Not(_one_or(nodes))
    return _one_or(nodes) if len(nodes) == 1 or not item.modifiers.every else And(tuple(nodes))


def _test(item: Item, pattern: Pattern) -> Node:
    if item.field is not None:
        return Test(item.field, pattern)
    return Keyword(keyword_pattern(pattern))


def _one_or(nodes: list[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else Or(tuple(nodes))


def keyword_pattern(pattern: Pattern) -> Text | Regex:
    """Return *pattern* as it is looked for anywhere in a text."""
    match pattern:
        case Regex():
            return pattern
        case Text(parts, cased):
            return Text(surrounded(parts, before=True, after=True), cased)
        case Number():
            return keyword_pattern(Text((number_text_of(pattern),)))
        case Boolean(value):
            return keyword_pattern(Text(("true" if value else "false",)))
        case _:
            raise Fault("a keyword is a text")


def number_text_of(number: Number) -> str:
    """Return *number* in its shortest form, as text patterns see it in an event."""
    return format(number.value.normalize(), "f")


def _all(nodes: list[Node | None]) -> Node | None:
    left = tuple(node for node in nodes if node is not None)
    return And(left) if len(left) > 1 else next(iter(left), None)


def _any(nodes: list[Node | None]) -> Node | None:
    left = tuple(node for node in nodes if node is not None)
    return Or(left) if len(left) > 1 else next(iter(left), None)
