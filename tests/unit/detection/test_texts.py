"""Many string patterns against one text."""

import pytest

from soc.detection.scanner import Databases
from soc.detection.texts import Texts
from soc.rulebook.plan import Regex, Text, Wild
from soc.rulebook.strings import parts_of


def texts(*patterns: str, cased: bool = False) -> Texts:
    return Texts([(n, Text(parts_of(pattern), cased)) for n, pattern in enumerate(patterns)], Databases())


def test_case_is_folded_unless_the_pattern_is_cased() -> None:
    assert texts("Đà Nẵng", "*NẴNG*", "đ*").holding("ĐÀ NẴNG") == {0, 1, 2}
    assert texts("Đà Nẵng", "*NẴNG*", "Đ*", cased=True).holding("ĐÀ NẴNG") == {1, 2}
    assert texts("STRASSE").holding("straße") == set()
    assert texts("straẞe").holding("STRAßE") == {0}


def test_cased_and_uncased_and_expressions_live_together() -> None:
    held = Texts([(0, Text(("a",))), (1, Text(("a",), cased=True)), (2, Regex("^A$"))], Databases())
    assert held.holding("A") == {0, 2}
    assert held.holding("a") == {0, 1}


def test_the_same_text_may_be_wanted_in_several_places() -> None:
    held = texts("*ab*", "ab*", "*ab", "ab", "*a*b*", "a?b", "*ab?")
    assert held.holding("ab") == {0, 1, 2, 3, 4}
    assert held.holding("xab") == {0, 2, 4}
    assert held.holding("abx") == {0, 1, 4, 6}
    assert held.holding("a-b") == {4, 5}
    assert held.holding("ba") == set()


def test_wildcards_fit_the_whole_text_newlines_too() -> None:
    held = texts("a*b", "?", "*a?b*", "a.b?", "(*")
    assert held.holding("a\nb") == {0, 2}
    assert held.holding("xa\nbx") == {2}
    assert held.holding("\n") == held.holding("é") == {1}
    assert held.holding("a.b!") == {2, 3}
    assert held.holding("acb!") == {2}
    assert held.holding("(") == {1, 4}


def test_an_empty_text_fits_a_lone_star() -> None:
    assert texts("*", "", "?").holding("") == {0, 1}


def test_half_a_surrogate_pair_stops_nothing() -> None:
    assert texts("*a*", "?a").holding("\ud800a") == {0, 1}
    assert Texts([(0, Regex("a$"))], Databases()).holding("\ud800a") == {0}


def test_what_hyperscan_refuses_is_found_all_the_same() -> None:
    long = "y" * 40_000
    parts: list[tuple[Wild | str, ...]] = [
        (Wild.ANY, long, Wild.ANY),
        (Wild.ANY, long),
        (long, Wild.ONE, Wild.ANY),
        (Wild.ANY, "z", Wild.ANY),
        (Wild.ONE,) * 20_000,
    ]
    held = Texts([(n, Text(part)) for n, part in enumerate(parts)], Databases())
    assert held.holding(f"x{long}") == {0, 1}
    assert held.holding(f"{long}z") == {0, 2, 3}
    assert held.holding("z") == {3}
    assert held.holding("x" * 20_000) == {4}


def test_nul_is_a_character_like_others() -> None:
    held = texts("*a\0b*", "a\0b", "a\0*", "*\0", "a\0?")
    assert held.holding("a") == held.holding("ab") == set()
    assert held.holding("a\0b") == {0, 1, 2, 4}
    assert held.holding("a\0") == {2, 3}


def test_an_expression_that_nobody_checked_is_no_silent_miss() -> None:
    with pytest.raises(ValueError, match="not checked"):
        Texts([(0, Regex(r"(a)\1"))], Databases())
