"""Limits: how much one sender may take of what all share. Pure; time is an argument, in seconds."""

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from soc.kernel.errors import StoreBusy


@dataclass(slots=True)
class Crowd:
    """Connections that stand, in all and per address."""

    most: int
    most_per_address: int
    inside: int = 0
    _by_address: Counter[str] = field(default_factory=Counter)

    def enter(self, address: str) -> bool:
        """Count one more, or tell that there is no place for it."""
        if self.inside >= self.most or self._by_address[address] >= self.most_per_address:
            return False  # a Counter that is only asked keeps nothing
        self.inside += 1
        self._by_address[address] += 1
        return True

    def leave(self, address: str) -> None:
        """Give back a place that ``enter`` gave."""
        self.inside -= 1
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]


@dataclass(slots=True)
class Bucket:
    """A token bucket that may be overdrawn once: what work costs is known only after it was let in.

    So a batch of any size passes, and the sender then waits for as long as it was ahead of its rate.
    """

    rate: float
    """Tokens that come back per second."""
    burst: float
    """Most that is saved up."""
    _left: float = field(init=False)
    _at: float = 0.0

    def __post_init__(self) -> None:
        self._left = self.burst

    def wait_s(self, now: float) -> float:
        """Return how long to wait until something may be spent; 0: now."""
        self._fill(now)
        return max(0.0, -self._left / self.rate)

    def spend(self, tokens: float, now: float) -> None:
        """Take *tokens*, below nothing if it must be."""
        self._fill(now)
        self._left -= tokens

    def _fill(self, now: float) -> None:
        self._left = min(self.burst, self._left + max(0.0, now - self._at) * self.rate)
        self._at = now


@dataclass(frozen=True, slots=True)
class Rates:
    """What one agency may send in the long run, and for how long it may be ahead of that."""

    events_per_second: float
    bytes_per_second: float
    burst_seconds: float


@dataclass(slots=True)
class Allowances:
    """Two buckets per agency: events and bytes. Agencies are those with a credential: no more than exist."""

    rates: Rates
    _buckets: dict[str, tuple[Bucket, Bucket]] = field(default_factory=dict)

    def wait_s(self, agency: str, now: float) -> float:
        """Return after how long *agency* may send again; 0: now."""
        return max(bucket.wait_s(now) for bucket in self._of(agency))

    def spend(self, agency: str, *, events: int, bytes_: int, now: float) -> None:
        """Book what was worked on."""
        counted, weighed = self._of(agency)
        counted.spend(events, now)
        weighed.spend(bytes_, now)

    def _of(self, agency: str) -> tuple[Bucket, Bucket]:
        if agency not in self._buckets:
            rates = self.rates
            self._buckets[agency] = (
                Bucket(rates.events_per_second, rates.events_per_second * rates.burst_seconds),
                Bucket(rates.bytes_per_second, rates.bytes_per_second * rates.burst_seconds),
            )
        return self._buckets[agency]


@dataclass(slots=True)
class Shares:
    """What many have under way at once, of which each (an agency, a sender) has at most *most_each*.

    So however many bodies it sends, no other waits for more than that many of its.
    """

    most_each: int
    _held: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def place(self, who: str) -> Iterator[None]:
        """Count one more for a while.

        Raises:
            StoreBusy: *who* has its share.
        """
        if self._held[who] >= self.most_each:
            raise StoreBusy(f"{who} has {self.most_each} under way, its share")
        self._held[who] += 1
        try:
            yield
        finally:
            self._held[who] -= 1
            if not self._held[who]:
                del self._held[who]


@dataclass(slots=True)
class Memory:
    """Bytes on their way in or waiting, of all senders: a slow one holds only what it has sent."""

    most_bytes: int
    held_bytes: int = 0
    _within: "Memory | None" = None
    _of: "dict[str, Memory]" = field(default_factory=dict)

    def of(self, agency: str) -> "Memory":
        """Return the part of it that *agency* may hold, one half: no agency holds what all others need."""
        return self._of.setdefault(agency, Memory(self.most_bytes // 2, _within=self))

    def take(self, bytes_: int) -> None:
        """Hold *bytes_* more.

        Raises:
            StoreBusy: there is no room for them.
        """
        if self.held_bytes + bytes_ > self.most_bytes:
            raise StoreBusy("too much is on its way in")
        if self._within is not None:
            self._within.take(bytes_)
        self.held_bytes += bytes_

    def give(self, bytes_: int) -> None:
        """Give back what ``take`` took."""
        self.held_bytes -= bytes_
        if self._within is not None:
            self._within.give(bytes_)

    @contextmanager
    def held(self, bytes_: int) -> Iterator[None]:
        """Hold *bytes_* for a while.

        Raises:
            StoreBusy: there is no room for them.
        """
        self.take(bytes_)
        try:
            yield
        finally:
            self.give(bytes_)


@dataclass(slots=True)
class Failures:
    """What failed per address, in windows of a minute; of the newest 4,096 addresses."""

    most_addresses: int = 4096
    window_s: float = 60.0
    _counts: OrderedDict[str, tuple[float, int]] = field(default_factory=OrderedDict)

    def count(self, address: str, now: float) -> int:
        """Count one more; return how many there were in this address's window."""
        began, found = self._counts.pop(address, (now, 0))
        if now - began >= self.window_s:
            began, found = now, 0
        self._counts[address] = began, found + 1
        if len(self._counts) > self.most_addresses:
            self._counts.popitem(last=False)
        return found + 1

    def of(self, address: str, now: float) -> int:
        """Return how many there were in the window of *address* that still runs."""
        began, found = self._counts.get(address, (now, 0))
        return found if now - began < self.window_s else 0

    def many(self, least: int, now: float) -> dict[str, int]:
        """Return address → failures where there are *least* or more."""
        counts = {address: self.of(address, now) for address in self._counts}
        return {address: found for address, found in counts.items() if found >= least}
