"""Batches as a collector delivers them."""

from collections.abc import Sequence

from soc.model.identity import Origin
from soc.model.record import Record
from soc.wire.messages import Batch, Gap

COLLECTOR = Origin("so-y-te", "c1")


def a_record(n: int, *, format_: str = "syslog", raw: bytes = b"") -> Record:
    """Return a file's record that differs from every other *n*'s."""
    text = raw or f"<13>Nov 24 08:00:00 host app: line {n}".encode()
    return Record("auth", format_, text, 0, "2026-11-24", "UTC", "f", n * 100)


def a_batch(
    first_seq: int,
    records: Sequence[Record],
    *,
    gaps: tuple[Gap, ...] = (),
    spool: str = "",
    acked_seq: int = 0,
) -> Batch:
    """Return *records* numbered from *first_seq* on."""
    return Batch(1, COLLECTOR, "boot", 0, first_seq, tuple(records), gaps, spool, acked_seq)
