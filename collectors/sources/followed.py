"""A followed file: one open file, read on as it grows, begun again when it was truncated."""

import os
from dataclasses import dataclass, field

from collectors.framing import Framer, Piece
from collectors.reading import Reading, Stamp
from collectors.sources.position import Position, encode_position, marks
from soc.kernel.ids import FINGERPRINT_BYTES, fingerprint

CHUNK_BYTES = 64 << 10


@dataclass(slots=True)
class Followed:
    """Owns the descriptor. All methods may block on the disk; none is called by two at a time."""

    key: str
    """Under which its position is kept."""
    path: str
    handle: int
    framer: Framer
    idle_since: float
    """Monotonic time of the last growth."""
    moved: bool = False
    """It lost the name it was found under; nobody will finish its last line for long."""
    gone: bool = False
    """No watched name leads to it any more."""
    _head: bytes = b""
    _hashes: dict[int, str] = field(default_factory=dict[int, str])
    _seen: tuple[int, int] = (-1, 0)

    def __post_init__(self) -> None:
        """Remember how the file begins."""
        self._see_head()

    def has_news(self) -> bool:
        """Return whether reading is worth while: it grew, or was written to since this was asked last."""
        status = os.fstat(self.handle)
        before, self._seen = self._seen, (status.st_size, status.st_mtime_ns)
        return before != self._seen or status.st_size > self.framer.fed

    def read(self, stamp: Stamp, now: float) -> Reading | None:
        """Return what comes next, at most 64 KiB of it; None when there is nothing."""
        if self._was_replaced():
            cut_off = self.framer.rest()
            records = tuple(stamp.at(piece, self._fingerprint(piece)) for piece in cut_off)
            self._begin_again()
            self.idle_since = now
            return Reading(records, {self.key: self.position()})
        before = self.framer.delivered
        data = os.pread(self.handle, CHUNK_BYTES, self.framer.fed)
        if not data:
            return None
        self.idle_since = now
        pieces = self.framer.feed(data)
        self._see_head()
        return self._reading(stamp, pieces) if self.framer.delivered > before else Reading()

    def finish(self, stamp: Stamp) -> Reading | None:
        """Return the unfinished last line of a file that nobody writes to any more."""
        pieces = self.framer.rest()
        return self._reading(stamp, pieces) if pieces else None

    def position(self) -> bytes:
        """Return how far it was read, to keep."""
        status = os.fstat(self.handle)
        offset = self.framer.delivered
        head, tail = marks(self.handle, offset)
        inside = self.framer.inside
        return encode_position(
            Position(os.fsencode(self.path), status.st_dev, status.st_ino, offset, inside, head, tail)
        )

    def is_deleted(self) -> bool:
        """Return whether no name at all leads to it."""
        return os.fstat(self.handle).st_nlink == 0

    def close(self) -> None:
        """Let the file go, and its disk space if it was deleted."""
        os.close(self.handle)

    def _reading(self, stamp: Stamp, pieces: list[Piece]) -> Reading:
        records = tuple(stamp.at(piece, self._fingerprint(piece)) for piece in pieces)
        return Reading(records, {self.key: self.position()})

    def _was_replaced(self) -> bool:
        if os.fstat(self.handle).st_size < self.framer.fed:
            return True
        return os.pread(self.handle, len(self._head), 0) != self._head

    def _begin_again(self) -> None:
        self.framer = Framer(self.framer.limit)
        self._head = b""
        self._hashes.clear()

    def _see_head(self) -> None:
        if len(self._head) < FINGERPRINT_BYTES:
            self._head = os.pread(self.handle, min(FINGERPRINT_BYTES, self.framer.fed), 0)

    def _fingerprint(self, piece: Piece) -> str:
        size = min(FINGERPRINT_BYTES, piece.end)
        if size not in self._hashes:
            self._hashes[size] = fingerprint(self._head, size)
        return self._hashes[size]
