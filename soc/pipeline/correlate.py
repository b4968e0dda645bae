"""Stage correlate: the feeds' signals go through the correlation engine; what changed is handed on.

The cursor vector lives in memory: a start reads every feed that is still kept, from its beginning,
and the episodes adopted from the ledger keep their ids. Nothing is settled before that is done.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from soc.correlation.changes import Change
from soc.correlation.engine import Engine
from soc.correlation.watermark import Watermarks
from soc.kernel.clock import Clock, to_ms
from soc.pipeline.feeds import PREFIX, FeedReader
from soc.ports.log import Log
from soc.wire.feed import FeedEntry

KEPT = timedelta(days=8)
"""How far back signals are held: a day more than feeds are."""
CLOCK_AHEAD = timedelta(minutes=5)
"""An event's own time is believed so far ahead of its reading."""
EXPIRE_EVERY = timedelta(hours=1)


@dataclass(slots=True)
class CorrelateStatus:
    """How far correlation is, for people to look at."""

    entries: int = 0
    """Feed entries read."""
    signals: int = 0
    changes: int = 0
    groups: int = 0
    read_until_ms: int = 0
    """Newest time of receipt at the centre that was read; the clock minus this is the lag."""
    settled_at_ms: int = 0
    settling: timedelta = timedelta()
    """How long the last settling took, with what followed from it."""


async def run_correlate(
    *,
    log: Log,
    engine: Engine,
    on_changes: Callable[[list[Change]], Awaitable[None]],
    clock: Clock,
    poll: timedelta,
    status: CorrelateStatus | None = None,
    until: Callable[[], bool] = lambda: False,
) -> None:
    """Read the feeds *until* told to end; *on_changes* gets what each settling changed, if anything.

    Raises:
        Corrupt: a feed entry fails its check.
    """
    status = status or CorrelateStatus()
    status.entries = status.signals = status.changes = 0
    step = _Step(FeedReader(log), engine, Watermarks(), clock, status)
    await step.read()
    expired = clock.monotonic()
    while not until():
        await step.read()
        await step.settle(on_changes)
        if clock.monotonic() - expired >= EXPIRE_EVERY.total_seconds():
            expired = clock.monotonic()
            engine.expire(clock.now_ms() - KEPT // timedelta(milliseconds=1))
        await clock.sleep(poll)


async def feeds_since(log: Log) -> int | None:
    """Return the event time in ms from which on the feeds hold every signal; None: there is no feed.

    A signal is fed on the day it is received or later; its time is at most five minutes ahead of that.
    """
    oldest = next(iter(await log.streams(PREFIX)), None)
    if oldest is None:
        return None
    day = oldest.name.removeprefix(PREFIX).partition("/")[0]
    return to_ms(datetime.fromisoformat(day).replace(tzinfo=UTC) + CLOCK_AHEAD)


class _Step:
    """One round.

    What collectors say of themselves waits for the next round: by then every other stream has been
    read to the end it had when this was read.
    """

    def __init__(
        self,
        reader: FeedReader,
        engine: Engine,
        watermarks: Watermarks,
        clock: Clock,
        status: CorrelateStatus,
    ) -> None:
        self._reader = reader
        self._engine = engine
        self._watermarks = watermarks
        self._clock = clock
        self._status = status
        self._said: list[FeedEntry] = []

    async def read(self) -> None:
        """Take in all that the feeds hold now."""
        said: list[FeedEntry] = []
        async for entry in self._reader.fresh():
            self._engine.add(entry.signals)
            self._status.entries += 1
            self._status.signals += len(entry.signals)
            if entry.heartbeats or entry.receipts:
                said.append(FeedEntry(entry.version, (), entry.heartbeats, entry.receipts))
        for entry in self._said:
            self._hear(entry)
        self._said = said

    async def settle(self, on_changes: Callable[[list[Change]], Awaitable[None]]) -> None:
        """Evaluate, and hand on what changed."""
        began = self._clock.monotonic()
        self._watermarks.tick(self._clock.now_ms())
        changes = await asyncio.to_thread(self._engine.settle, self._watermarks)
        if changes:
            await on_changes(changes)
        self._status.changes += len(changes)
        self._status.groups = self._engine.groups
        self._status.settled_at_ms = self._clock.now_ms()
        self._status.settling = timedelta(seconds=self._clock.monotonic() - began)

    def _hear(self, entry: FeedEntry) -> None:
        for receipt in entry.receipts:
            self._watermarks.receipt(receipt)
        for beat in entry.heartbeats:
            self._watermarks.heartbeat(beat)
        heard = [receipt.received_at_ms for receipt in entry.receipts]
        heard += [beat.received_at_ms for beat in entry.heartbeats]
        self._status.read_until_ms = max(self._status.read_until_ms, *heard)
