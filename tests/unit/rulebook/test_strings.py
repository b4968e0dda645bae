"""Escapes, wildcards, option dashes and placeholders of Sigma strings."""

import pytest

from soc.rulebook.documents import Fault
from soc.rulebook.plan import Wild
from soc.rulebook.strings import expanded, parts_of, plain, surrounded, windash

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


def test_placeholders_are_replaced_by_each_of_their_values() -> None:
    values = {"user": ("ann", "bob"), "host": ("h",)}
    assert list(expanded("%user%@%host%", values)) == ["ann@h", "bob@h"]
    assert list(expanded(r"100\%user\%", values)) == ["100%user%"]
    assert list(expanded("50% of", values)) == ["50% of"]
    with pytest.raises(Fault, match="%nobody% has no values"):
        list(expanded("%nobody%", values))
