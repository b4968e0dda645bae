"""The journal: records numbered from 1, durable before they count as read, kept until they are delivered.

    append ──► 00…0001.seg  00…0941.seg  00…2207.seg ◄── the one that grows
                   │  delivered, kept a while        │
                   └── marker: everything below 941 was acknowledged

- One append is one frame: records and how far their sources were read stand or fall together.
- A number that no whole frame holds is lost, for whatever reason (a flipped bit, a missing segment):
  it is declared as a gap where it should have come, so reading never stops and start-up never fails.
- Every start begins a new segment, so what a crash left at the end of the last one is simply not read.
- A full journal refuses, and its caller stops reading or says in the reserve what it let go; nothing
  that was promised is given up for it.
- Delivered segments are kept for a day, or less where they would take more than a fifth of the limit,
  so that a restored centre can ask for them again.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import msgspec

from soc.kernel.errors import SpoolError
from soc.model.record import Record
from soc.spool.capacity import REFUSED_SHARE, Capacity, Room
from soc.spool.chunk import Chunk, Limits
from soc.spool.codec import encode_frame
from soc.spool.growth import Growth, OpenSegment, SpoolFull
from soc.spool.identity import new_identity, read_identity
from soc.spool.lock import FolderLock
from soc.spool.marker import MARKER, Marker, read_marker, write_marker
from soc.spool.outgoing import Outgoing
from soc.spool.payload import VERSION, Kept, States, encode_kept
from soc.spool.refused import Refused
from soc.spool.reserve import Reserve
from soc.spool.segment import SegmentWriter
from soc.spool.shed import Shed, numbered
from soc.spool.shelf import Shelf
from soc.wire.messages import Gap

__all__ = ["MARKER", "Journal", "Room", "Shed", "Start"]

ONE = Limits(records=1)


@dataclass(frozen=True, slots=True)
class Start:
    """This start of the collector."""

    boot: str
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
        self._lock = FolderLock(folder)
        self._turn = Lock()
        self.limit_bytes = room.limit_bytes
        """The most it may take."""
        self._start = start
        self._marker = folder / MARKER
        self._shelf = Shelf.open(folder)
        behind, self._states = self._shelf.recover()
        oldest = min(self._shelf.firsts, default=1)
        marked = read_marker(self._marker)
        self._acked = marked.acknowledged if marked else oldest
        self._next = max(behind, marked.promised if marked else oldest)
        fresh = marked is None and self._next == 1
        self.spool: str = (not fresh and read_identity(folder)) or new_identity(folder)
        """Random id; another one as soon as the numbers begin anew."""
        self.shed_records = 0
        """Records declared as let go since the start."""
        self.trouble = ""
        """Why the marker was not written or a segment not deleted, the last time; empty when all is well."""
        self._marked = True
        self._growth = Growth(self._shelf, room.segment_bytes, open_segment)
        self._refused = Refused(folder, self.spool, int(room.limit_bytes * REFUSED_SHARE), open_segment)
        self._next = max([self._next, *(seq + 1 for seq in self._refused.gaps)])
        self._outgoing = Outgoing(self._shelf, self._refused, start.at_ms)
        self._reserve = Reserve(folder, room.reserve_bytes)
        self._capacity = Capacity(room, self._shelf, self._refused, self._reserve)
        self._try(*((self._mark,) if fresh else ()), self._capacity.refill)

    @property
    def next_seq(self) -> int:
        """Return the number of the next record."""
        return self._next

    @property
    def acked_seq(self) -> int:
        """Return the number below which everything was delivered."""
        return self._acked

    @property
    def newest_seq(self) -> int:
        """Return the first number of the newest segment, where reading what is live may begin."""
        return max(self._shelf.firsts, default=self._next)

    @property
    def quarantined(self) -> int:
        """Return how many damaged segments were found since the start."""
        return self._outgoing.quarantined

    @property
    def refused_records(self) -> int:
        """Return how many records are known as set aside."""
        return len(self._refused.gaps)

    @property
    def used_bytes(self) -> int:
        """Return what the journal takes on the disk."""
        return self._capacity.used_bytes

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
            return self._append(records, states, shed)

    def reserve_shed(self, shed: Sequence[Shed], states: States | None = None) -> int:
        """Make durable what was let go, in the reserve when there is no other room; return the first number.

        *states* is how far their sources were read meanwhile.

        Raises:
            SpoolFull: nothing was noted, and the reserve is used up too.
            SpoolError: nothing was noted; the disk fails.
        """
        with self._turn:
            try:
                return self._append((), states or {}, shed)
            except SpoolFull:
                return self._append((), states or {}, shed, reserved=True)

    def peek(self, from_seq: int, limits: Limits, lane: int = 0) -> Chunk:
        """Return what comes from *from_seq* on; an empty chunk when that is nothing.

        Each *lane* goes its own way; it is quickest where it last stopped.
        """
        with self._turn:
            return self._outgoing.peek(from_seq, limits, self._next, lane)

    def acknowledge(self, below_seq: int) -> None:
        """Note that everything under *below_seq* is delivered; segments far behind it are deleted.

        A disk that fails now is only :attr:`trouble`: a stale marker repeats what the centre knows.
        """
        with self._turn:
            if below_seq > self._acked:
                before, self._acked = self._acked, min(below_seq, self._next)
                self._shelf.date(before, self._acked)
                self._try(self._mark, lambda: self._capacity.trim(self._acked), self._capacity.refill)

    def rewind(self, to_seq: int) -> None:
        """Deliver again from *to_seq* on; what is no longer kept will be declared."""
        with self._turn:
            if 1 <= to_seq < self._acked:
                self._acked = to_seq
                self._try(self._mark)

    def set_aside(self, seq: int, why: str) -> Gap:
        """Keep a copy of a record for people and deliver the gap that is returned in its place.

        Raises:
            SpoolError: the copy could not be made; the record stays as it was.
        """
        with self._turn:
            chunk = self._outgoing.peek(seq, ONE, self._next, lane=-1)
            found = chunk.records[0] if chunk.records and chunk.first_seq == seq else None
            gap = Gap(found.source if found else "", seq, seq, why, self._start.at_ms)
            try:
                self._refused.add(chunk.boot, gap, found)
            except SpoolFull:
                if not self._free_delivered():
                    self._reserve.give_up()  # whoever stands in the way of all others goes first
                self._refused.add(chunk.boot, gap, found)
            return gap

    def trim(self, now_ms: int) -> None:
        """Delete what was delivered long ago, or at all where the disk is short; fill the reserve again.

        *now_ms* is of the clock that the files' times are of: the machine's own.
        """
        with self._turn:
            again = () if self._marked else (self._mark,)
            self._try(*again, lambda: self._capacity.age(self._acked, now_ms), self._capacity.refill)

    def close(self) -> None:
        """Give the folder up."""
        with self._turn:
            self._growth.close()
            self._reserve.close()
            self._lock.close()

    def _append(
        self, records: Sequence[Record], states: States, shed: Sequence[Shed], *, reserved: bool = False
    ) -> int:
        first_seq = self._next
        kept = self._kept(records, numbered(shed, first_seq + len(records)), states)
        let_go = sum(item.count for item in shed)
        count = len(records) + let_go
        try:
            self._keep(count, kept, reserved=reserved)
        except SpoolError as error:
            if isinstance(error, SpoolFull) and not (self._free_delivered() or self._begin_anew()):
                raise
            # Otherwise in a new segment: what a failed sync left behind proves nothing.
            self._keep(count, kept, reserved=reserved)
        self._next = first_seq + count
        self._states = _merged(self._states, states)
        self.shed_records += let_go
        return first_seq

    def _kept(self, records: Sequence[Record], gaps: tuple[Gap, ...], states: States) -> Kept:
        return Kept(VERSION, self._start.boot, tuple(records), gaps, dict(states), complete=False)

    def _keep(self, count: int, kept: Kept, *, reserved: bool) -> None:
        if reserved and not self._growth.promised_bytes:
            self._spend()
        begins = self._growth.begins
        if begins:
            states = _merged(self._states, kept.states)
            kept = msgspec.structs.replace(kept, states=states, complete=True)
        frame = encode_frame(self._next, count, encode_kept(kept))
        if not (reserved and len(frame) <= self._growth.promised_bytes):
            self._make_room(len(frame))
        self._growth.write(self._next, frame)
        if begins:
            with suppress(OSError):  # a stale marker only knows less of what a damaged disk loses
                write_marker(self._marker, Marker(self._acked, self._next + count))

    def _spend(self) -> None:
        writer = self._reserve.spend(self._shelf.path(self._next))
        if writer is not None:
            self._growth.adopt(writer)

    def _make_room(self, size: int) -> None:
        while not self._capacity.fits(size):
            if not self._free_delivered():
                raise SpoolFull(self._capacity.state())

    def _free_delivered(self) -> bool:
        """Return whether there was anything delivered to delete."""
        try:
            return self._capacity.free(self._acked)
        except OSError as error:
            raise SpoolError(f"{self._shelf.folder}: {error.strerror} at deleting a segment") from error

    def _begin_anew(self) -> bool:
        """Give up what was delivered in the segment that grows too: its states go on in the reserve."""
        if self._acked < self._next or self.newest_seq >= self._next:
            return False
        self._growth.close()
        with suppress(SpoolFull):
            self._keep(0, self._kept((), (), {}), reserved=True)
        return self._free_delivered()

    def _mark(self) -> None:
        self._marked = False
        write_marker(self._marker, Marker(self._acked, self._next))
        self._marked = True

    def _try(self, *steps: Callable[[], None]) -> None:
        """Do *steps* as far as the disk lets; what it does not let is trouble, no failure."""
        try:
            for step in steps:
                step()
        except OSError as error:
            self.trouble = f"{self._shelf.folder}: {error.strerror}"
        else:
            self.trouble = ""


def _merged(old: States, new: States) -> dict[str, bytes]:
    return {key: state for key, state in {**old, **new}.items() if state}
