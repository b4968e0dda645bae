"""Hyperscan, and what it refuses."""

import pytest

from soc.detection.scanner import Entry, Scanner, expression_of
from soc.rulebook.plan import Regex, Wild
from soc.rulebook.strings import parts_of


def found(scanner: Scanner, *texts: str) -> set[int]:
    atoms: set[int] = set()
    scanner.add(texts, atoms)
    return atoms


def wild(*patterns: str) -> Scanner:
    return Scanner([expression_of(n, parts_of(pattern)) for n, pattern in enumerate(patterns)], literal=False)


def test_wildcards_fit_the_whole_text_newlines_too() -> None:
    scanner = wild("a*b", "?", "*a?b*", "a.b?", "(*")
    assert found(scanner, "a\nb") == {0, 2}
    assert found(scanner, "xa\nbx") == {2}
    assert found(scanner, "\n") == found(scanner, "é") == {1}
    assert found(scanner, "a.b!") == {2, 3}
    assert found(scanner, "acb!") == {2}
    assert found(scanner, "(") == {1, 4}


def test_expressions_are_searched_anywhere_in_any_text() -> None:
    scanner = Scanner(
        [expression_of(7, Regex("b+$")), expression_of(8, Regex("^A", ignore_case=True))], literal=False
    )
    assert found(scanner, "x", "abb") == {7, 8}
    assert scanner.any("abb")
    assert not scanner.any("x")
    assert found(scanner) == set()


def test_what_hyperscan_refuses_is_found_all_the_same() -> None:
    any_, one = (Wild.ANY,), (Wild.ONE,)
    patterns = [
        ("a", *any_, "b"),
        (*any_, "a", *one * 100, "b"),
        (*any_, "a", *one * 30, "b", *any_) * 20,
        one * 20_000,
        ("c", *one, "d"),
    ]
    scanner = Scanner([expression_of(n, parts) for n, parts in enumerate(patterns)], literal=False)
    assert found(scanner, "a" + "x" * 100 + "b") == {0, 1}
    assert found(scanner, ("a" + "x" * 30 + "b") * 20) == {0, 2}
    assert found(scanner, "x" * 20_000) == {3}
    assert found(scanner, "cxd") == {4}


def test_a_literal_too_long_for_hyperscan_is_found_all_the_same() -> None:
    long = "y" * 40_000
    parts = parts_of(f"*{long}*")
    scanner = Scanner([Entry(0, long, 0, parts), Entry(1, "z", 0, parts_of("*z*"))], literal=True)
    assert found(scanner, f"x{long}") == {0}
    assert found(scanner, "z") == {1}


def test_an_expression_that_nobody_checked_is_no_silent_miss() -> None:
    with pytest.raises(ValueError, match="not checked"):
        Scanner([expression_of(0, Regex(r"(a)\1"))], literal=False)


def test_nothing_to_find_finds_nothing() -> None:
    assert found(Scanner([], literal=True), "a") == set()
