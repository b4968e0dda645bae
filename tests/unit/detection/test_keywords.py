"""Keywords against all texts of an event."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.drawn import expressions, texts

from soc.detection import reference
from soc.detection.keywords import Keywords, texts_in
from soc.detection.scanner import Databases
from soc.rulebook.plan import Regex, Text, Wild
from soc.rulebook.strings import parts_of

ALL = frozenset(range(10))


def keywords(*patterns: Text | Regex) -> Keywords:
    return Keywords({pattern: n for n, pattern in enumerate(patterns)}, Databases())


def inner(text: str, *, cased: bool = False) -> Text:
    return Text(parts_of(f"*{text}*"), cased)


def test_a_keyword_holds_if_any_text_fits() -> None:
    held = keywords(inner("needle"), inner("Đà Nẵng"), Regex("^b+$"), inner("B", cased=True))
    assert held.among(ALL).holding(["hay", "a NEEDLE b"]) == {0}
    assert held.among(ALL).holding(["x", "ở đà nẵng"]) == {1}
    assert held.among(ALL).holding(["a", "bb"]) == {2}
    assert held.among(ALL).holding(["aB"]) == {3}
    assert held.among(ALL).holding(["hay"]) == held.among(ALL).holding([]) == frozenset()


def test_nothing_is_found_across_two_texts() -> None:
    held = keywords(inner("a\0b"), inner("a*b"), inner("a?b"), inner("ab"), Regex("a.b"))
    assert held.among(ALL).holding(["a", "b"]) == frozenset()
    assert held.among(ALL).holding(["a\0b"]) == {0, 1, 2, 4}
    assert held.among(ALL).holding(["b", "a-b", "a"]) == {1, 2, 4}


@given(
    patterns=st.lists(texts() | expressions, min_size=1, max_size=5, unique=True),
    values=st.lists(st.text("aAbB\0\n.\\é", max_size=4), max_size=4),
)
def test_they_hold_where_any_text_fits_alone(patterns: list[Text | Regex], values: list[str]) -> None:
    expected = {n for n, p in enumerate(patterns) if any(reference._fits_text(p, text) for text in values)}
    assert keywords(*patterns).among(ALL).holding(values) == expected


def test_a_keyword_of_few_characters_is_found_as_any_other() -> None:
    held = keywords(inner(":"), inner("Đ"), inner("B", cased=True), inner("a\0"), inner("abcd"), inner("ab"))
    assert held.among(ALL).holding(["x:", "đ"]) == {0, 1}
    assert held.among(ALL).holding(["b", "AB"]) == {2, 5}
    assert held.among(ALL).holding(["a", "b"]) == frozenset()
    assert held.among(ALL).holding(["xabcd", "a\0"]) == {3, 4, 5}
    assert held.among(frozenset((1, 4))).holding([":đabcd"]) == {1, 4}


def test_wildcards_alone_need_a_text_to_hold_for() -> None:
    held = keywords(Text((Wild.ANY, Wild.ONE, Wild.ANY)), Text((Wild.ANY,) * 3), Text((Wild.ANY,)))
    assert held.among(ALL).holding([]) == frozenset()
    assert held.among(ALL).holding([""]) == held.among(ALL).holding(["", ""]) == {1, 2}
    assert held.among(ALL).holding(["", "a"]) == {0, 1, 2}


def test_only_what_is_wanted_is_told() -> None:
    held = keywords(inner("a"), inner("b"), Regex("c"), Regex("d"))
    assert held.among(frozenset((1, 3))).holding(["abcd"]) == {1, 3}
    assert held.among(frozenset((1,))).holding(["acd"]) == frozenset()
    assert held.among(frozenset()).holding(["abcd"]) == frozenset()


def test_a_pattern_may_want_the_begin_or_the_end_of_a_text() -> None:
    held = keywords(Text(("a", Wild.ANY)), Text((Wild.ANY, "a")), Text((Wild.ANY,)), Text(()))
    assert held.among(ALL).holding(["x", "ab"]) == {0, 2}
    assert held.among(ALL).holding(["ba"]) == {1, 2}
    assert held.among(ALL).holding([""]) == {2, 3}


@pytest.mark.parametrize(
    ("fields", "texts"),
    [
        ({"a": "x", "b": 5, "c": True, "d": None, "e": 5.0}, ["x", "5", "true", "5"]),
        ({"a": [{"b": {"c": "x"}}, ["y", False]], "x": ""}, ["x", "y", "false", ""]),
        ({"needle": {}, "b": []}, []),
        ({"n": -0.0, "m": 1e-7}, ["0", "0.0000001"]),
    ],
)
def test_texts_are_those_of_all_values_at_any_depth_and_of_no_name(
    fields: dict[str, Any], texts: list[str]
) -> None:
    assert texts_in(fields) == texts
