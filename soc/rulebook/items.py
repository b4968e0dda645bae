"""What a step of a pipeline makes of one item of a selection."""

from collections.abc import Iterator
from dataclasses import replace

from soc.rulebook.changes import Fill, Names, Revalue
from soc.rulebook.criteria import alternatives
from soc.rulebook.detections import keyword_pattern
from soc.rulebook.documents import Fault
from soc.rulebook.modifiers import Kind
from soc.rulebook.plan import FieldRef, Pattern
from soc.rulebook.selections import Group, Item, Selection
from soc.rulebook.strings import Slot
from soc.rulebook.values import Pending, Placeholders, Value, filled

_PLAIN = {"windash", "expand"}
"""Encodings after which a text is still one that people read."""


def renamed_item(item: Item, names: Names) -> Selection:
    """Return *item* under the names that its field and the fields it refers to get; any of several may fit.

    Raises:
        Fault: it refers to a field that a placeholder names.
    """
    values = tuple(_renamed(value, item, names) for value in item.values)
    fields = names(item.field)
    if fields is None:
        return replace(item, values=values)
    if item.field is None:
        values = tuple(_surrounded(value, item) for value in values)
    items = tuple(replace(item, field=field, values=values) for field in fields)
    return items[0] if len(items) == 1 else Group(item.modifiers.negated, items)


def filled_item(item: Item, fill: Fill, values: Placeholders) -> Item:
    """Return *item* with the placeholders that *fill* handles replaced by their *values* or by wildcards.

    Raises:
        Fault: they are too many, or one is not what the item's modifiers take.
    """
    wildcard = ".*" if item.modifiers.one(Kind.TYPE) == "re" else "*"
    names = {
        piece.name
        for value in item.values
        if isinstance(value, Pending)
        for piece in value.pieces
        if isinstance(piece, Slot) and fill.handles(piece.name)
    }
    lists = {name: (wildcard,) if fill.wildcard else values.get(name, ()) for name in names}
    new = (each for value in item.values for each in filled(value, item.modifiers, lists))
    return replace(item, values=tuple(new)) if names else item


def revalued_item(item: Item, change: Revalue) -> Item:
    """Return *item* with its values changed; what is encoded is no text any more and stays.

    Raises:
        Fault: a value still waits for placeholders.
    """
    if not change.pending and not _PLAIN.issuperset(item.modifiers.of(Kind.ENCODING)):
        return item
    return replace(item, values=tuple(new for value in item.values for new in _revalued(value, change)))


def _renamed(value: Value, item: Item, names: Names) -> Value:
    if isinstance(value, Pending):
        if item.modifiers.one(Kind.TYPE) == "fieldref":
            raise Fault("a field to be renamed waits for its placeholders", fix=_ORDER)
        return value
    return tuple(new for pattern in value for new in _references(pattern, names))


def _references(pattern: Pattern, names: Names) -> Iterator[Pattern]:
    found = names(pattern.field) if isinstance(pattern, FieldRef) else None
    if found is None or not isinstance(pattern, FieldRef):
        yield pattern
        return
    for name in found:
        yield FieldRef(name, pattern.place, pattern.cased)


def _surrounded(value: Value, item: Item) -> Value:
    """Keywords stay what they are when they get a field: looked for anywhere in it."""
    if not isinstance(value, Pending):
        return tuple(keyword_pattern(pattern) for pattern in value)
    return value if item.modifiers.one(Kind.TYPE) == "re" else Pending(("*", *value.pieces, "*"))


def _revalued(value: Value, change: Revalue) -> Iterator[Value]:
    if isinstance(value, Pending):
        if not change.pending:
            raise Fault("a value to be changed waits for its placeholders", fix=_ORDER)
        value = alternatives(value)
    results = [change.values(pattern) or (pattern,) for pattern in value]
    if len(results) == 1:
        yield from ((pattern,) for pattern in results[0])
    else:
        yield tuple(dict.fromkeys(pattern for result in results for pattern in result))


_ORDER = "put value_placeholders before this step"
