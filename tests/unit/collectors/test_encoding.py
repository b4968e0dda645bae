import pytest

from collectors.encoding import BIG, LITTLE, Chosen, as_utf8, encoding_of


@pytest.mark.parametrize(
    ("head", "chosen", "expected"),
    [
        (b"plain", "auto", ""),
        (b"x", "auto", ""),
        (b"\xff", "auto", None),
        (b"\xfe", "auto", None),
        (b"\xff\xfea\0", "auto", LITTLE),
        (b"\xfe\xff\0a", "auto", BIG),
        (b"\xffx", "auto", ""),
        (b"a\0b\0", "auto", ""),
        (b"a", "utf-16", None),
        (b"a\0b\0", "utf-16", LITTLE),
        (b"\0a\0b", "utf-16", BIG),
        (b"\xfe\xff\0b", "utf-16", BIG),
        (b"\xff\xfe", "utf-8", ""),
        (b"\xff\xfe", "cp1258", "cp1258"),
    ],
)
def test_an_encoding_is_known_by_the_settings_and_the_first_bytes(
    head: bytes, chosen: Chosen, expected: str | None
) -> None:
    assert encoding_of(head, chosen) == expected


@pytest.mark.parametrize(
    ("raw", "encoding", "text"),
    [
        (b"a\xff", "", b"a\xff"),
        ("\ufeffđi".encode("utf-16-le"), LITTLE, "đi".encode()),
        ("đi".encode("utf-16-be"), BIG, "đi".encode()),
        (b"Vi\xea\xf2t", "cp1258", "Việt".encode()),
        (b"\x00\xd8x", LITTLE, "\ufffd".encode()),
    ],
)
def test_a_line_is_searched_as_utf8(raw: bytes, encoding: str, text: bytes) -> None:
    assert as_utf8(raw, encoding) == text
