"""Many string patterns against the texts of one value or event."""

from soc.detection.texts import Texts
from soc.rulebook.plan import Regex, Text
from soc.rulebook.strings import parts_of


def texts(*patterns: str, cased: bool = False) -> Texts:
    return Texts([(n, Text(parts_of(pattern), cased)) for n, pattern in enumerate(patterns)])


def test_case_is_folded_unless_the_pattern_is_cased() -> None:
    assert texts("Đà Nẵng", "*NẴNG*", "đ*").holding(("ĐÀ NẴNG",)) == {0, 1, 2}
    assert texts("Đà Nẵng", "*NẴNG*", "Đ*", cased=True).holding(("ĐÀ NẴNG",)) == {1, 2}
    assert texts("STRASSE").holding(("straße",)) == set()
    assert texts("straẞe").holding(("STRAßE",)) == {0}


def test_cased_and_uncased_and_expressions_live_together() -> None:
    held = Texts([(0, Text(("a",))), (1, Text(("a",), cased=True)), (2, Regex("^A$"))])
    assert held.holding(("A",)) == {0, 2}
    assert held.holding(("a",)) == {0, 1}


def test_nothing_is_found_across_two_texts() -> None:
    held = texts("*ab*", "*a*b*", "*a?b*", "a*b", "*\0*")
    assert held.holding(("a", "b")) == set()
    assert held.holding(("ab",)) == {0, 1, 3}
    assert held.holding(("a\0b",)) == {1, 2, 3, 4}
    assert held.holding(("x", "a-b")) == {1, 2, 3}


def test_no_text_holds_nothing_and_an_empty_text_fits_a_lone_star() -> None:
    held = texts("*", "", "?")
    assert held.holding(()) == set()
    assert held.holding(("",)) == {0, 1}


def test_half_a_surrogate_pair_stops_nothing() -> None:
    assert texts("*a*").holding(("\ud800a",)) == {0}
