"""Frames of Lumberjack version 2, which Beats speak, cut from a stream wherever reads end.

    2W count                      that many documents follow, then an acknowledgement is waited for
    2J seq length JSON            a document
    2D seq pairs (length key length value)…      a document, as its oldest senders say it
    2C length zlib                any of these, compressed
    2A seq                        the answer: everything up to seq; 0: nothing yet, still here

Numbers are 32 bits, big end first.
"""

from collections.abc import Generator, Iterator
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
        self._taken = 0
        """Bytes of the unfinished frame that are in the buffer no more."""
        self._frames = self._read()

    @property
    def held(self) -> int:
        """Return how many bytes of an unfinished frame are held; 0: the stream so far ends with a frame."""
        return self._taken + len(self._buffer)

    def feed(self, data: bytes) -> Iterator[Window | Document]:
        """Yield the frames that *data* completes.

        Raises:
            WireError: no frame, or one beyond a limit; nothing behind it can be understood.
        """
        self._buffer += data
        while (frame := next(self._frames)) is not None:
            yield frame

    def _read(self) -> Iterator[Window | Document | None]:
        """Yield frames, and None whenever more must come: however small the reads, no byte is read twice."""
        frame: Window | Document | None
        while True:
            match kind := (yield from self._take(2)):
                case b"2W":
                    frame = Window((yield from self._number()))
                case b"2J":
                    frame = Document(
                        (yield from self._number()), (yield from self._block(MAX_DOCUMENT_BYTES))
                    )
                case b"2D":
                    frame = Document((yield from self._number()), (yield from self._pairs()))
                case b"2C" if not self._inside:
                    yield from _unpacked((yield from self._block(MAX_COMPRESSED_BYTES)))
                    frame = None
                case _:
                    raise WireError(f"no Lumberjack frame: {shortened(kind)}; accepted: 2W, 2J, 2D, 2C")
            self._taken = 0
            if frame is not None:
                yield frame

    def _take(self, size: int) -> Generator[None, None, bytes]:
        while len(self._buffer) < size:
            yield
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._taken += size
        return taken

    def _number(self) -> Generator[None, None, int]:
        return int.from_bytes((yield from self._take(4)))

    def _block(self, limit: int) -> Generator[None, None, bytes]:
        size = yield from self._number()
        if size > limit:
            raise WireError(f"Lumberjack frame of {size} bytes; accepted: {limit}")
        return (yield from self._take(size))

    def _pairs(self) -> Generator[None, None, bytes]:
        count = yield from self._number()
        if count > MAX_PAIRS:
            raise WireError(f"Lumberjack document of {count} pairs; accepted: {MAX_PAIRS}")
        found: dict[str, str] = {}
        for _ in range(count):
            key = yield from self._block(MAX_DOCUMENT_BYTES)
            value = yield from self._block(MAX_DOCUMENT_BYTES)
            if self._taken > MAX_DOCUMENT_BYTES:
                raise WireError(f"Lumberjack document of more than {MAX_DOCUMENT_BYTES} bytes")
            found[key.decode(errors="replace")] = value.decode(errors="replace")
        return msgspec.json.encode(found)


def acknowledged(seq: int) -> bytes:
    """Return the answer that everything up to *seq* is stored."""
    return b"2A" + seq.to_bytes(4)


def _unpacked(packed: bytes) -> Iterator[Window | Document]:
    inflater, inner = Inflater(), LumberjackReader(inside=True)
    size = 0
    for piece in inflater.feed(packed):
        size += len(piece)
        if size > MAX_INFLATED_BYTES:
            raise WireError(f"Lumberjack frame is larger than {MAX_INFLATED_BYTES} bytes when decompressed")
        yield from inner.feed(piece)
    inflater.end()
    if inner.held:
        raise WireError("compressed Lumberjack frame ends in the middle of another")
