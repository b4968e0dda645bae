"""Keeping waits for room and loses nothing meanwhile."""

import asyncio
import errno
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

from support.spooling import ALL, a_journal, a_record, everything, until_full

from collectors.keep import Keeper
from collectors.lag import Lag
from collectors.reading import Reading
from soc.kernel.channel import Channel
from soc.kernel.clock import ManualClock
from soc.kernel.logs import open_log
from soc.spool.journal import Journal, Shed
from soc.spool.segment import SegmentWriter


def a_keeper(journal: Journal, said: StringIO) -> tuple[Keeper, ManualClock]:
    clock = ManualClock(datetime(2026, 11, 24, tzinfo=UTC))
    return Keeper(journal, Lag(["file"]), clock, open_log(said), jitter=lambda: 0.0), clock


@asynccontextmanager
async def keeping(keeper: Keeper, *channels: Channel[Reading]) -> AsyncIterator[None]:
    """Keep while the context lasts, and until the channels are empty."""
    async with asyncio.timeout(8), asyncio.TaskGroup() as tasks:
        tasks.create_task(keeper.run(*channels))
        yield
        for channel in channels:
            await channel.close()


async def until(clock: ManualClock, true: Callable[[], bool], step: timedelta = timedelta(seconds=1)) -> None:
    """Move *clock* until something is *true*."""
    while not true():
        await clock.advance(step)
        await asyncio.sleep(0.001)


def full(folder: Path) -> Journal:
    """Return a journal at its limit, with a reserve."""
    journal = a_journal(folder, limit_bytes=64 << 10, reserve_bytes=16 << 10, segment_bytes=4 << 10)
    until_full(lambda: journal.append([a_record(f"{journal.next_seq} " + "x" * 90)], {}))
    return journal


def segments(folder: Path) -> int:
    return len(list(folder.glob("0*.seg")))


def udp(*texts: str, state: bytes = b"") -> Reading:
    return Reading(tuple(a_record(text, source="udp") for text in texts), {"udp": state} if state else {})


def gaps(journal: Journal, from_seq: int) -> list[tuple[str, int, str]]:
    found = []
    while chunk := journal.peek(from_seq, ALL):
        found += [(gap.source, gap.last_seq - gap.first_seq + 1, gap.why) for gap in chunk.gaps]
        from_seq = chunk.end_seq
    return found


async def test_what_waits_becomes_durable_together_and_in_order(tmp_path: Path) -> None:
    journal = a_journal(tmp_path)
    keeper, _ = a_keeper(journal, StringIO())
    readings = Channel[Reading](10)
    for n in range(5):
        await readings.send(Reading((a_record(f"{n}"),), {"file": b"%d" % n}, (Shed("udp", 1, "why", 0),)))
    await readings.close()
    await keeper.run(readings)
    assert [text for _, text in everything(journal)] == ["0", "1", "2", "3", "4"]
    assert (journal.states(), journal.next_seq) == ({"file": b"4"}, 11)
    assert keeper.kept.is_set()


async def test_a_full_spool_stops_the_flow_until_there_is_room(tmp_path: Path) -> None:
    said = StringIO()
    journal = a_journal(tmp_path, segment_bytes=1, limit_bytes=3000)
    while journal.used_bytes < 2800:
        journal.append([a_record("old")], {})
    before = journal.next_seq
    keeper, clock = a_keeper(journal, said)
    readings = Channel[Reading](2)
    await readings.send(Reading(tuple(a_record(f"new {n}") for n in range(100))))
    await readings.close()
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(keeper.run(readings))
        while "spool_full" not in said.getvalue():  # noqa: ASYNC110 - a thread says it
            await asyncio.sleep(0.001)
        assert journal.next_seq == before
        journal.acknowledge(before)
        while not running.done():
            await clock.advance(timedelta(seconds=1))
            await asyncio.sleep(0.001)
    assert journal.next_seq == before + 100
    assert said.getvalue().count("spool_full") == 1


async def test_a_source_that_cannot_wait_goes_on_while_another_waits_for_room(tmp_path: Path) -> None:
    journal = full(tmp_path)
    keeper, clock = a_keeper(journal, StringIO())
    waiting, shedding = Channel[Reading](2), Channel[Reading](2)
    before = journal.next_seq
    async with keeping(keeper, waiting, shedding):
        await waiting.send(Reading(tuple(a_record(f"file {n}") for n in range(300)), {"file": b"9"}))
        for n in range(50):
            await shedding.send(udp(f"{n}" + "y" * 300, state=b"%d" % n))
        await until(clock, lambda: journal.next_seq > before)
        shed = journal.shed_records
        journal.acknowledge(before)
        await until(clock, lambda: journal.states().get("file") == b"9")
        await until(clock, lambda: journal.shed_records > 49, timedelta(seconds=10))
    assert 0 < shed <= 50
    assert {gap[0::2] for gap in gaps(journal, before)} == {("udp", "the spool is full")}
    assert sum(count for _, count, _ in gaps(journal, before)) == journal.shed_records == 50
    assert journal.states() == {"file": b"9", "udp": b"49"}
    assert [text for _, text in everything(journal)] == [f"file {n}" for n in range(300)]


async def test_what_was_let_go_is_noted_once_in_ten_seconds_however_much_it_is(tmp_path: Path) -> None:
    journal = full(tmp_path)
    keeper, clock = a_keeper(journal, StringIO())
    waiting, shedding = Channel[Reading](1), Channel[Reading](1)
    before = journal.next_seq
    async with keeping(keeper, waiting, shedding):
        for second in range(30):
            for n in range(5):
                await shedding.send(udp(f"{second} {n} " + "z" * 300))
            await until(clock, lambda: not len(shedding))
            await clock.advance(timedelta(seconds=1))
    found = gaps(journal, before)
    assert sum(count for _, count, _ in found) == 150
    assert len(found) <= 10


async def test_a_failing_disk_stops_neither_the_stage_nor_those_who_cannot_wait(tmp_path: Path) -> None:
    failing = tmp_path / "failing"

    class Failing(SegmentWriter):
        def __init__(self, path: Path) -> None:
            if failing.exists():
                raise OSError(errno.EROFS, "Read-only file system")
            super().__init__(path)

    said = StringIO()
    journal = a_journal(tmp_path, open_segment=Failing, segment_bytes=1)
    journal.append([a_record("before")], {})
    failing.touch()
    keeper, clock = a_keeper(journal, said)
    waiting, shedding = Channel[Reading](1), Channel[Reading](1)
    async with keeping(keeper, waiting, shedding):
        await waiting.send(Reading((a_record("waits"),)))
        await shedding.send(udp("lost"))
        await until(clock, lambda: said.getvalue().count("spool_failed") >= 2)
        await clock.advance(timedelta(minutes=5))
        journal.acknowledge(2)
        assert journal.acked_seq == 2
        failing.unlink()
        await until(clock, lambda: journal.next_seq == 4)
    assert [text for _, text in everything(journal)] == ["waits"]
    assert gaps(journal, 2) == [("udp", 1, "the spool's disk fails")]
    assert said.getvalue().count("Read-only") == 2


async def test_who_waits_for_its_words_to_be_durable_is_told_and_of_what_is_let_go_never(
    tmp_path: Path,
) -> None:
    journal = full(tmp_path)
    before = journal.next_seq
    said = StringIO()
    keeper, clock = a_keeper(journal, said)
    waiting, shedding = Channel[Reading](1), Channel[Reading](1)
    kept, lost = asyncio.Event(), asyncio.Event()
    async with keeping(keeper, waiting, shedding):
        await waiting.send(Reading((a_record("waits" * 100),), durable=kept))
        await shedding.send(Reading((a_record("lost" * 100, source="udp"),), durable=lost))
        await until(clock, lambda: "records_shed" in said.getvalue())
        assert not kept.is_set()
        journal.acknowledge(before)
        await until(clock, kept.is_set)
    assert not lost.is_set()
    assert [text for _, text in everything(journal)] == ["waits" * 100]


async def test_counts_that_are_still_held_at_the_end_are_noted_then(tmp_path: Path) -> None:
    journal = full(tmp_path)
    before = journal.next_seq
    keeper, _ = a_keeper(journal, StringIO())
    waiting, shedding = Channel[Reading](1), Channel[Reading](1)
    async with keeping(keeper, waiting, shedding):
        await shedding.send(udp("lost" * 100))
    assert gaps(journal, before) == [("udp", 1, "the spool is full")]


async def test_old_deliveries_are_deleted_and_trouble_is_said_once(tmp_path: Path) -> None:
    said = StringIO()
    journal = a_journal(tmp_path, segment_bytes=1)
    for n in range(4):
        journal.append([a_record(f"{n}")], {})
    (tmp_path / "acknowledged.tmp").mkdir()
    journal.acknowledge(3)
    keeper, clock = a_keeper(journal, said)
    later = ManualClock(datetime(2100, 1, 1, tzinfo=UTC))
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        tending = tasks.create_task(keeper.tend(later))
        await until(clock, lambda: "directory" in said.getvalue())
        assert segments(tmp_path) == 4  # the marker comes first
        (tmp_path / "acknowledged.tmp").rmdir()
        await until(clock, lambda: segments(tmp_path) == 2, timedelta(minutes=1))
        tending.cancel()
    assert said.getvalue().count("directory") == 1


async def test_what_was_delivered_before_it_was_counted_lags_nowhere(tmp_path: Path) -> None:
    journal = a_journal(tmp_path)
    keeper, _ = a_keeper(journal, StringIO())
    journal.append([a_record("one")], {})
    journal.acknowledge(2)
    keeper.lag.inherit(5, 1)
    waiting = Channel[Reading](1)
    async with keeping(keeper, waiting):
        await waiting.send(Reading((a_record("two", read_at_ms=60_000),)))
    assert keeper.lag.states(99_000)[0].oldest_unacked_ms == 60_000
