"""Old days and old feeds go, each after its time, and nothing else does."""

import asyncio
from datetime import UTC, datetime, timedelta

from soc.kernel.clock import ManualClock
from soc.model.identity import RetentionClass
from soc.pipeline.retain import run_retain
from soc.stores.memory_events import MemoryEventStore
from soc.stores.memory_log import MemoryLog

NOW = datetime(2026, 11, 24, tzinfo=UTC)


async def test_feeds_are_accounted_for_kept_for_eight_days_and_the_ledger_for_ever() -> None:
    stood: list[int] = []

    async def account() -> None:
        stood.append(len(await log.streams("feed/")))

    log, clock = MemoryLog(), ManualClock(NOW)
    for name in ("feed/2026-11-15/g-b", "feed/2026-11-16/g-b", "feed/2026-11-24/g-b", "ledger"):
        await log.append(name, 0, b"x")
    keep = {RetentionClass.STANDARD: 92}
    async with asyncio.TaskGroup() as group:
        task = group.create_task(
            run_retain(events=MemoryEventStore(), feeds=log, keep_days=keep, account=account, clock=clock)
        )
        await clock.advance(timedelta(minutes=1))
        task.cancel()
    assert stood == [3]
    assert [end.name for end in await log.streams("")] == [
        "feed/2026-11-16/g-b",
        "feed/2026-11-24/g-b",
        "ledger",
    ]
