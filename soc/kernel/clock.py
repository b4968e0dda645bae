"""Time as a value that is passed in: nothing below the shell asks the machine what time it is."""

import asyncio
import heapq
import itertools
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What a component may ask of time."""

    def now(self) -> datetime:
        """Return the aware UTC wall time."""
        ...

    def now_ms(self) -> int:
        """Return the wall time as whole milliseconds since 1970-01-01T00:00Z."""
        ...

    def monotonic(self) -> float:
        """Return seconds on a scale that never goes back; only differences mean something."""
        ...

    async def sleep(self, duration: timedelta) -> None:
        """Wait for *duration*."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the machine's wall time."""
        return datetime.now(UTC)

    def now_ms(self) -> int:
        """Return the machine's wall time in milliseconds."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Return the machine's monotonic clock."""
        return time.monotonic()

    async def sleep(self, duration: timedelta) -> None:
        """Wait on the event loop."""
        await asyncio.sleep(duration.total_seconds())


class ManualClock:
    """A clock that moves only when told; drills and tests run a day in a moment."""

    def __init__(self, start: datetime) -> None:
        """Begin at *start* (aware)."""
        self._now = start.astimezone(UTC)
        self._elapsed = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """Return the time it was last moved to."""
        return self._now

    def now_ms(self) -> int:
        """Return the time it was last moved to, in milliseconds."""
        return to_ms(self._now)

    def monotonic(self) -> float:
        """Return the seconds it was moved in all."""
        return self._elapsed

    async def sleep(self, duration: timedelta) -> None:
        """Wait until the clock was moved past now + *duration*."""
        if duration <= timedelta(0):
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + duration, next(self._order), woken))
        await woken

    async def advance(self, duration: timedelta) -> None:
        """Move on by *duration*, waking each sleeper at its own time and letting it run."""
        target = self._now + duration
        await _settle()
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, woken = heapq.heappop(self._sleepers)
            self._move(due)
            if not woken.done():
                woken.set_result(None)
            await _settle()
        self._move(target)

    def _move(self, to: datetime) -> None:
        self._elapsed += (to - self._now).total_seconds()
        self._now = to


def to_ms(at: datetime) -> int:
    """Return an aware instant as whole milliseconds since the epoch, cut, not rounded."""
    delta = at - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


def from_ms(at_ms: int) -> datetime:
    """Return the aware UTC instant of *at_ms*."""
    return _EPOCH + timedelta(milliseconds=at_ms)


def iso_ms(at_ms: int) -> str:
    """Return *at_ms* as ISO 8601 in UTC with milliseconds, e.g. ``2026-01-31T07:00:00.000Z``."""
    return from_ms(at_ms).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1000:03d}Z"


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SETTLE_ROUNDS = 10


async def _settle() -> None:
    for _ in range(_SETTLE_ROUNDS):
        await asyncio.sleep(0)
