"""The sequence numbers of one spool: each is received, declared lost, still under way, or *unexplained*.

    base … settled − 1    acknowledged, so each must have been received or declared; else unexplained
    settled …             under way: batches overtake each other and are sent again

``settled`` is what the collector itself says was acknowledged. A number belongs for ever to the start of
the collector that read it: two starts that claim the same number are a copy of the spool.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from soc.health.ranges import Ranges

MAX_SPANS = 5000
"""A collector that leaves more holes has its older half written down as missing and closed."""
MAX_BOOTS = 64
MAX_DAYS = 92


@dataclass(slots=True)
class Numbers:
    """What is known of one spool's numbers."""

    base: int = 1
    """Numbers under this one are closed."""
    settled: int = 1
    lost: int = 0
    """Unexplained numbers under *base*."""
    received: Ranges = field(default_factory=Ranges)
    accounted: Ranges = field(default_factory=Ranges)
    """Received or declared."""
    boots: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Lowest and highest number that each start's batches brought."""
    days: dict[str, int] = field(default_factory=dict)
    """Day → *settled* at its end."""

    def receive(self, first: int, last: int) -> tuple[int, int]:
        """Take first … last in; return how many are new, and how many of those had been declared lost."""
        first = max(first, self.base)
        fresh, unaccounted = self.received.add(first, last), self.accounted.add(first, last)
        self._bound()
        return fresh, fresh - unaccounted

    def declare(self, first: int, last: int) -> int:
        """Take the declared gap first … last in; return how many numbers it explains."""
        fresh = self.accounted.add(max(first, self.base), last)
        self._bound()
        return fresh

    def settle(self, acked_seq: int, day: str) -> None:
        """Learn that every number below *acked_seq* was acknowledged, on *day* at the latest."""
        self.settled = max(self.settled, acked_seq)
        self.days[day] = self.settled
        if len(self.days) > MAX_DAYS:
            del self.days[min(self.days)]

    def unexplained(self) -> int:
        """Return how many acknowledged numbers are neither received nor declared."""
        return self.lost + self.accounted.missing(self.base, self.settled)

    def first_unexplained(self) -> int | None:
        """Return the lowest of them that is not closed, if any."""
        return self.accounted.first_missing(self.base, self.settled)

    def unexplained_by_day(self) -> dict[str, int]:
        """Return day → how many numbers acknowledged on it are unexplained, where any are."""
        days = sorted(self.days)
        ends = [self.base, *(self.days[day] for day in days)]
        missing = [self.accounted.missing(max(start, self.base), end) for start, end in pairwise(ends)]
        return {day: count for day, count in zip(days, missing, strict=True) if count}

    def claimed(self, boot: str, first: int, last: int) -> str | None:
        """Note that the start *boot* brought first … last; return another start that has one of them."""
        if last < first:
            return None
        low, high = self.boots.pop(boot, (first, last))
        self.boots[boot] = low, high = min(low, first), max(high, last)
        if len(self.boots) > MAX_BOOTS:
            del self.boots[next(iter(self.boots))]
        rivals = (other for other, span in self.boots.items() if other != boot)
        return next((other for other in rivals if _meet(self.boots[other], (low, high))), None)

    def _bound(self) -> None:
        spans = len(self.accounted.firsts)
        if spans > MAX_SPANS:
            below = self.accounted.firsts[spans // 2]
            self.lost += self.accounted.missing(self.base, below)
            self.base = below
            self.settled = max(self.settled, below)
            for ranges in (self.received, self.accounted):
                ranges.forget(below)


def _meet(one: Sequence[int], other: Sequence[int]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
