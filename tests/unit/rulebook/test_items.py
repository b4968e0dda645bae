"""One item is renamed, filled or given other values, and nothing else of it changes."""

import pytest

from soc.rulebook.changes import Fill, Revalue
from soc.rulebook.detections import read_selection
from soc.rulebook.documents import Fault
from soc.rulebook.items import filled_item, renamed_item, revalued_item
from soc.rulebook.plan import FieldRef, Pattern, Text, Wild
from soc.rulebook.selections import Group, Item

ALL = Fill(lambda _: True, wildcard=False)


def item(key: str, value: object) -> Item:
    found = read_selection({key: value}, ())
    assert isinstance(found, Item)
    return found


def upper(pattern: Pattern) -> tuple[Pattern, ...] | None:
    if not isinstance(pattern, Text):
        return None
    return (Text(tuple(part.upper() if isinstance(part, str) else part for part in pattern.parts)),)


def test_a_name_that_becomes_several_is_any_of_them_or_none_if_negated() -> None:
    for key, every in (("a", False), ("a|neq", True)):
        found = renamed_item(item(key, "v"), lambda _: ("x", "y"))
        assert isinstance(found, Group)
        assert found.every is every


def test_a_field_that_is_referred_to_is_renamed_alone() -> None:
    found = renamed_item(item("a|fieldref", "b"), lambda name: ("x", "y") if name == "b" else None)
    assert isinstance(found, Item)
    assert found.field == "a"
    assert found.values == ((FieldRef("x"), FieldRef("y")),)


def test_a_reference_that_waits_for_its_placeholders_cannot_be_renamed() -> None:
    with pytest.raises(Fault, match="waits for its placeholders"):
        renamed_item(item("a|fieldref|expand", "%f%"), lambda _: None)


def test_only_the_placeholders_that_are_handled_are_filled() -> None:
    given = item("a|expand", ["%u%", "%v%", "w"])
    found = filled_item(given, Fill(lambda name: name == "u", wildcard=False), {"u": ("1", "2"), "v": ("3",)})
    assert found.values[:2] == ((Text(("1",)),), (Text(("2",)),))
    assert found.values[2:] == given.values[1:]
    assert filled_item(given, ALL, {}) == given


def test_a_wildcard_is_one_of_the_kind_that_the_value_is() -> None:
    some = Fill(lambda _: True, wildcard=True)
    assert filled_item(item("a|expand", "%u%x"), some, {}).values == ((Text((Wild.ANY, "x")),),)
    (pattern,) = filled_item(item("a|re|expand", "%u%x"), some, {}).values[0]  # type: ignore[misc]
    assert pattern.pattern == ".*x"  # type: ignore[union-attr]


def test_every_form_of_a_dashed_value_changes_and_encoded_ones_stay() -> None:
    (forms,) = revalued_item(item("a|windash", " -a"), Revalue(upper)).values
    assert Text((" /A",)) in forms  # type: ignore[operator]
    encoded = item("a|base64", "a")
    assert revalued_item(encoded, Revalue(upper)) == encoded
