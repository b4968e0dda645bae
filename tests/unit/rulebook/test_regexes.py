"""Which regular expressions are accepted, and that hyperscan and Python read those alike."""

import re

import hyperscan
import pytest

from soc.rulebook.documents import Fault
from soc.rulebook.plan import Regex
from soc.rulebook.regexes import checked, flags


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a)\1",
        r"(?=a)b",
        r"(?<!a)b",
        r"(?>a)",
        "a++",
        "(",
        "a{,3}",
        r"a\Z",
        r"\v",
        "[[:alpha:]]",
        "(?x)a",
        r"\đ",
        "x" * 5000,
    ],
)
def test_what_would_backtrack_or_has_several_meanings_is_refused(pattern: str) -> None:
    with pytest.raises(Fault, match="expression"):
        checked(Regex(pattern))


@pytest.mark.parametrize(
    "pattern", [r"\\Z", r"\{,3}x", r"\\v", "a{0,3}", r"(?i)\bfoo\b", "(?i:công an)", r"\\đ", ".{1000,}", "a|"]
)
def test_what_both_read_alike_is_accepted(pattern: str) -> None:
    assert checked(Regex(pattern)).pattern == pattern


TEXTS = [
    "",
    "a",
    "A",
    "a\n",
    "a\nb",
    "b\na",
    "é",
    "É",
    "aé",
    "1",
    "١",
    "_",
    " ",
    "\t",
    "\xa0",
    "ß",
    "ẞ",
    "σ",
    "ς",
    "K",
]


@pytest.mark.parametrize(
    "pattern",
    ["a$", "^a", "a.b", r"\w", r"\W", r"\d", r"\s", "é", "[à-ý]", r"\bé", "σ", "k", "^$", ".", "(?s)a.b"],
)
@pytest.mark.parametrize("ignore_case", [False, True])
@pytest.mark.parametrize("dot_all", [False, True])
def test_hyperscan_is_python_with_ascii_classes_and_unicode_casing(
    pattern: str, ignore_case: bool, dot_all: bool
) -> None:
    regex = checked(Regex(pattern, ignore_case=ignore_case, dot_all=dot_all))
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions=[pattern.encode()], ids=[0], flags=[flags(regex)])
    for text in TEXTS:
        found: list[int] = []
        database.scan(text.encode(), match_event_handler=lambda *_: found.append(1), context=None)  # noqa: B023
        assert bool(found) == python_finds(regex, text), text


def python_finds(regex: Regex, text: str) -> bool:
    """``re`` with classes of ASCII but casing of Unicode, which it does not offer together."""
    pattern = regex.pattern.replace(r"\w", "[a-zA-Z0-9_]").replace(r"\W", "[^a-zA-Z0-9_]")
    pattern = pattern.replace(r"\d", "[0-9]").replace(r"\s", r"[ \t\n\r\f\x0b]")
    mode = (re.IGNORECASE if regex.ignore_case else 0) | (re.DOTALL if regex.dot_all else 0)
    if r"\b" in pattern:
        mode |= re.ASCII
    return re.search(pattern, text, mode) is not None


@pytest.mark.parametrize(
    ("pattern", "fix"),
    [
        ("(?=a)b", "without look-around"),
        (r"(a)\1", "without back-references"),
        ("(?>a)", "without atomic groups"),
        ("a++", "+ instead of ++"),
        ("(a)?(?(1)b|c)", "both ways with |"),
        ("x.{100}y.{100}z", "shorten the {n,m}"),
        ("a{40000}", "shorten the {n,m}"),
        (r"a\Ab", "at the ends of the expression"),
        ("(?x)a", "i, m and s are accepted"),
        (r"\đ", "without the backslash"),
        (r"a\Z", "write $"),
        ("a\0b", r"write \x00"),
    ],
)
def test_a_refusal_says_what_to_write_instead(pattern: str, fix: str) -> None:
    for _ in range(2):  # the second time from memory
        with pytest.raises(Fault) as refused:
            checked(Regex(pattern))
        assert fix in refused.value.fix
