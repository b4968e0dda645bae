"""The account of one collector: its spools' numbers, its counts by day, and what is to be told about it.

``received = stored + reread + known`` holds by the way it is counted: numbers that come again and are known
again count nothing; records stored under numbers that came before (a machine set up anew by an older
collector, a copied disk) count as received, for they are in the store.
"""

from dataclasses import dataclass, field

import msgspec

from soc.health.days import NOTHING, Counts, Day, day_in, day_of
from soc.health.notice import Noticeboard
from soc.health.numbers import Numbers
from soc.model.heartbeat import Heartbeat
from soc.wire.codec import MAX_NUMBER
from soc.wire.feed import Receipt

MAX_SPOOLS = 16
MAX_STARTS = 16
HOUR_MS = 3_600_000
LATE_MS = 120_000
"""Longest that a heartbeat of the start before may be under way."""
QUARANTINE_LEAST = 100
QUARANTINE_SHARE = 20
"""More than one record in so many of an hour's is worth telling."""


@dataclass(slots=True)
class Hour:
    """Records of one hour."""

    number: int = 0
    received: int = 0
    quarantined: int = 0


@dataclass(slots=True)
class Account:
    """What is known of one collector."""

    notices: Noticeboard
    whole: bool
    """Whether the accounts reach back to the first feed; if not, a spool begins where it is first heard."""
    spools: dict[str, Numbers] = field(default_factory=dict)
    """By id, the newest last."""
    counts: Counts = NOTHING
    days: dict[str, Day] = field(default_factory=dict)
    lost: int = 0
    """Unexplained numbers of spools that were too many to remember."""
    last_seen_ms: int = 0
    clock_offset_ms: int = 0
    beat: Heartbeat | None = None
    starts: list[str] = field(default_factory=list)
    """Starts of the collector that were heard of, the running one last."""
    started_ms: int = 0
    hour: Hour = field(default_factory=Hour)
    gap_since_ms: int = 0
    asked_at_ms: int = 0

    def receipt(self, receipt: Receipt) -> None:
        """Take what became of a batch."""
        counts = _counted(receipt) if receipt.door else self._numbered(receipt)
        self.counts += counts
        self._seen(receipt.received_at_ms, receipt.clock_offset_ms)
        day_in(self.days, receipt.received_at_ms).counts += counts
        self._watch_quarantine(counts, receipt.received_at_ms)

    def heartbeat(self, beat: Heartbeat) -> None:
        """Take a heartbeat; the newest is remembered."""
        numbers = self._spool(beat.spool, beat.acked_seq, beat.acked_seq)
        numbers.settle(beat.acked_seq, day_of(beat.received_at_ms))
        self._seen(beat.received_at_ms, beat.received_at_ms - beat.sent_at_ms, lag_of(beat))
        if self.beat is None or self.beat.received_at_ms <= beat.received_at_ms:
            self.beat = beat
        self._started(beat)

    def unexplained(self) -> int:
        """Return how many acknowledged numbers are neither received nor declared, ``MAX_NUMBER`` at most."""
        missing = self.lost + sum(numbers.unexplained() for numbers in self.spools.values())
        return min(missing, MAX_NUMBER)

    def unexplained_by_day(self) -> dict[str, int]:
        """Return day → how many of the numbers acknowledged on it are unexplained, where any are."""
        found: dict[str, int] = {}
        for numbers in self.spools.values():
            for day, count in numbers.unexplained_by_day().items():
                found[day] = found.get(day, 0) + count
        return found

    def _numbered(self, receipt: Receipt) -> Counts:
        first, last = receipt.first_seq, receipt.last_seq
        numbers = self._spool(receipt.spool, receipt.acked_seq, first)
        rival = numbers.claimed(receipt.boot, first, last)
        if rival is not None:
            self._tell_copied("restored", receipt.spool, rival, receipt.boot)
        fresh, declared_before = numbers.receive(first, last)
        declared = -declared_before
        for gap in receipt.gaps:
            count = numbers.declare(gap.first_seq, gap.last_seq)
            declared += count
            if count:
                fields = {"source": gap.source, "why": gap.why, "missing": count}
                self.notices.tell("shed", f"{gap.source}/{receipt.received_at_ms // HOUR_MS}", fields)
        numbers.settle(receipt.acked_seq, day_of(receipt.received_at_ms))
        if rival is None and not fresh:
            return Counts(declared=declared)
        known = max(0, receipt.known - (last - first + 1 - fresh))
        received = receipt.stored + receipt.reread + known
        return msgspec.structs.replace(
            _counted(receipt),
            received=received,
            known=known,
            quarantined=min(receipt.quarantined, received),
            declared=declared,
        )

    def _spool(self, spool: str, acked_seq: int, first_seq: int) -> Numbers:
        """Return the numbers of *spool*, begun where it is new; one without a name is the last heard of."""
        if spool in self.spools:
            return self.spools[spool]
        if self.spools and not spool:
            return self.spools[next(reversed(self.spools))]
        if list(self.spools) == [""] and acked_seq > 1:
            # Numbers that go on: the collector has learnt to name its spool.
            self.spools[spool] = self.spools.pop("")
            return self.spools[spool]
        if self.spools:
            self.notices.tell("renumbered", spool, {"spool": spool, "before": next(reversed(self.spools))})
        base = 1 if self.whole else max(1, acked_seq or first_seq)
        self.spools[spool] = Numbers(base=base, settled=base)
        if len(self.spools) > MAX_SPOOLS:
            forgotten = self.spools.pop(next(iter(self.spools)))
            self.lost = min(self.lost + forgotten.unexplained(), MAX_NUMBER)
        return self.spools[spool]

    def _seen(self, at_ms: int, clock_offset_ms: int, lag_ms: int = 0) -> None:
        day_in(self.days, at_ms).seen(at_ms, clock_offset_ms, lag_ms)
        if at_ms >= self.last_seen_ms:
            self.last_seen_ms, self.clock_offset_ms = at_ms, clock_offset_ms

    def _started(self, beat: Heartbeat) -> None:
        """Notice a start that still speaks while a later one does: two machines are one collector."""
        if beat.boot not in self.starts:
            self.starts = [*self.starts, beat.boot][-MAX_STARTS:]
            self.started_ms = beat.received_at_ms
        elif beat.boot != self.starts[-1] and beat.received_at_ms - self.started_ms > LATE_MS:
            self._tell_copied("running twice", beat.spool, beat.boot, self.starts[-1])

    def _tell_copied(self, how: str, spool: str, one: str, other: str) -> None:
        starts = sorted((one, other))
        self.notices.tell("clone", "/".join([spool, *starts]), {"how": how, "spool": spool, "starts": starts})

    def _watch_quarantine(self, counts: Counts, at_ms: int) -> None:
        if at_ms // HOUR_MS > self.hour.number:
            self.hour = Hour(at_ms // HOUR_MS)
        hour = self.hour
        hour.received += counts.received
        hour.quarantined += counts.quarantined
        if hour.received >= QUARANTINE_LEAST and hour.quarantined * QUARANTINE_SHARE > hour.received:
            fields = {"received": hour.received, "quarantined": hour.quarantined}
            self.notices.tell("quarantine", str(hour.number), fields)


def lag_of(beat: Heartbeat) -> int:
    """Return how long before *beat* the oldest record not yet acknowledged was read, in ms."""
    if not beat.sources:
        return 0
    return max(0, beat.sent_at_ms - min(source.oldest_unacked_ms for source in beat.sources))


def _counted(receipt: Receipt) -> Counts:
    return Counts(
        received=receipt.stored + receipt.reread + receipt.known,
        stored=receipt.stored,
        reread=receipt.reread,
        known=receipt.known,
        quarantined=receipt.quarantined,
        repeats=receipt.repeats,
    )
