"""A chunk: the next records of a journal that fit one batch, and the numbers that are missing before them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from soc.model.record import Record
from soc.spool.payload import Kept
from soc.wire.messages import Gap

LOST = "damaged or missing in the collector's spool"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Records numbered ``first_seq …`` without a hole, all read in one start of the collector."""

    first_seq: int
    boot: str
    records: tuple[Record, ...]
    gaps: tuple[Gap, ...]
    """Numbers outside the records' range that nobody will ever send."""
    end_seq: int
    """Once this is delivered everything below is."""

    def __bool__(self) -> bool:
        """Return whether there is anything to deliver."""
        return bool(self.records or self.gaps)


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a chunk may be; one record always fits."""

    records: int = 500
    raw_bytes: int = 1 << 20
    gaps: int = 1000


@dataclass(slots=True)
class Filling:
    """A chunk under construction from frames in order of their numbers."""

    expected: int
    limits: Limits
    found_at_ms: int
    refused: Mapping[int, Gap] = field(default_factory=dict[int, Gap])
    """By number, gaps that stand for a record that is there."""
    _boot: str = ""
    _first: int = 0
    _size: int = 0
    _records: list[Record] = field(default_factory=list)
    _gaps: list[Gap] = field(default_factory=list)

    def take(self, first_seq: int, kept: Kept) -> bool:
        """Add what fits of a frame; return whether the next frame may follow."""
        if not self.reach(first_seq) or (self._records and kept.boot != self._boot):
            return False
        for record in kept.records[self.expected - first_seq :]:
            gap = self.refused.get(self.expected)
            if not (self._add(record, kept.boot) if gap is None else self._pass(gap)):
                return False
        return all(self._pass(gap) for gap in kept.gaps if gap.last_seq >= self.expected)

    def reach(self, seq: int) -> bool:
        """Declare lost what is missing below *seq*; return whether the chunk may go on from there."""
        if seq <= self.expected:
            return True
        if self._records:
            return False
        self._gaps.append(Gap("", self.expected, seq - 1, LOST, self.found_at_ms))
        self.expected = seq
        return True

    def chunk(self) -> Chunk:
        """Return what was taken."""
        first = self._first if self._records else self.expected
        return Chunk(first, self._boot, tuple(self._records), tuple(self._gaps), self.expected)

    def _pass(self, gap: Gap) -> bool:
        """Declare *gap*; return whether anything may follow it."""
        self._gaps.append(gap)
        self.expected = gap.last_seq + 1
        return not self._records and len(self._gaps) < self.limits.gaps

    def _add(self, record: Record, boot: str) -> bool:
        size = len(record.raw)
        if self._records and (
            len(self._records) >= self.limits.records or self._size + size > self.limits.raw_bytes
        ):
            return False
        if not self._records:
            self._first, self._boot = self.expected, boot
        self._records.append(record)
        self._size += size
        self.expected += 1
        return True
