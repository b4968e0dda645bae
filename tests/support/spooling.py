"""Records and journals as the spool's tests need them."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from soc.model.record import Record
from soc.spool.chunk import Chunk, Limits
from soc.spool.growth import OpenSegment, SpoolFull
from soc.spool.journal import Journal, Room, Start
from soc.spool.segment import SegmentWriter

ALL = Limits(records=100_000, raw_bytes=1 << 30)


def a_record(text: str, *, source: str = "file", read_at_ms: int = 1_000) -> Record:
    return Record(
        source=source, format="syslog", raw=text.encode(), read_at_ms=read_at_ms, day="2026-11-24", zone="UTC"
    )


def a_journal(
    folder: Path,
    *,
    boot: str = "boot",
    limit_bytes: int = 1 << 30,
    free_bytes: int | Callable[[], int] = 1 << 40,
    segment_bytes: int = 1 << 24,
    reserve_bytes: int = 0,
    floor_bytes: int = 1 << 10,
    open_segment: OpenSegment = SegmentWriter,
) -> Journal:
    free = free_bytes if callable(free_bytes) else lambda: free_bytes
    room = Room(limit_bytes, floor_bytes, free, segment_bytes, reserve_bytes=reserve_bytes)
    return Journal(folder, room, Start(boot, 77), open_segment=open_segment)


def texts(chunk: Chunk) -> list[str]:
    return [record.raw.decode() for record in chunk.records]


def everything(journal: Journal) -> list[tuple[int, str]]:
    """Return (number, text) of all that is not acknowledged, the way a shipper sees it."""
    found, seq = [], journal.acked_seq
    while chunk := journal.peek(seq, ALL):
        found += list(enumerate(texts(chunk), chunk.first_seq))
        seq = chunk.end_seq
    return found


def accounted(journal: Journal) -> dict[int, str | None]:
    """Return by number what a shipper delivers from the acknowledged on; None where it declares a gap."""
    found: dict[int, str | None] = {}
    seq = journal.acked_seq
    while chunk := journal.peek(seq, ALL):
        numbers = list(enumerate(texts(chunk), chunk.first_seq))
        declared = [n for gap in chunk.gaps for n in range(max(gap.first_seq, seq), gap.last_seq + 1)]
        found |= dict(sorted([*numbers, *((n, None) for n in declared)], key=lambda item: item[0]))
        seq = chunk.end_seq
    return found


def until_full(step: Callable[[], object]) -> int:
    """Return how often *step* succeeded before the journal was full."""
    times = 0
    with suppress(SpoolFull):
        while True:
            step()
            times += 1
    return times
