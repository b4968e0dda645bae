"""Values become patterns at once, or when all their placeholders have values."""

import pytest

from soc.rulebook.documents import Fault
from soc.rulebook.modifiers import read_modifiers
from soc.rulebook.plan import Regex, Text, Wild
from soc.rulebook.strings import Slot
from soc.rulebook.values import Pending, filled, final, read_value

EXPAND = read_modifiers(["expand"])


def test_a_value_without_placeholders_is_a_pattern_at_once() -> None:
    assert read_value("a*", EXPAND) == (Text(("a", Wild.ANY)),)
    assert read_value(r"\%a\%", EXPAND) == (Text(("%a%",)),)
    assert read_value("%a%", read_modifiers([])) == (Text(("%a%",)),)


def test_a_value_waits_until_every_placeholder_has_values() -> None:
    value = read_value("%a%-%b%", EXPAND)
    assert value == Pending((Slot("a"), "-", Slot("b")))
    (half,) = filled(value, EXPAND, {"a": ("x",)})
    assert half == Pending(("x", "-", Slot("b")))
    assert list(filled(half, EXPAND, {"b": ("1", "2")})) == [(Text(("x-1",)),), (Text(("x-2",)),)]


def test_no_escape_reaches_from_one_piece_into_the_next() -> None:
    (value,) = filled(read_value("%folder%*.exe", EXPAND), EXPAND, {"folder": ("C:\\x\\",)})
    assert value == (Text(("C:\\x\\", Wild.ANY, ".exe")),)


def test_pieces_of_an_expression_are_put_together_as_they_are() -> None:
    modifiers = read_modifiers(["re", "expand"])
    (value,) = filled(read_value("^%a%$", modifiers), modifiers, {"a": (r"x\.y",)})
    assert value == (Regex(r"^x\.y$"),)


def test_a_value_that_still_waits_is_no_pattern() -> None:
    with pytest.raises(Fault, match="placeholder %b% has no values"):
        final(Pending(("x", Slot("b"))))


def test_lists_cannot_multiply_without_end() -> None:
    lists = dict.fromkeys("abc", tuple(map(str, range(100))))
    with pytest.raises(Fault, match="more than 5000 patterns"):
        list(filled(read_value("%a%%b%%c%", EXPAND), EXPAND, lists))
