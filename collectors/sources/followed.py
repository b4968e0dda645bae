"""A followed file: one open file, read on as it grows, begun again when it was truncated."""

import os
from dataclasses import dataclass, field, replace

from collectors.cutting import Cutter, Manner
from collectors.encoding import encoding_of
from collectors.reading import Reading, Stamp
from collectors.sources.content import Content, Watch
from collectors.sources.position import Position, encode_position, head_mark, tail_mark
from soc.kernel.ids import FINGERPRINT_BYTES, fingerprint
from soc.wire.framing import Piece

CHUNK_BYTES = 64 << 10
TRY_AGAIN_S = 2


@dataclass(frozen=True, slots=True)
class Outlived:
    """What a file held that was truncated: a copy may go on with it, unfinished lines and all."""

    delivered: Position
    """Up to which everything was delivered."""
    read: Position
    """Up to which it was read."""
    rest: Reading
    """What lies between, in parts; for the case that there is no copy."""


@dataclass(slots=True)
class Followed:
    """Owns the descriptor. All methods may block on the disk; none is called by two at a time."""

    key: str
    """Under which its position is kept."""
    path: str
    content: Content
    manner: Manner
    idle_since: float
    """Monotonic time of the last growth."""
    known: Position | None = None
    """How far it was read, as far as that is known."""
    moved: bool = False
    """It lost the name it was found under; nobody will finish its last line for long."""
    gone: bool = False
    """No watched name leads to it any more."""
    closed: bool = False
    outlived: "Outlived | None" = None
    """What it held before it was truncated; for whoever finds the copy."""
    _cutter: Cutter | None = None
    _watch: Watch = field(init=False)
    _more: bool = True
    _try_again_at: float = 0.0
    _head: bytes = b""
    _before: bytes = b""
    """The bytes before the next one to feed, beginning 1,000 bytes before what is undelivered."""
    _hashes: dict[int, str] = field(default_factory=dict[int, str])

    def __post_init__(self) -> None:
        """Leave alone what was read to its end."""
        self._watch = Watch(self.content.handle)
        if self.known is not None and self.known.seal:
            self._watch.changed()
            self._more = False

    def has_news(self, now: float) -> bool:
        """Return whether reading is worth while: it was written to, there is more, or it waited enough."""
        changed = self._watch.changed()
        return changed or (self._more and now >= self._try_again_at) or self._has_waited(now)

    def has_unread(self) -> bool:
        """Return whether there was more when it was read last."""
        return self._more

    def read(self, stamp: Stamp, now: float) -> Reading | None:
        """Return what comes next, at most 64 KiB of it; None when there is nothing."""
        self._more, self._try_again_at = True, now + TRY_AGAIN_S  # should the disk fail
        cutter = self._cutter or self._take_up()
        if self.was_replaced():
            return self._begin_again(cutter, stamp, now)
        data = self.content.read(CHUNK_BYTES, cutter.fed)
        self._more, self._try_again_at = bool(data), now
        if data and not cutter.fed:
            encoding = encoding_of(data, self.manner.encoding)
            if encoding is None:
                self._more = False
                return None
            cutter = self._cutter = Cutter(self.manner, encoding)
        if not data:
            return self._pause(cutter, stamp, now)
        self.idle_since = now
        before = cutter.delivered
        pieces = cutter.feed(data)
        self._remember(cutter, data)
        return self._reading(cutter, stamp, pieces) if cutter.delivered > before else Reading()

    def was_replaced(self) -> bool:
        """Return whether what was read is there no longer: it was truncated, or written anew."""
        if self._cutter is None:
            return False
        return not self.content.holds(self._cutter.fed) or self.content.read(len(self._head), 0) != self._head

    def finish(self, stamp: Stamp) -> Reading | None:
        """Return the unfinished last line of a file that nobody writes to any more."""
        cutter = self._cutter
        pieces = [] if cutter is None else cutter.rest()
        return self._reading(cutter, stamp, pieces) if cutter is not None and pieces else None

    def give_up(self) -> int:
        """Return how many records are unread, having let the file go."""
        unread = 0
        try:
            cutter = self._cutter or self._take_up()
            while data := self.content.read(CHUNK_BYTES, cutter.fed):
                unread += len(cutter.feed(data))
            unread += len(cutter.rest())
        finally:
            self.close()
        return unread

    def is_deleted(self) -> bool:
        """Return whether no name at all leads to it."""
        return os.fstat(self.content.handle).st_nlink == 0

    def free_bytes(self) -> int:
        """Return the room on its disk."""
        status = os.fstatvfs(self.content.handle)
        return status.f_bavail * status.f_frsize

    def begins_like(self, head: bytes) -> bool:
        """Return whether what is known of its beginning is that of *head*, or the other way round."""
        own = self._head or self.content.read(FINGERPRINT_BYTES, 0)
        if self._cutter is None:
            self._head = own
        size = min(len(head), len(own))
        return size > 0 and head[:size] == own[:size]

    def holds_all_of(self, other: Content, size: int) -> bool:
        """Return whether the *size* bytes of *other* are the first of this file, as far as samples tell."""
        sample = min(FINGERPRINT_BYTES, size)
        return size > 0 and all(
            other.read(sample, offset) == self.content.read(sample, offset) for offset in (0, size - sample)
        )

    def close(self) -> None:
        """Let the file go, and its disk space if it was deleted."""
        self.closed = True
        os.close(self.content.handle)

    def _take_up(self) -> Cutter:
        """Go on where it is known to have been read to."""
        start, inside = (self.known.offset, self.known.inside) if self.known else (0, False)
        size = min(FINGERPRINT_BYTES, start)
        self._head = self.content.read(size, 0)
        self._before = self.content.read(size, start - size)
        encoding = encoding_of(self._head, self.manner.encoding) or ""
        self._cutter = Cutter(self.manner, encoding, start=start, inside=inside)
        return self._cutter

    def _begin_again(self, cutter: Cutter, stamp: Stamp, now: float) -> Reading:
        delivered = self._position(cutter, "")
        rest = self._reading(cutter, stamp, cutter.rest())
        self.outlived = Outlived(delivered, self.known or delivered, rest)
        self.known = None
        self._cutter = Cutter(self.manner)
        self._head = self._before = b""
        self._hashes.clear()
        self.idle_since = now
        return Reading()

    def _pause(self, cutter: Cutter, stamp: Stamp, now: float) -> Reading | None:
        if self.content.complete():
            return self._reading(cutter, stamp, cutter.rest(), seal=self.content.seal())
        if self._has_waited(now):
            return self._reading(cutter, stamp, cutter.flush())
        return None

    def _has_waited(self, now: float) -> bool:
        patience = self.manner.patience.total_seconds()
        return self._cutter is not None and self._cutter.waits and now - self.idle_since >= patience

    def _reading(self, cutter: Cutter, stamp: Stamp, pieces: list[Piece], *, seal: str = "") -> Reading:
        if cutter.encoding != stamp.encoding:
            stamp = replace(stamp, encoding=cutter.encoding)
        records = tuple(stamp.at(piece, self._fingerprint(piece)) for piece in pieces)
        self.known = self._position(cutter, seal)
        return Reading(records, {self.key: encode_position(self.known)})

    def _position(self, cutter: Cutter, seal: str) -> Position:
        status = os.fstat(self.content.handle)
        offset = cutter.delivered
        return Position(
            path=os.fsencode(self.path),
            device=status.st_dev,
            inode=status.st_ino,
            offset=offset,
            inside=cutter.inside,
            head=head_mark(self._head, offset),
            tail=tail_mark(self._before[: len(self._before) - (cutter.fed - offset)], offset),
            seal=seal,
        )

    def _remember(self, cutter: Cutter, data: bytes) -> None:
        if len(self._head) < FINGERPRINT_BYTES:
            self._head += data[: FINGERPRINT_BYTES - len(self._head)]
        self._before += data
        kept = cutter.fed - cutter.delivered + FINGERPRINT_BYTES
        self._before = self._before[-kept:]

    def _fingerprint(self, piece: Piece) -> str:
        size = min(FINGERPRINT_BYTES, piece.end)
        if size not in self._hashes:
            self._hashes[size] = fingerprint(self._head, size)
        return self._hashes[size]
