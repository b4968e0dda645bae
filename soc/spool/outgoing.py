"""The way out of a journal: what comes next from a number on, for each lane that reads it."""

from dataclasses import dataclass, field

from soc.spool.chunk import Chunk, Filling, Limits
from soc.spool.payload import decode_kept
from soc.spool.refused import Refused
from soc.spool.shelf import Place, Shelf


@dataclass(slots=True)
class Outgoing:
    """Reads a shelf; remembers for each lane where it stood, so that no segment is read twice."""

    shelf: Shelf
    refused: Refused
    found_at_ms: int
    """When holes were found, as far as their gaps say."""
    quarantined: int = 0
    """Damaged segments found so far."""
    _stood: dict[int, tuple[int, Place]] = field(default_factory=dict[int, tuple[int, Place]])

    def peek(self, from_seq: int, limits: Limits, next_seq: int, lane: int) -> Chunk:
        """Return what comes from *from_seq* on, up to *next_seq*."""
        filling = Filling(from_seq, limits, self.found_at_ms, self.refused.gaps)
        segment = 0
        for place, frame in self.shelf.frames(from_seq, self._resume(lane, from_seq)):
            kept = decode_kept(frame)
            if kept is None or frame.first_seq + frame.count > next_seq:  # or one that was refused
                continue
            if frame.first_seq > filling.expected:
                self.quarantined += self.shelf.set_aside(segment, place.segment)
            segment = place.segment
            more = filling.take(frame.first_seq, kept)
            self._stood[lane] = (filling.expected, place)
            if not more:
                break
        else:
            if next_seq > filling.expected:
                self.quarantined += self.shelf.set_aside(segment, next_seq)
            filling.reach(next_seq)
        return filling.chunk()

    def _resume(self, lane: int, from_seq: int) -> Place | None:
        seq, place = self._stood.get(lane, (0, None))
        return place if seq == from_seq else None
