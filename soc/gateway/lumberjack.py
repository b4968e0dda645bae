"""Frames of Lumberjack version 2, which Beats speak, cut from a stream wherever reads end.

    2W count                      that many documents follow, then an acknowledgement is waited for
    2J seq length JSON            a document
    2D seq pairs (length key length value)…      a document, as its oldest senders say it
    2C length zlib                any of these, compressed
    2A seq                        the answer: everything up to seq; 0: nothing yet, still here

Numbers are 32 bits, big end first.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from soc.gateway.inflating import Inflater
from soc.kernel.errors import WireError, shortened

MAX_DOCUMENT_BYTES = 10 << 20
"""Filebeat's own limit of one message."""
MAX_COMPRESSED_BYTES = 10 << 20
MAX_INFLATED_BYTES = 32 << 20
MAX_PAIRS = 1000


@dataclass(frozen=True, slots=True)
class Window:
    """How many documents come before the sender waits."""

    count: int


@dataclass(frozen=True, slots=True)
class Document:
    """One document; *raw* is JSON, or what the sender takes for it."""

    seq: int
    raw: bytes


class LumberjackReader:
    """Turns chunks of a stream into frames; holds at most one unfinished frame and the last chunk."""

    def __init__(self, *, inside: bool = False) -> None:
        """Begin a stream; *inside* a compressed frame there is no other."""
        self._inside = inside
        self._buffer = bytearray()

    @property
    def whole(self) -> bool:
        """Return whether the stream so far ends with a frame."""
        return not self._buffer

    def feed(self, data: bytes) -> Iterator[Window | Document]:
        """Yield the frames that *data* completes.

        Raises:
            WireError: no frame, or one beyond a limit; nothing behind it can be understood.
        """
        self._buffer += data
        cursor = _Cursor(self._buffer)
        while (frame := self._next(cursor)) is not None:
            if isinstance(frame, bytes):
                yield from _unpacked(frame)
            else:
                yield frame
        del self._buffer[: cursor.done]

    def _next(self, cursor: "_Cursor") -> Window | Document | bytes | None:
        try:
            frame = self._frame(cursor)
        except _Unfinished:
            return None
        cursor.done = cursor.at
        return frame

    def _frame(self, cursor: "_Cursor") -> Window | Document | bytes:
        cursor.at = cursor.done
        match kind := cursor.take(2):
            case b"2W":
                return Window(cursor.number())
            case b"2J":
                return Document(cursor.number(), cursor.block(MAX_DOCUMENT_BYTES))
            case b"2D":
                return Document(cursor.number(), _pairs(cursor))
            case b"2C" if not self._inside:
                return cursor.block(MAX_COMPRESSED_BYTES)
            case _:
                raise WireError(f"no Lumberjack frame: {shortened(kind)}; accepted: 2W, 2J, 2D, 2C")


def acknowledged(seq: int) -> bytes:
    """Return the answer that everything up to *seq* is stored."""
    return b"2A" + seq.to_bytes(4)


class _Unfinished(Exception):
    """More must come."""


@dataclass(slots=True)
class _Cursor:
    """A place in what was received."""

    buffer: bytearray
    done: int = 0
    """Behind the last whole frame."""
    at: int = 0

    def take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self.buffer):
            raise _Unfinished
        taken = bytes(self.buffer[self.at : end])
        self.at = end
        return taken

    def number(self) -> int:
        return int.from_bytes(self.take(4))

    def block(self, limit: int) -> bytes:
        size = self.number()
        if size > limit:
            raise WireError(f"Lumberjack frame of {size} bytes; accepted: {limit}")
        return self.take(size)


def _pairs(cursor: _Cursor) -> bytes:
    count = cursor.number()
    if count > MAX_PAIRS:
        raise WireError(f"Lumberjack document of {count} pairs; accepted: {MAX_PAIRS}")
    begun = cursor.at
    found: dict[str, str] = {}
    for _ in range(count):
        key, value = (cursor.block(MAX_DOCUMENT_BYTES).decode(errors="replace") for _ in range(2))
        if cursor.at - begun > MAX_DOCUMENT_BYTES:
            raise WireError(f"Lumberjack document of more than {MAX_DOCUMENT_BYTES} bytes")
        found[key] = value
    return msgspec.json.encode(found)


def _unpacked(packed: bytes) -> Iterator[Window | Document]:
    inflater, inner = Inflater(), LumberjackReader(inside=True)
    size = 0
    for piece in inflater.feed(packed):
        size += len(piece)
        if size > MAX_INFLATED_BYTES:
            raise WireError(f"Lumberjack frame is larger than {MAX_INFLATED_BYTES} bytes when decompressed")
        yield from inner.feed(piece)
    inflater.end()
    if not inner.whole:
        raise WireError("compressed Lumberjack frame ends in the middle of another")
