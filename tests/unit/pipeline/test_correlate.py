"""Stage correlate: every feed is read, nothing is judged too early, a restart says nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from support.correlating import MINUTE, T0, a_plan, a_signal, follow

from soc.correlation.changes import Change, Raised
from soc.correlation.engine import Engine
from soc.kernel.clock import ManualClock
from soc.model.episode import Episode
from soc.model.heartbeat import Heartbeat, SourceState
from soc.model.identity import Origin
from soc.model.signal import Signal
from soc.pipeline.correlate import CorrelateStatus, feeds_since, run_correlate
from soc.ports.log import Log, LogRecord
from soc.rulebook.plan import CorrelationPlan
from soc.stores.memory_log import MemoryLog
from soc.wire.feed import FeedEntry, Receipt, encode

POLL = timedelta(seconds=1)
ORIGIN = Origin("so-yte", "c1")
ANY = a_plan("any", "event_count", ["a"], gte=1)
FEW = a_plan("few", "event_count", ["a"], lt=3)


class Stepping(ManualClock):
    """A clock that tells when the stage sleeps, so that a test lets it run one round at a time."""

    def __init__(self, second: float = 0) -> None:
        super().__init__(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second))
        self.asleep = asyncio.Event()

    async def sleep(self, duration: timedelta) -> None:
        self.asleep.set()
        try:
            await super().sleep(duration)
        finally:
            self.asleep.clear()

    async def later(self, after: timedelta) -> None:
        """Let *after* pass, and the stage see that it did."""
        await self.round(after)
        await self.round()

    async def round(self, after: timedelta = POLL) -> None:
        """Let the stage, which sleeps, run when *after* has begun to pass, and sleep again."""
        await self.advance(after)
        async with asyncio.timeout(5):
            await self.asleep.wait()


class Running:
    """What the stage said so far."""

    def __init__(self) -> None:
        self.said: list[Change] = []
        self.status = CorrelateStatus()

    async def hear(self, changes: list[Change]) -> None:
        assert changes
        self.said += changes

    @property
    def standing(self) -> list[Episode]:
        return list(follow({}, self.said).values())


@asynccontextmanager
async def running(
    log: Log, plans: Iterable[CorrelationPlan], clock: Stepping, standing: Iterable[Episode] = ()
) -> AsyncIterator[Running]:
    """Run the stage until the body ends; its first round is over when the body begins."""
    engine = Engine(list(plans), zone="UTC")
    engine.adopt(standing)
    heard = Running()
    async with asyncio.TaskGroup() as group:
        stage = group.create_task(
            run_correlate(
                log=log, engine=engine, on_changes=heard.hear, clock=clock, poll=POLL, status=heard.status
            )
        )
        async with asyncio.timeout(5):
            await clock.asleep.wait()
        yield heard
        stage.cancel()


async def put(log: Log, stream: str, n: int, *signals: Signal, beat: Heartbeat | None = None) -> None:
    beats = () if beat is None else (beat,)
    await log.append(f"feed/2026-01-01/{stream}", n, encode(FeedEntry(1, signals, beats)))


def a_beat(second: float, *, read_until: float) -> Heartbeat:
    """Return a heartbeat received at *second* that says all read before *read_until* was delivered."""
    return Heartbeat(
        origin=ORIGIN,
        boot="b",
        sent_at_ms=T0 + int(second * 1000),
        received_at_ms=T0 + int(second * 1000),
        next_seq=1,
        acked_seq=1,
        sources=(SourceState("auth", T0 + int(read_until * 1000)),),
        spool_bytes=0,
        software="0.1",
    )


def a_receipt(second: float) -> Receipt:
    return Receipt(ORIGIN, "b", 1, 1, 1, 0, 0, 0, (), T0 + int(second * 1000), 0)


async def test_signals_of_every_feed_meet_in_one_episode() -> None:
    log, clock = MemoryLog(), Stepping()
    await put(log, "g1", 0, a_signal("a", "1", 0))
    await put(log, "g2", 0, a_signal("a", "2", 5), a_signal("a", "1", 0))
    async with running(log, [ANY], clock) as heard:
        assert [episode.count for episode in heard.standing] == [2]
        await put(log, "g2", 1, a_signal("a", "3", 9))
        await clock.round()
        assert [episode.count for episode in heard.standing] == [3]
        await clock.round()
        assert len(heard.said) == 2
        assert (heard.status.entries, heard.status.signals, heard.status.changes) == (3, 4, 2)
        assert heard.status.groups == 1
        assert heard.status.settled_at_ms == clock.now_ms()


class Racing(MemoryLog):
    """While one gateway's feed is being read, another gateway appends what it stored before."""

    async def read(self, stream: str, start: int) -> AsyncIterator[LogRecord]:
        if stream.endswith("g1") and start == 0:
            await put(self, "g2", 1, a_signal("a", "3", 2))
        async for record in super().read(stream, start):
            yield record


async def test_a_heartbeat_waits_until_every_other_feed_is_read_to_its_end() -> None:
    """The heartbeat vouches for a third signal that another feed holds: two would be a false alarm."""
    log = Racing()
    await put(log, "g2", 0, a_signal("a", "1", 0), a_signal("a", "2", 1))
    await put(log, "g1", 0, beat=a_beat(600, read_until=600))
    clock = Stepping(600)
    async with running(log, [FEW], clock) as heard:
        await clock.round()
        await clock.round()
        assert heard.said == []


async def test_a_bounded_condition_waits_for_the_slowest_source_until_it_is_silent() -> None:
    log, clock = MemoryLog(), Stepping(600)
    await put(log, "g1", 0, a_signal("a", "1", 0), beat=a_beat(600, read_until=5))
    async with running(log, [FEW], clock) as heard:
        await clock.later(timedelta(minutes=14))
        assert heard.said == []
        assert heard.status.read_until_ms == T0 + 600_000
        await clock.later(timedelta(minutes=2))
        assert [type(change) for change in heard.said] == [Raised]


async def test_a_source_without_heartbeats_is_known_by_its_receipts() -> None:
    log, clock = MemoryLog(), Stepping(300)
    entry = FeedEntry(1, (a_signal("a", "1", 0),), (), (a_receipt(300),))
    await log.append("feed/2026-01-01/g1", 0, encode(entry))
    async with running(log, [FEW], clock) as heard:
        await clock.later(timedelta(minutes=1))
        assert heard.said == []
        await log.append("feed/2026-01-01/g1", 1, encode(FeedEntry(1, (), (), (a_receipt(310),))))
        await clock.round()
        assert heard.said == []
        await clock.round()
        assert [type(change) for change in heard.said] == [Raised]


async def test_a_restart_reads_the_feeds_again_and_says_nothing_new() -> None:
    log, clock = MemoryLog(), Stepping(3600)
    await put(log, "g1", 0, a_signal("a", "1", 0))
    await put(log, "g2", 0, a_signal("a", "2", 30), a_signal("a", "3", 31))
    async with running(log, [ANY, FEW], clock) as before:
        assert len(before.standing) == 4
    async with running(log, [ANY, FEW], Stepping(3600), before.standing) as after:
        assert after.said == []
        assert after.status.signals == 3


async def test_signals_are_forgotten_a_day_after_their_feeds() -> None:
    log, clock = MemoryLog(), Stepping()
    await put(log, "g1", 0, a_signal("a", "1", 0))
    async with running(log, [ANY], clock) as heard:
        await clock.later(timedelta(days=7, hours=23))
        assert heard.status.groups == 1
        await clock.later(timedelta(hours=2))
        await clock.round()
        assert heard.status.groups == 0
        assert len(heard.standing) == 1


async def test_what_the_oldest_feed_may_not_hold_in_full_is_known() -> None:
    log = MemoryLog()
    assert await feeds_since(log) is None
    await put(log, "g1", 0)
    assert await feeds_since(log) == T0 + 5 * MINUTE
