"""Selections keep their items until the last pipeline is through."""

from soc.rulebook.detections import read_selection
from soc.rulebook.selections import Group, Item, changed, items_of


def without(*fields: str) -> object:
    selection = read_selection([{"a": 1, "b": 2}, {"c": 3}, "word"], ())
    return changed(selection, lambda item: None if item.field in fields else item)


def test_items_know_their_fields_and_places() -> None:
    selection = read_selection([{"a": 1, "b": 2}, {"c|contains": 3}, "word"], ("s",))
    found = {item.field: item.keys for item in items_of(selection)}
    assert found == {"a": ("s", 0, "a"), "b": ("s", 0, "b"), "c": ("s", 1, "c|contains"), None: ("s", 2)}
    assert list(items_of(None)) == []


def test_a_group_of_which_one_is_left_is_that_one() -> None:
    left = without("a", "c")
    assert isinstance(left, Group)
    assert not left.every
    assert [part.field for part in left.parts if isinstance(part, Item)] == ["b", None]
    alone = changed(read_selection({"a": 1, "b": 2}, ()), lambda item: item if item.field == "a" else None)
    assert isinstance(alone, Item)


def test_a_selection_of_which_nothing_is_left_is_gone() -> None:
    assert changed(read_selection({"a": 1}, ()), lambda _: None) is None
    assert changed(None, lambda item: item) is None
