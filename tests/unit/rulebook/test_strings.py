"""Escapes, wildcards, option dashes and placeholders of Sigma strings."""

import re

import pytest

from soc.rulebook.documents import Fault
from soc.rulebook.plan import Wild
from soc.rulebook.strings import (
    Slot,
    joined,
    parts_of,
    pieces_of,
    plain,
    rewritten,
    surrounded,
    windash,
    written,
)

ANY, ONE = Wild.ANY, Wild.ONE


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ()),
        ("abc", ("abc",)),
        ("*", (ANY,)),
        ("a*b?", ("a", ANY, "b", ONE)),
        (r"\*", ("*",)),
        (r"\?a", ("?a",)),
        (r"\\*", ("\\", ANY)),
        (r"\\\*", ("\\*",)),
        (r"\\\\*", ("\\\\", ANY)),
        ("\\", ("\\",)),
        (r"\\", ("\\",)),
        (r"\\\ ", ("\\\\ ",)),
        (r"\\\\", ("\\\\",)),
        (r"C:\Windows\a.exe", (r"C:\Windows\a.exe",)),
        (r"\\server\share", (r"\server\share",)),
        ("[a]{b}%_", ("[a]{b}%_",)),
    ],
)
def test_escapes_are_resolved_as_the_specification_says(text: str, parts: tuple[object, ...]) -> None:
    assert parts_of(text) == parts


def test_a_literal_star_is_no_wildcard() -> None:
    assert parts_of(r"\*") != parts_of("*")
    assert surrounded(parts_of(r"\*"), before=True, after=True) == (ANY, "*", ANY)


def test_a_trailing_backslash_does_not_eat_the_wildcard_put_behind_it() -> None:
    assert surrounded(parts_of("a\\"), before=True, after=True) == (ANY, "a\\", ANY)
    assert surrounded((), before=True, after=True) == (ANY,)
    assert surrounded((ANY, "a"), before=True, after=True) == (ANY, "a", ANY)


def test_text_with_wildcards_is_not_plain() -> None:
    assert plain(("a",), "base64") == "a"
    with pytest.raises(Fault, match="base64 needs a value without wildcards"):
        plain(("a", ANY), "base64")


def test_nobody_means_hundreds_of_wildcards() -> None:
    assert len(parts_of("a*" * 100)) == 200
    with pytest.raises(Fault, match="101 wildcards"):
        parts_of("?" * 101)


def test_each_option_dash_becomes_every_dash() -> None:
    found = {"".join(map(str, parts)) for parts in windash((" -f",))}
    assert found == {" -f", " /f", " –f", " —f", " ―f"}
    assert set(windash(("foo-bar",))) == {("foo-bar",)}
    assert len(set(windash((" -a /b",)))) == 25
    with pytest.raises(Fault, match="dashes"):
        list(windash((" -a" * 6,)))


def test_placeholders_are_told_from_percent_signs() -> None:
    assert pieces_of("%user%@%host%") == (Slot("user"), "@", Slot("host"))
    assert pieces_of("%DC-NAME 1%$\n") == (Slot("DC-NAME 1"), "$\n")
    assert pieces_of("%a*b%") == ("%a*b%",)
    assert pieces_of(r"100\%user\%") == ("100%user%",)
    assert pieces_of("50% of") == ("50% of",)
    assert pieces_of("") == ()


def test_texts_that_are_joined_keep_their_wildcards_apart() -> None:
    assert joined([("a\\",), (ANY, "b"), (), ("c", ONE)]) == ("a\\", ANY, "bc", ONE)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ((), ""),
        (("a", ANY, "b", ONE), "a*b?"),
        (("a*b",), r"a\*b"),
        (("\\\\srv\\", ANY), r"\\srv\*"),
    ],
)
def test_parts_are_written_for_people(parts: tuple[str | Wild, ...], text: str) -> None:
    assert written(parts) == text


@pytest.mark.parametrize(
    ("parts", "regex", "replacement", "after"),
    [
        (("a\\", ANY), "x", "y", ("a\\", ANY)),
        (("a\\*", ANY), "x", "y", ("a\\*", ANY)),
        (("C:\\a\\", ANY), r"\\", "/", ("C:/a/", ANY)),
        (("ab",), "b", "*", ("a", ANY)),
        (("ab",), "b", r"\\*", ("a*",)),
        (("a", ANY, "b"), r"\*", "", ("ab",)),
        (("a*b",), r"\\\*", "?", ("a", ONE, "b")),
        (("a\\", ANY, "b"), "(a.)(?P<rest>.*)", r"\g<rest>\1", (ANY, "ba\\")),
        (("ab",), "(x)?b", r"[\1\n]", ("a[\n]",)),
        (("ab",), "", "-", ("-a-b-",)),
    ],
)
def test_what_an_expression_finds_is_replaced_and_wildcards_stay(
    parts: tuple[str | Wild, ...], regex: str, replacement: str, after: tuple[str | Wild, ...]
) -> None:
    assert rewritten(parts, re.compile(regex), replacement) == after
