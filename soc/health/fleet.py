"""The fleet: for each collector what was received, what is missing, how late and how silent it is.

Reads receipts and heartbeats alone. ``received = stored + reread + known`` and the sequence numbers
1 … highest are each received or declared a gap; any other number is *unexplained* and must not be.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from soc.health.ranges import Ranges
from soc.model.heartbeat import Heartbeat
from soc.model.identity import Origin
from soc.wire.feed import Receipt

SILENT_AFTER_MS = 15 * 60_000
LAGGING_AFTER_MS = 5 * 60_000
CLOCK_OFF_MS = 5 * 60_000


class Condition(StrEnum):
    """How a collector is."""

    OK = "ok"
    LAGGING = "lagging"
    """Its oldest record not yet acknowledged was read more than five minutes ago."""
    SILENT = "silent"
    """Neither batch nor heartbeat for fifteen minutes."""
    GAP = "gap"
    """Sequence numbers are missing that it never declared."""


class Row(msgspec.Struct, frozen=True):
    """One collector as shown to people."""

    origin: Origin
    condition: Condition
    last_seen_ms: int
    received: int
    stored: int
    reread: int
    known: int
    quarantined: int
    declared_gap: int
    unexplained_gap: int
    lag_ms: int
    clock_offset_ms: int
    spool_bytes: int
    software: str


@dataclass(slots=True)
class Account:
    """What is known of one collector."""

    seen: Ranges = field(default_factory=Ranges)
    gaps: Ranges = field(default_factory=Ranges)
    stored: int = 0
    reread: int = 0
    known: int = 0
    quarantined: int = 0
    last_seen_ms: int = 0
    clock_offset_ms: int = 0
    beat: Heartbeat | None = None


class Fleet:
    """The accounts of all collectors; order and repetition of what it is told do not matter."""

    def __init__(self) -> None:
        """Know nobody yet."""
        self._accounts: dict[Origin, Account] = {}

    def receipt(self, receipt: Receipt) -> None:
        """Count a batch's new numbers; one that has none changes nothing but the time."""
        account = self._accounts.setdefault(receipt.origin, Account())
        account.last_seen_ms = max(account.last_seen_ms, receipt.received_at_ms)
        account.clock_offset_ms = receipt.clock_offset_ms
        for gap in receipt.gaps:
            account.gaps.add(gap.first_seq, gap.last_seq)
        fresh = account.seen.add(receipt.first_seq, receipt.last_seq)
        if fresh:
            # Batches may be cut anew after a crash: numbers counted before came back as known.
            again = receipt.last_seq - receipt.first_seq + 1 - fresh
            account.stored += receipt.stored
            account.reread += receipt.reread
            account.known += max(0, receipt.known - again)
            account.quarantined += min(receipt.quarantined, fresh)

    def heartbeat(self, beat: Heartbeat) -> None:
        """Remember the newest heartbeat."""
        account = self._accounts.setdefault(beat.origin, Account())
        account.last_seen_ms = max(account.last_seen_ms, beat.received_at_ms)
        if account.beat is None or account.beat.received_at_ms <= beat.received_at_ms:
            account.beat = beat
            account.clock_offset_ms = beat.received_at_ms - beat.sent_at_ms

    def rows(self, now_ms: int) -> list[Row]:
        """Return every collector, sorted by agency and name."""
        found = [_row(origin, account, now_ms) for origin, account in self._accounts.items()]
        return sorted(found, key=lambda r: (r.origin.agency, r.origin.collector, r.origin.exercise or ""))


def _row(origin: Origin, account: Account, now_ms: int) -> Row:
    missing = account.seen.joined(account.gaps).holes()
    lag_ms = _lag(account.beat)
    return Row(
        origin=origin,
        condition=_condition(account, missing, lag_ms, now_ms),
        last_seen_ms=account.last_seen_ms,
        received=account.seen.total(),
        stored=account.stored,
        reread=account.reread,
        known=account.known,
        quarantined=account.quarantined,
        declared_gap=account.gaps.total(),
        unexplained_gap=missing,
        lag_ms=lag_ms,
        clock_offset_ms=account.clock_offset_ms,
        spool_bytes=account.beat.spool_bytes if account.beat else 0,
        software=account.beat.software if account.beat else "",
    )


def _lag(beat: Heartbeat | None) -> int:
    if beat is None or not beat.sources:
        return 0
    return max(0, beat.sent_at_ms - min(source.oldest_unacked_ms for source in beat.sources))


def _condition(account: Account, missing: int, lag_ms: int, now_ms: int) -> Condition:
    if missing:
        return Condition.GAP
    if now_ms - account.last_seen_ms > SILENT_AFTER_MS:
        return Condition.SILENT
    return Condition.LAGGING if lag_ms > LAGGING_AFTER_MS else Condition.OK
