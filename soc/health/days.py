"""The days of a collector: what came on each (UTC, by receipt), and how late."""

from dataclasses import dataclass

import msgspec

from soc.health.numbers import MAX_DAYS
from soc.kernel.clock import iso_ms
from soc.wire.codec import MAX_NUMBER


class Counts(msgspec.Struct, frozen=True):
    """What became of records; ``received = stored + reread + known``."""

    received: int = 0
    stored: int = 0
    reread: int = 0
    known: int = 0
    quarantined: int = 0
    """Of all."""
    declared: int = 0
    """Lost and declared by the collector."""
    repeats: int = 0
    """Possibly stored before under other ids; doors only."""

    def __add__(self, other: "Counts") -> "Counts":
        """Return both together; what collectors claim may be anything, so no sum passes ``MAX_NUMBER``."""
        pairs = zip(msgspec.structs.astuple(self), msgspec.structs.astuple(other), strict=True)
        return Counts(*(min(one + another, MAX_NUMBER) for one, another in pairs))


NOTHING = Counts()


@dataclass(slots=True)
class Day:
    """One day so far."""

    counts: Counts = NOTHING
    last_seen_ms: int = 0
    lag_ms: int = 0
    """Largest that a heartbeat told."""
    clock_offset_ms: int = 0
    """Farthest from zero."""

    def seen(self, at_ms: int, clock_offset_ms: int, lag_ms: int = 0) -> None:
        """Take one message's times."""
        self.last_seen_ms = max(self.last_seen_ms, at_ms)
        self.lag_ms = max(self.lag_ms, lag_ms)
        self.clock_offset_ms = max(self.clock_offset_ms, clock_offset_ms, key=abs)


def day_of(at_ms: int) -> str:
    """Return the UTC day of an instant, ``YYYY-MM-DD``."""
    return iso_ms(at_ms)[:10]


def day_in(days: dict[str, Day], at_ms: int) -> Day:
    """Return the day of *at_ms* in *days*, begun where it is new; the oldest beyond 92 go."""
    day = days.setdefault(day_of(at_ms), Day())
    if len(days) > MAX_DAYS:
        del days[min(days)]
    return day
