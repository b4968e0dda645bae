"""Runs: what is told of an expression stands wherever it is found."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soc.detection.runs import literal_runs
from soc.kernel.folding import fold
from soc.rulebook.dialects import found
from soc.rulebook.documents import Fault
from soc.rulebook.plan import Regex
from soc.rulebook.regexes import checked


@pytest.mark.parametrize(
    ("pattern", "runs"),
    [
        ("mimikatz", ["mimikatz"]),
        (r"\\evil\.exe$", [r"\evil.exe"]),
        ("(?i)a b", ["a b"]),
        ("ab+c", ["a", "c"]),
        ("ab?c{2}d{0,1}e", ["a", "e"]),
        ("ab*?c", ["a", "c"]),
        ("a(b|c)d", ["a", "d"]),
        ("a(?:b(c)d)e", ["a", "e"]),
        ("a[bc]d[^]x]e", []),
        (r"a[b\]c]+d", ["a", "d"]),
        (r"a\d+b\wc", ["a", "b", "c"]),
        ("a|b", []),
        ("(a|b)", []),
        (r"(\(a)b\)", ["b)"]),
        (r"a\|b", ["a|b"]),
        (r"\\cmd\.exe", [r"\cmd.exe"]),
        (r"\\\\x", [r"\\x"]),
        ("a{x}b", ["a{x}b"]),
        ("aé", ["aé"]),
    ],
)
def test_runs_are_what_is_plain_to_see(pattern: str, runs: list[str]) -> None:
    assert literal_runs(pattern) == runs


@pytest.mark.parametrize(
    "pattern", [r"\x61b", r"\\\x61", r"a(?s)b", "a(?i:b)", "(?P<x>a)", r"\Qa\E", "[[:alpha:]]a", ""]
)
def test_of_what_is_not_plain_nothing_is_told(pattern: str) -> None:
    assert literal_runs(pattern) == []


LETTERS = "abAB0,-"
atoms = st.one_of(
    st.text(LETTERS, min_size=1, max_size=3),
    st.sampled_from(
        [
            *(
                ".",
                "^",
                "$",
                r"\d",
                r"\w",
                r"\s",
                r"\b",
                r"\B",
                r"\n",
                r"\t",
                r"\x61",
                r"\.",
                r"\\",
                r"\[",
                r"\]",
            ),
            *(
                r"\\x",
                r"\\\\",
                r"\\\x61",
                r"\\U",
                "[ab]",
                "[^a]",
                r"[a\]b]",
                "[a-b]",
                "[a(b]",
                "[|]",
                r"[\\]",
                r"[\w-]",
                "]",
                "}",
                "{",
                "{a}",
                " ",
            ),
            *(
                "é",
                "(?i)",
                "(?s)",
                "(?:)",
                "()",
                "|",
                r"\|",
                r"\(",
                r"\)",
                r"\{",
                "ſ",
                "\u212a",
                "#",
                "&&",
                "~~",
            ),
        ]
    ),
)
times = st.sampled_from(["", "", "", "*", "+", "?", "*?", "{2}", "{0}", "{0,1}", "{1,}", "{,2}", "{,}", "+?"])
few = st.sampled_from(["", "", "?", "{0}", "{2}", "{0,1}", "??"])
"""Of groups: without end inside of without end, Python would take forever."""
expressions = st.recursive(
    st.builds(str.__add__, atoms, times),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map("".join),
        st.builds("{}|{}".format, inner, inner),
        st.builds("({}){}".format, inner, few),
        st.builds("(?:{}){}".format, inner, few),
    ),
    max_leaves=8,
)


@settings(max_examples=400)
@given(pattern=expressions, data=st.data())
def test_every_run_stands_wherever_the_expression_is_found(pattern: str, data: st.DataObject) -> None:
    runs = literal_runs(pattern)
    try:
        regexes = [checked(Regex(pattern, ignore_case=any_case)) for any_case in (False, True)]
        matching = st.from_regex(re.compile(pattern.replace("(?i)", ""), re.ASCII))
    except (Fault, re.error):
        return
    text = data.draw(st.one_of(matching, matching.map(str.swapcase), st.text(LETTERS + "\né", max_size=8)))
    for regex in regexes:
        if found(regex, text):
            assert [run for run in runs if fold(run) not in fold(text)] == []
