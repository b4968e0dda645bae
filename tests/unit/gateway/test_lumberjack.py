"""Frames of Lumberjack are read as Beats write them; what is none, or too much, ends the stream."""

import json
import time
import zlib

import pytest
from support.beats import batch, compressed, document, pairs, window

from soc.gateway.lumberjack import (
    MAX_COMPRESSED_BYTES,
    MAX_DOCUMENT_BYTES,
    MAX_INFLATED_BYTES,
    MAX_PAIRS,
    Document,
    LumberjackReader,
    Window,
    acknowledged,
)
from soc.kernel.errors import WireError


def read(stream: bytes) -> list[Window | Document]:
    return list(LumberjackReader().feed(stream))


def test_windows_and_documents_are_read() -> None:
    stream = window(2) + document(1, b'{"m":1}') + document(2**32 - 1, b"")
    assert read(stream) == [Window(2), Document(1, b'{"m":1}'), Document(2**32 - 1, b"")]


def test_what_is_compressed_is_read_in_its_place() -> None:
    assert read(batch([b"a", b"b"]) + window(0)) == [
        Window(2),
        Document(1, b"a"),
        Document(2, b"b"),
        Window(0),
    ]


def test_pairs_become_an_object() -> None:
    (found,) = read(pairs(7, [(b"line", b'a "b"'), (b"host", b"\xff")]))
    assert isinstance(found, Document)
    assert (found.seq, json.loads(found.raw)) == (7, {"line": 'a "b"', "host": "�"})


def test_an_unfinished_frame_is_waited_for() -> None:
    reader = LumberjackReader()
    stream = document(1, b"abc")
    assert list(reader.feed(stream[:-1])) == []
    assert reader.held == len(stream) - 1
    assert list(reader.feed(stream[-1:])) == [Document(1, b"abc")]
    assert not reader.held


def test_an_acknowledgement_says_the_number() -> None:
    assert acknowledged(258) == b"2A\x00\x00\x01\x02"


@pytest.mark.parametrize(
    "stream",
    [
        b"GET / HTTP/1.1",
        b"1W\x00\x00\x00\x01",
        b"2A\x00\x00\x00\x01",
        b"2J\x00\x00\x00\x01" + (MAX_DOCUMENT_BYTES + 1).to_bytes(4),
        b"2J\x00\x00\x00\x01\xff\xff\xff\xff",
        b"2C" + (MAX_COMPRESSED_BYTES + 1).to_bytes(4),
        b"2D\x00\x00\x00\x01" + (MAX_PAIRS + 1).to_bytes(4),
        b"2D\x00\x00\x00\x01\x00\x00\x00\x01\xff\xff\xff\xff",
        b"2C\x00\x00\x00\x04abcd",
        compressed(compressed(window(1))),
        compressed(document(1, b"abc")[:-1]),
        b"2C" + (len(zlib.compress(b"")) - 1).to_bytes(4) + zlib.compress(b"")[:-1],
        compressed(
            document(1, bytes(MAX_DOCUMENT_BYTES - 20)) * (MAX_INFLATED_BYTES // MAX_DOCUMENT_BYTES + 1)
        ),
    ],
)
def test_what_is_no_frame_or_too_much_is_refused(stream: bytes) -> None:
    with pytest.raises(WireError):
        read(stream)


def test_pairs_are_bounded_all_together() -> None:
    with pytest.raises(WireError, match="Lumberjack document of more"):
        read(pairs(1, [(b"k", bytes(MAX_DOCUMENT_BYTES // 2)), (b"l", bytes(MAX_DOCUMENT_BYTES // 2))]))


def test_what_dribbles_in_is_read_once() -> None:
    reader = LumberjackReader()
    stream = pairs(1, [(b"k%d" % n, b"\xff" * 2000) for n in range(900)])
    assert list(reader.feed(stream[:-1000])) == []
    begun = time.process_time()
    for at in range(len(stream) - 1000, len(stream) - 1):
        assert list(reader.feed(stream[at : at + 1])) == []
    assert time.process_time() - begun < 0.5
    assert len(list(reader.feed(stream[-1:]))) == 1
    assert not reader.held
