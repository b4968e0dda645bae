"""Texts found by looking up the whole, a beginning or an end."""

from soc.detection.placed import Placed
from soc.rulebook.strings import parts_of


def test_each_pattern_is_found_where_it_must_stand() -> None:
    placed = Placed()
    patterns = ["abc", "ab*", "*bc", "", "*", r"\*", r"\**"]
    assert all(placed.take(atom, parts_of(pattern)) for atom, pattern in enumerate(patterns))
    expected = {"abc": {0, 1, 2, 4}, "ab": {1, 4}, "": {3, 4}, "*": {4, 5, 6}, "*x": {4, 6}, "x": {4}}
    for text, atoms in expected.items():
        found: set[int] = set()
        placed.add((text,), found)
        assert found == atoms, text


def test_any_of_several_texts_is_enough_and_none_is_none() -> None:
    placed = Placed()
    placed.take(0, parts_of("a"))
    placed.take(1, parts_of("*"))
    found: set[int] = set()
    placed.add((), found)
    assert found == set()
    placed.add(("b", "a"), found)
    assert found == {0, 1}


def test_what_needs_a_search_is_left_to_others() -> None:
    assert not any(Placed().take(0, parts_of(pattern)) for pattern in ("*a*", "a*b", "?", "a?", "**"))
