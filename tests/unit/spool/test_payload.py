"""A payload that is not ours, or not ours any more, is no reason to fail."""

import msgspec
import pytest
import zstandard
from support.spooling import a_record

from soc.spool.codec import Frame
from soc.spool.payload import MAX_PLAIN_BYTES, Kept, decode_kept, decode_positions, encode_kept
from soc.wire.messages import Gap

KEPT = Kept(
    version=1,
    boot="boot",
    records=(a_record("a"),),
    gaps=(Gap("udp", 2, 3, "why", 0),),
    states={"file/1": b"\xff\0"},
    complete=True,
)


def squeezed(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def test_what_was_kept_is_read_back_whole_or_without_its_records() -> None:
    frame = Frame(1, 3, encode_kept(KEPT))
    assert decode_kept(frame) == KEPT
    positions = decode_positions(frame)
    assert positions is not None
    assert (positions.states, positions.complete) == (KEPT.states, True)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"not zstd",
        squeezed(b"not msgpack"),
        squeezed(msgspec.msgpack.encode({"version": 1})),
        encode_kept(msgspec.structs.replace(KEPT, version=2)),
        squeezed(msgspec.msgpack.encode(KEPT) + bytes(MAX_PLAIN_BYTES)),
    ],
    ids=["empty", "not zstd", "not msgpack", "short of members", "a later version", "a bomb"],
)
def test_what_cannot_be_read_is_nothing(payload: bytes) -> None:
    assert decode_kept(Frame(1, 1, payload)) is None
    assert decode_positions(Frame(1, 1, payload)) is None
