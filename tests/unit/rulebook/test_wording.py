"""Every kind of test has words that a rule author understands."""

import pytest
from support.rulings import node_of

from soc.rulebook import plan
from soc.rulebook.wording import said


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        ("{f: x}", "f is 'x'"),
        ("{f: ''}", "f is the empty text"),
        ("{f: '*'}", "f is any value"),
        ("{f|contains: -enc}", "f contains '-enc'"),
        ("{f|startswith: x}", "f starts with 'x'"),
        ("{f|endswith|cased: x}", "f ends with 'x' (case as written)"),
        ("{f: 'a*b?'}", "f fits 'a*b?'"),
        ("{f: 5}", "f is the number 5"),
        ("{f: true}", "f is true"),
        ("{f|re|i: a.b}", "f matches /a.b/i"),
        ("{f|cidr: 10.0.0.0/8}", "f is an address in 10.0.0.0/8"),
        ("{f|gte: 1.5}", "f ≥ 1.5"),
        ("{f: null}", "f is missing or null"),
        ("{f|exists: true}", "f is there"),
        ("{f|exists: false}", "f is not there"),
        ("{f|fieldref: g}", "f is the same as g"),
        ("{f|fieldref|startswith: g}", "f starts with the value of g"),
        ("{f|hour|lt: 6}", "f is a time whose hour < 6"),
        ("[word]", "any value contains 'word'"),
    ],
)
def test_a_test_is_said_in_words(selection: str, words: str) -> None:
    node = node_of(selection)
    assert isinstance(node, plan.Test | plan.Keyword)
    assert said(node) == words
