"""Keeping waits for room and loses nothing meanwhile."""

import asyncio
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

from support.spooling import a_journal, a_record, everything

from collectors.keep import Keeper
from collectors.lag import Lag
from collectors.reading import Reading
from soc.kernel.channel import Channel
from soc.kernel.clock import ManualClock
from soc.kernel.logs import open_log
from soc.spool.journal import Journal, Shed


def a_keeper(journal: Journal, said: StringIO) -> tuple[Keeper, ManualClock]:
    clock = ManualClock(datetime(2026, 11, 24, tzinfo=UTC))
    return Keeper(journal, Lag(["file"]), clock, open_log(said)), clock


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
