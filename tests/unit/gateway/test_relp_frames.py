"""Frames of RELP are read as the protocol writes them; what is none ends the stream."""

import pytest

from soc.gateway.relp_frames import MAX_DATA_BYTES, Frame, RelpReader, framed
from soc.kernel.errors import WireError


def test_frames_are_read_with_and_without_data() -> None:
    reader = RelpReader()
    assert reader.feed(b"1 open 5 a\nb c\n2 close 0\n3 close 0 \n4 syslog 2 \n\n\n") == [
        Frame(1, "open", b"a\nb c"),
        Frame(2, "close", b""),
        Frame(3, "close", b""),
        Frame(4, "syslog", b"\n\n"),
    ]
    assert not reader.held


def test_what_is_written_is_read() -> None:
    stream = framed(999_999_999, "syslog", b"x y\n") + framed(1, "rsp")
    assert RelpReader().feed(stream) == [Frame(999_999_999, "syslog", b"x y\n"), Frame(1, "rsp", b"")]


def test_an_unfinished_frame_is_waited_for() -> None:
    reader = RelpReader()
    assert reader.feed(b"1 syslog 5 he") == []
    assert reader.held == 13
    assert reader.feed(b"llo") == []
    assert reader.feed(b"\n") == [Frame(1, "syslog", b"hello")]


@pytest.mark.parametrize(
    "stream",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01",
        b"1234567890 open 0\n",
        b"1  open 0\n",
        b"1 open\n",
        b"1 open -1\n",
        b"1 " + b"a" * 33,
        b"1 syslog 5 hello!\n",
        b"1 syslog 1\nx\n",
        b"1 syslog 1\n\n",
        b"1 syslog 999999999 x",
        b"1 syslog %d x" % (MAX_DATA_BYTES + 1),
        b"1 syslog 9999999999",
    ],
)
def test_what_is_no_frame_is_refused(stream: bytes) -> None:
    with pytest.raises(WireError, match="RELP"):
        RelpReader().feed(stream)
