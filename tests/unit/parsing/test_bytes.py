import pytest

from soc.parsing.bytes import valid_text, without_lone_surrogates


@pytest.mark.parametrize(
    ("raw", "text", "mended"),
    [
        (b"plain", "plain", False),
        ("tiếng Việt".encode(), "tiếng Việt", False),
        (b"nul\0stays", "nul\0stays", False),
        (b"", "", False),
        (b"\xef\xbb\xbf{}", "{}", True),
        ("đi ra".encode("utf-16"), "đi ra", True),
        ("\ufeffđi ra".encode("utf-16-be"), "đi ra", True),
        (b"\xff\xfeA", "\ufffd\ufffdA", True),
        (b'\xff\xfe{"a":"hidden"}', '\ufffd\ufffd{"a":"hidden"}', True),
        ('{"a":"đ"}'.encode("utf-16-le"), '{"a":"đ"}', True),
        ('{"a":"đ"}'.encode("utf-16-be"), '{"a":"đ"}', True),
        (b"\0" + '{"a":"đ"}\r'.encode("utf-16-le"), '{"a":"đ"}\r', True),
        (b"\0\0\0{}\0", "{}", True),
        (b"\xef\xbb\xbf" * 2 + b"{}", "{}", True),
        (b"\xff\xfe\x00\xd8A\x00B\0C\0", "\ufffdABC", True),
        (b"{\0b\0 but plain from here on", "{\0b\0 but plain from here on", False),
        (b"\0{\0b but plain from here on", "{\0b but plain from here on", True),
        (b"cut short" + b"\0" * 100, "cut short", True),
        (b"a\xffb", "a\ufffdb", True),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd", True),
        (b"cut \xc4", "cut \ufffd", True),
    ],
)
def test_bytes_become_valid_text_and_mending_is_told(raw: bytes, text: str, mended: bool) -> None:
    assert valid_text(raw) == (text, mended)


@pytest.mark.parametrize(
    ("raw", "encoding", "text", "mended"),
    [
        ("\u0a41\u0a0a 丁丂 đi\r".encode("utf-16-le"), "utf-16-le", "\u0a41\u0a0a 丁丂 đi\r", False),
        ("\ufeffđi ra".encode("utf-16-be"), "utf-16-be", "đi ra", False),
        (b"plain, written behind", "utf-16-le", "plain, written behind", False),
        (b"a\0\x00\xd8b\0", "utf-16-le", "a\ufffdb", True),
        (b"a\0b\0\0\0", "utf-16-le", "ab", True),
        (b"ti\xea\xecng Vi\xea\xf2t \xf0", "cp1258", "tiếng Việt đ", False),
        (b"a\x8a\x90b", "cp1258", "a\ufffd\ufffdb", True),
        ("tiếng".encode(), "rot13", "tiếng", False),
        (b"", "utf-16-le", "", False),
    ],
)
def test_an_encoding_the_collector_knows_is_believed(
    raw: bytes, encoding: str, text: str, mended: bool
) -> None:
    assert valid_text(raw, encoding) == (text, mended)


def test_lone_surrogates_are_replaced_and_real_characters_stay() -> None:
    assert without_lone_surrogates("a\ud800b😀") == "a\ufffdb😀"
