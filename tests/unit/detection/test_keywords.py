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
    assert held.holding(["hay", "a NEEDLE b"], ALL) == {0}
    assert held.holding(["x", "ở đà nẵng"], ALL) == {1}
    assert held.holding(["a", "bb"], ALL) == {2}
    assert held.holding(["aB"], ALL) == {3}
    assert held.holding(["hay"], ALL) == held.holding([], ALL) == frozenset()


def test_nothing_is_found_across_two_texts() -> None:
    held = keywords(inner("a\0b"), inner("a*b"), inner("a?b"), inner("ab"), Regex("a.b"))
    assert held.holding(["a", "b"], ALL) == frozenset()
    assert held.holding(["a\0b"], ALL) == {0, 1, 2, 4}
    assert held.holding(["b", "a-b", "a"], ALL) == {1, 2, 4}


@given(
    patterns=st.lists(texts() | expressions, min_size=1, max_size=5, unique=True),
    values=st.lists(st.text("aAbB\0\n.\\é", max_size=4), max_size=4),
)
def test_they_hold_where_any_text_fits_alone(patterns: list[Text | Regex], values: list[str]) -> None:
    expected = {n for n, p in enumerate(patterns) if any(reference._fits_text(p, text) for text in values)}
    assert keywords(*patterns).holding(values, ALL) == expected


def test_wildcards_alone_need_a_text_to_hold_for() -> None:
    held = keywords(Text((Wild.ANY, Wild.ONE, Wild.ANY)), Text((Wild.ANY,) * 3), Text((Wild.ANY,)))
    assert held.holding([], ALL) == frozenset()
    assert held.holding([""], ALL) == held.holding(["", ""], ALL) == {1, 2}
    assert held.holding(["", "a"], ALL) == {0, 1, 2}


def test_only_what_is_wanted_is_told() -> None:
    held = keywords(inner("a"), inner("b"), Regex("c"), Regex("d"))
    assert held.holding(["abcd"], frozenset((1, 3))) == {1, 3}
    assert held.holding(["acd"], frozenset((1,))) == frozenset()
    assert held.holding(["abcd"], frozenset()) == frozenset()


def test_a_pattern_may_want_the_begin_or_the_end_of_a_text() -> None:
    held = keywords(Text(("a", Wild.ANY)), Text((Wild.ANY, "a")), Text((Wild.ANY,)), Text(()))
    assert held.holding(["x", "ab"], ALL) == {0, 2}
    assert held.holding(["ba"], ALL) == {1, 2}
    assert held.holding([""], ALL) == {2, 3}


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
