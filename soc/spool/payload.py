"""What a journal's frame carries: records and, in the same frame, how far their sources were read."""

from collections.abc import Mapping

import msgspec
import zstandard

from soc.model.record import Record
from soc.spool.codec import Frame
from soc.wire.messages import Gap

VERSION = 1
MAX_PLAIN_BYTES = 64 << 20

States = Mapping[str, bytes]
"""Key of a source's part → its position, opaque; empty bytes: no longer known."""


class Kept(msgspec.Struct, frozen=True):
    """One append. Its numbers are the records' first, then those of the gaps."""

    version: int
    boot: str
    """Start of the collector that read them; part of the ids of what came over the network."""
    records: tuple[Record, ...]
    gaps: tuple[Gap, ...]
    states: dict[str, bytes]
    complete: bool
    """The states are all there are; otherwise only those that changed."""


class Positions(msgspec.Struct, frozen=True):
    """The part of ``Kept`` that a start needs; the records are skipped unread."""

    version: int
    states: dict[str, bytes]
    complete: bool


def encode_kept(kept: Kept) -> bytes:
    """Return *kept* as a frame's payload."""
    return zstandard.ZstdCompressor(level=3).compress(msgspec.msgpack.encode(kept))


def decode_kept(frame: Frame) -> Kept | None:
    """Return what *frame* carries; None when it cannot be read."""
    try:
        kept = msgspec.msgpack.decode(inflate(frame.payload), type=Kept)
    except (zstandard.ZstdError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return kept if kept.version == VERSION else None


def decode_positions(frame: Frame) -> Positions | None:
    """Return the states that *frame* carries; None when it cannot be read."""
    try:
        positions = msgspec.msgpack.decode(inflate(frame.payload), type=Positions)
    except (zstandard.ZstdError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return positions if positions.version == VERSION else None


def inflate(payload: bytes) -> bytes:
    """Return at most 64 MiB of what *payload* holds.

    Raises:
        ZstdError: it is not compressed.
    """
    return zstandard.ZstdDecompressor().stream_reader(payload).read(MAX_PLAIN_BYTES)
