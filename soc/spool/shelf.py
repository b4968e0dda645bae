"""The shelf: a folder of segments named by the first number they hold, oldest first."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from soc.spool.codec import HEADER_BYTES, Frame
from soc.spool.payload import decode_positions
from soc.spool.segment import read_segment, sync_folder

SUFFIX = ".seg"
SET_ASIDE = ".quarantine"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a frame lies."""

    segment: int
    """First number of its segment."""
    offset: int


@dataclass(slots=True)
class Shelf:
    """The segments that exist. Names are the truth; nothing about them is kept elsewhere."""

    folder: Path
    firsts: list[int] = field(default_factory=list)
    """First numbers, ascending."""
    used_bytes: int = 0
    """What the segments take on the disk."""
    stated: int = 0
    """The newest segment that begins with all states; it and what follows is never deleted."""
    _sizes: dict[int, int] = field(default_factory=dict[int, int])

    @classmethod
    def open(cls, folder: Path) -> "Shelf":
        """Return the shelf in *folder*; files of other names are left alone."""
        shelf = cls(folder)
        for path in folder.glob(f"*{SUFFIX}"):
            if path.stem.isdigit():
                shelf.put(int(path.stem), path.stat().st_size)
        return shelf

    def path(self, first_seq: int) -> Path:
        """Return the file of the segment that begins with *first_seq*."""
        return self.folder / f"{first_seq:020d}{SUFFIX}"

    def put(self, first_seq: int, size: int) -> None:
        """Count a segment with its present *size*."""
        if first_seq not in self._sizes:
            self.firsts = sorted([*self.firsts, first_seq])
        self.used_bytes += size - self._sizes.get(first_seq, 0)
        self._sizes[first_seq] = size

    def delivered(self, below_seq: int) -> list[int]:
        """Return the segments that hold only numbers under *below_seq* and are not needed for the states."""
        return [
            first
            for first, following in zip(self.firsts, self.firsts[1:], strict=False)
            if following <= below_seq and first < self.stated
        ]

    def date(self, from_seq: int, below_seq: int) -> None:
        """Give the segments that end in that range this moment as their time: they are delivered now."""
        known = self.delivered(from_seq)
        for first in self.delivered(below_seq)[len(known) :]:
            with suppress(OSError):
                os.utime(self.path(first))

    def trim(self, below_seq: int, keep_bytes: int, older_than_ms: int = 0) -> int:
        """Delete delivered segments, oldest first: all delivered before then, and all beyond *keep_bytes*.

        Return how many. Empty ones, which a refused frame left, are not kept.

        Raises:
            OSError: one of them could not be deleted.
        """
        old = self.delivered(below_seq)
        surplus = sum(self._sizes[first] for first in old) - keep_bytes
        doomed: list[int] = []
        for first in old:
            if surplus <= 0 and self._sizes[first] and self._delivered_ms(first) >= older_than_ms:
                break
            doomed.append(first)
            surplus -= self._sizes[first]
        if doomed:
            sync_folder(self.folder)  # the marker's rename must not be lost before the segments are
        for first in doomed:
            self.path(first).unlink(missing_ok=True)
            self.firsts.remove(first)
            self.used_bytes -= self._sizes.pop(first)
        return len(doomed)

    def _delivered_ms(self, first_seq: int) -> int:
        with suppress(OSError):
            return self.path(first_seq).stat().st_mtime_ns // 1_000_000
        return 0

    def frames(self, from_seq: int, resume: Place | None = None) -> Iterator[tuple[Place, Frame]]:
        """Yield the frames that hold *from_seq* and what follows; damaged ones are passed over.

        *resume* is where an earlier reading stood; it spares reading the segment before it.
        """
        older = [first for first in self.firsts if first <= from_seq]
        for first in [*older[-1:], *self.firsts[len(older) :]]:
            offset = resume.offset if resume is not None and resume.segment == first else 0
            for found, frame in self._read(first, offset):
                if frame.first_seq + frame.count > from_seq:
                    yield Place(first, found), frame

    def frames_of(self, first_seq: int) -> Iterator[Frame]:
        """Yield the whole frames of one segment."""
        return (frame for _, frame in self._read(first_seq))

    def set_aside(self, first_seq: int, last_seq: int) -> int:
        """Keep the bytes of damaged segments in that range for people; return how many are news."""
        return sum(self._set_aside(first) for first in self.firsts if first_seq <= first <= last_seq)

    def recover(self) -> tuple[int, dict[str, bytes]]:
        """Return the number behind the last whole frame (1 when there is none) and the states by then."""
        next_seq, states = 1, dict[str, bytes]()
        for first in reversed(self.firsts):
            behind, found, complete = self._states_of(first)
            next_seq = max(next_seq, behind)
            states = found | states
            if complete:
                self.stated = first
                break
        else:
            self.stated = max(self.firsts, default=0)
        return next_seq, {key: state for key, state in states.items() if state}

    def _states_of(self, first_seq: int) -> tuple[int, dict[str, bytes], bool]:
        next_seq, states, complete = first_seq, dict[str, bytes](), False
        for _, frame in self._read(first_seq):
            next_seq = max(next_seq, frame.first_seq + frame.count)
            positions = decode_positions(frame)
            if positions is not None:
                states = positions.states if positions.complete else states | positions.states
                complete |= positions.complete
        return next_seq, states, complete

    def _read(self, first_seq: int, offset: int = 0) -> Iterator[tuple[int, Frame]]:
        """Yield what can be read of a segment; a bad sector ends it as other damage does.

        A number that the next segment holds was refused here, and the disk did not let it be cut off.
        """
        following = next((first for first in self.firsts if first > first_seq), None)
        with suppress(OSError):
            for found, frame in read_segment(self.path(first_seq), offset, past_damage=True):
                if following is not None and frame.first_seq + frame.count > following:
                    return
                yield found, frame

    def _set_aside(self, first_seq: int) -> bool:
        path = self.path(first_seq)
        whole = sum(HEADER_BYTES + len(frame.payload) for _, frame in self._read(first_seq))
        try:
            if whole == path.stat().st_size:
                return False
            path.with_suffix(SET_ASIDE).hardlink_to(path)
        except OSError:  # set aside before, or gone
            return False
        return True
