"""The service manager hears of a collector that gets on, and of no other."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.spooling import a_journal, a_record

from collectors.alive import EVERY, STUCK_AFTER, Watchdog
from soc.kernel.clock import ManualClock
from soc.spool.journal import Journal
from soc.spool.segment import SegmentWriter

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


class Ticking:
    """Runs a watchdog and moves its clock one round at a time."""

    def __init__(self, journal: Journal) -> None:
        self.clock, self.heard, self.asked = ManualClock(NOW), asyncio.Queue[str](), asyncio.Event()
        self.watchdog = Watchdog(journal, self.moved_at_s, self.clock, self.heard.put_nowait)

    def moved_at_s(self) -> float:
        self.asked.set()
        return 0.0

    async def word(self, *, within_s: float = 5) -> str:
        return await asyncio.wait_for(self.heard.get(), within_s)


async def test_a_collector_that_gets_on_says_so_again_and_again(tmp_path: Path) -> None:
    journal = a_journal(tmp_path / "spool")
    ticking = Ticking(journal)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(ticking.watchdog.run())
        for _ in range(3):
            assert await ticking.word() == "WATCHDOG=1"
            await ticking.clock.advance(EVERY)
        running.cancel()
    journal.close()


async def test_an_append_that_never_ends_is_silence(tmp_path: Path) -> None:
    going, stuck = threading.Event(), threading.Event()

    class Hanging(SegmentWriter):
        def sync(self) -> None:
            stuck.set()
            going.wait(5)
            super().sync()

    journal = a_journal(tmp_path / "spool", open_segment=Hanging)
    ticking = Ticking(journal)
    async with asyncio.TaskGroup() as tasks:
        appending = tasks.create_task(asyncio.to_thread(journal.append, [a_record("a")], {}))
        await asyncio.to_thread(stuck.wait, 5)
        running = tasks.create_task(ticking.watchdog.run())
        for _ in range(10):
            await ticking.clock.advance(EVERY)
        assert ticking.heard.empty()
        going.set()
        await appending
        assert await ticking.word() == "WATCHDOG=1"
        running.cancel()
    journal.close()


async def test_shipping_that_stands_still_with_something_to_ship_is_silence(tmp_path: Path) -> None:
    journal = a_journal(tmp_path / "spool")
    journal.append([a_record("a")], {})
    ticking = Ticking(journal)
    await ticking.clock.advance(STUCK_AFTER + timedelta(seconds=1))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(ticking.watchdog.run())
        await asyncio.wait_for(ticking.asked.wait(), 5)
        await asyncio.sleep(0)
        assert ticking.heard.empty()
        journal.acknowledge(2)  # nothing is left to ship
        while ticking.heard.empty():
            await ticking.clock.advance(EVERY)
        running.cancel()
    journal.close()
