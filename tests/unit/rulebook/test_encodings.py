"""Encodings, applied in the order in which they are written."""

import base64

import pytest

from soc.rulebook.documents import Fault
from soc.rulebook.encodings import encoded
from soc.rulebook.plan import Wild


def texts(value: str, *names: str) -> list[str]:
    return ["".join(map(str, parts)) for parts in encoded((value,), names)]


def test_base64_encodes_the_bytes_of_the_text() -> None:
    assert texts("foo bar", "base64") == ["Zm9vIGJhcg=="]
    assert texts("é", "base64") == [base64.b64encode("é".encode()).decode()]


@pytest.mark.parametrize("value", ["foobar", "foobars", "fo", "é" * 5, "http://"])
@pytest.mark.parametrize("before", [b"", b"1", b"22", b"333", b"4444"])
@pytest.mark.parametrize("after", [b"", b"x", b"yy"])
def test_one_of_the_three_offsets_is_found_wherever_the_bytes_stand(
    value: str, before: bytes, after: bytes
) -> None:
    whole = base64.b64encode(before + value.encode() + after).decode()
    assert any(text in whole for text in texts(value, "base64offset"))


def test_character_sets_come_before_base64() -> None:
    assert texts("a", "wide") == texts("a", "utf16le") == ["a\0"]
    assert texts("a", "utf16be") == ["\0a"]
    assert texts("whoami", "wide", "base64") == [base64.b64encode("whoami".encode("utf-16-le")).decode()]
    assert texts("a", "utf16", "base64") == [base64.b64encode(b"\xff\xfea\0").decode()]
    with pytest.raises(Fault, match="wide must come before encodings"):
        texts("a", "utf16", "wide")


def test_base64_that_stands_in_the_log_in_wide_characters_is_found() -> None:
    assert texts("a", "base64", "wide") == ["Y\0Q\0=\0=\0"]


def test_dashes_come_before_encodings() -> None:
    assert len(texts(" -a", "windash", "base64")) == 5
    with pytest.raises(Fault, match="windash must come before encodings"):
        texts(" -a", "wide", "windash")


def test_a_wildcard_cannot_be_encoded() -> None:
    with pytest.raises(Fault, match="base64 needs a value without wildcards"):
        list(encoded(("a", Wild.ANY), ("base64",)))


def test_an_escaped_star_is_encoded_as_a_star() -> None:
    assert texts("*", "base64") == ["Kg=="]
