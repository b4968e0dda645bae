"""Wildcards without hyperscan: right, and never slow."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.drawn import CHARS, texts

from soc.detection import reference
from soc.detection.globs import Glob, fitting
from soc.rulebook.plan import Text, Wild
from soc.rulebook.strings import parts_of


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        ("", [""], ["a"]),
        ("a", ["a"], ["", "aa", "b"]),
        ("*", ["", "a", "a\nb"], []),
        ("?", ["a", "\n"], ["", "ab"]),
        ("a*", ["a", "ab"], ["", "ba"]),
        ("*a", ["a", "ba"], ["", "ab"]),
        ("*a*", ["a", "bab"], ["", "b"]),
        ("a*a", ["aa", "aba"], ["a", "ab"]),
        ("*ab*ab", ["abab", "xabyab"], ["ab", "aab"]),
        ("*a?c*", ["abc", "xa\ncx"], ["ac", "ab"]),
        ("a*b?c", ["abxc", "a..bxc"], ["abc", "ab"]),
        ("**", ["", "a"], []),
        (r"\*?", ["*a"], ["ab", "*"]),
        ("?*?", ["ab", "abc"], ["a", ""]),
        ("a.b?", ["a.bc"], ["axbc"]),
    ],
)
def test_a_glob_fits_the_whole_text(pattern: str, fits: list[str], does_not: list[str]) -> None:
    for tells in (Glob(parts_of(pattern)).fits, fitting(parts_of(pattern))):
        assert [text for text in fits if not tells(text)] == []
        assert [text for text in does_not if tells(text)] == []


@given(pattern=texts(), text=st.text(CHARS, max_size=12))
def test_it_fits_what_the_reference_fits(pattern: Text, text: str) -> None:
    expected = reference._wildcards(pattern.parts, text)
    assert fitting(pattern.parts)(text) == Glob(pattern.parts).fits(text) == expected


def test_no_text_makes_it_slow() -> None:
    glob = Glob((Wild.ANY, "a") * 500 + (Wild.ANY, "b"))
    begun = time.process_time()
    assert not glob.fits("a" * 100_000)
    assert time.process_time() - begun < 1
