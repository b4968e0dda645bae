"""Wildcards without hyperscan: right, and never slow."""

import time

import pytest

from soc.detection.globs import Glob
from soc.rulebook.plan import Wild
from soc.rulebook.strings import parts_of


@pytest.mark.parametrize(
    ("pattern", "fitting", "unfitting"),
    [
        ("", [""], ["a"]),
        ("a", ["a"], ["", "aa", "b"]),
        ("*", ["", "a", "a\nb"], []),
        ("?", ["a", "\n"], ["", "ab"]),
        ("a*", ["a", "ab"], ["", "ba"]),
        ("*a", ["a", "ba"], ["", "ab"]),
        ("a*a", ["aa", "aba"], ["a", "ab"]),
        ("*ab*ab", ["abab", "xabyab"], ["ab", "aab"]),
        ("*a?c*", ["abc", "xa\ncx"], ["ac", "ab"]),
        ("a*b?c", ["abxc", "a..bxc"], ["abc", "ab"]),
        ("**", ["", "a"], []),
        (r"\*?", ["*a"], ["ab", "*"]),
    ],
)
def test_a_glob_fits_the_whole_text(pattern: str, fitting: list[str], unfitting: list[str]) -> None:
    glob = Glob(parts_of(pattern))
    assert [glob.fits(text) for text in fitting] == [True] * len(fitting)
    assert [glob.fits(text) for text in unfitting] == [False] * len(unfitting)


def test_no_text_makes_it_slow() -> None:
    glob = Glob((Wild.ANY, "a") * 500 + (Wild.ANY, "b"))
    begun = time.process_time()
    assert not glob.fits("a" * 100_000)
    assert time.process_time() - begun < 1
