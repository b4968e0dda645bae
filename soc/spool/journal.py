"""The journal: records numbered from 1, durable before they count as read, kept until they are delivered.

    append ──► 00…0001.seg  00…0941.seg  00…2207.seg ◄── the one that grows
                   │  delivered, kept a while        │
                   └── marker: everything below 941 was acknowledged

- One append is one frame: records and how far their sources were read stand or fall together.
- A number that no whole frame holds is lost, for whatever reason (a flipped bit, a missing segment):
  it is declared as a gap where it should have come, so reading never stops and start-up never fails.
- Every start begins a new segment, so what a crash left at the end of the last one is simply not read.
- A full journal refuses, and its caller stops reading; nothing that was promised is given up for it.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import msgspec

from soc.kernel.errors import SpoolError
from soc.model.record import Record
from soc.spool.chunk import Chunk, Filling, Limits
from soc.spool.codec import encode_frame
from soc.spool.growth import Growth, OpenSegment, SpoolFull
from soc.spool.lock import FolderLock
from soc.spool.marker import Marker, read_marker, write_marker
from soc.spool.payload import VERSION, Kept, States, decode_kept, encode_kept
from soc.spool.segment import SegmentWriter
from soc.spool.shelf import Place, Shelf
from soc.wire.messages import Gap

SEGMENT_BYTES = 16 << 20
MARKER = "acknowledged"
KEPT_SHARE = 0.2
"""Share of the limit that delivered segments may take, for a centre that was restored."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much disk the journal may use."""

    limit_bytes: int
    floor_bytes: int
    """Free space that must be left on the disk."""
    free_bytes: Callable[[], int]
    segment_bytes: int = SEGMENT_BYTES


@dataclass(frozen=True, slots=True)
class Start:
    """This start of the collector."""

    boot: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Shed:
    """Records that a source had to let go; they get numbers so that the centre can count them."""

    source: str
    count: int
    why: str
    at_ms: int


class Journal:
    """The one user of a spool folder. Calls may come from any thread."""

    def __init__(
        self,
        folder: Path,
        room: Room,
        start: Start,
        *,
        open_segment: OpenSegment = SegmentWriter,
    ) -> None:
        """Open *folder*, made if missing, whatever state it is in.

        Raises:
            SpoolError: another process uses it, or it cannot be written at all.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise SpoolError(f"{folder}: {error.strerror}") from error
        self._lock = FolderLock(folder)
        self._turn = Lock()
        self._room = room
        self._start = start
        self._marker = folder / MARKER
        self._resume: tuple[int, Place | None] = (0, None)
        self.quarantined = 0
        """Damaged segments found since the start."""
        self._shelf = Shelf.open(folder)
        self._growth = Growth(self._shelf, room.segment_bytes, open_segment)
        behind, self._states = self._shelf.recover()
        oldest = self._shelf.firsts[0] if self._shelf.firsts else 1
        marked = read_marker(self._marker) or Marker(oldest, oldest)
        self._acked = marked.acknowledged
        self._next = max(behind, marked.promised)

    @property
    def next_seq(self) -> int:
        """Return the number of the next record."""
        return self._next

    @property
    def acked_seq(self) -> int:
        """Return the number below which everything was delivered."""
        return self._acked

    @property
    def used_bytes(self) -> int:
        """Return what the journal takes on the disk."""
        return self._shelf.used_bytes

    def states(self) -> dict[str, bytes]:
        """Return how far each source was read as of the last durable append."""
        return dict(self._states)

    def append(self, records: Sequence[Record], states: States, shed: Sequence[Shed] = ()) -> int:
        """Make *records* and *states* durable together; return the first record's number.

        Raises:
            SpoolFull: nothing was taken; try again later.
            SpoolError: nothing was taken; the disk fails.
        """
        with self._turn:
            first_seq = self._next
            kept = Kept(
                version=VERSION,
                boot=self._start.boot,
                records=tuple(records),
                gaps=_numbered(shed, first_seq + len(records)),
                states=dict(states),
                complete=False,
            )
            count = len(records) + sum(item.count for item in shed)
            try:
                self._keep(count, kept)
            except SpoolFull:
                raise
            except SpoolError:
                self._keep(count, kept)  # in a new segment: what a failed sync left behind proves nothing
            self._next = first_seq + count
            self._states = _merged(self._states, states)
            return first_seq

    def peek(self, from_seq: int, limits: Limits) -> Chunk:
        """Return what comes from *from_seq* on; an empty chunk when that is nothing."""
        with self._turn:
            filling = Filling(from_seq, limits, self._start.at_ms)
            seq, resume = self._resume
            segment = 0
            for place, frame in self._shelf.frames(from_seq, resume if seq == from_seq else None):
                kept = decode_kept(frame)
                if kept is None:
                    continue
                if frame.first_seq > filling.expected:
                    self.quarantined += self._shelf.set_aside(segment, place.segment)
                segment = place.segment
                more = filling.take(frame.first_seq, kept)
                self._resume = (filling.expected, place)
                if not more:
                    break
            else:
                if self._next > filling.expected:
                    self.quarantined += self._shelf.set_aside(segment, self._next)
                filling.reach(self._next)
            return filling.chunk()

    def acknowledge(self, below_seq: int) -> None:
        """Note that everything under *below_seq* is delivered; segments far behind it are deleted.

        Raises:
            SpoolError: the marker could not be written; the note holds until the process ends.
        """
        with self._turn:
            if below_seq > self._acked:
                self._mark(min(below_seq, self._next))
                self._trim(int(self._room.limit_bytes * KEPT_SHARE))

    def rewind(self, to_seq: int) -> None:
        """Deliver again from *to_seq* on; what is no longer kept will be declared.

        Raises:
            SpoolError: the marker could not be written.
        """
        with self._turn:
            if 1 <= to_seq < self._acked:
                self._mark(to_seq)

    def close(self) -> None:
        """Give the folder up."""
        with self._turn:
            self._growth.close()
            self._lock.close()

    def _keep(self, count: int, kept: Kept) -> None:
        begins = self._growth.begins
        if begins:
            states = _merged(self._states, kept.states)
            kept = msgspec.structs.replace(kept, states=states, complete=True)
        frame = encode_frame(self._next, count, encode_kept(kept))
        self._make_room(len(frame))
        self._growth.write(self._next, frame)
        if begins:
            with suppress(OSError):  # a stale marker only knows less of what a damaged disk loses
                write_marker(self._marker, Marker(self._acked, self._next + count))

    def _make_room(self, size: int) -> None:
        if self._fits(size):
            return
        self._trim(0)
        if not self._fits(size):
            raise SpoolFull(
                f"{self._shelf.folder} holds {self.used_bytes} of {self._room.limit_bytes} bytes; "
                f"the disk has {self._room.free_bytes()} free, of which {self._room.floor_bytes} must stay"
            )

    def _trim(self, keep_bytes: int) -> None:
        try:
            self._shelf.trim(self._acked, keep_bytes)
        except OSError as error:
            raise SpoolError(f"{self._shelf.folder}: {error.strerror} at deleting a segment") from error

    def _fits(self, size: int) -> bool:
        within_limit = self.used_bytes + size <= self._room.limit_bytes
        return within_limit and self._room.free_bytes() - size >= self._room.floor_bytes

    def _mark(self, seq: int) -> None:
        self._acked = seq
        try:
            write_marker(self._marker, Marker(seq, self._next))
        except OSError as error:
            raise SpoolError(f"{self._marker}: {error.strerror}") from error


def _merged(old: States, new: States) -> dict[str, bytes]:
    return {key: state for key, state in {**old, **new}.items() if state}


def _numbered(shed: Sequence[Shed], first_seq: int) -> tuple[Gap, ...]:
    gaps: list[Gap] = []
    for item in shed:
        gaps.append(Gap(item.source, first_seq, first_seq + item.count - 1, item.why, item.at_ms))
        first_seq += item.count
    return tuple(gaps)
