"""What is stored becomes searchable each second; the ledger's fold is saved as it grows."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from soc.kernel.clock import ManualClock
from soc.model.event import Event
from soc.pipeline.keep import run_keep
from soc.pipeline.recorder import Recorder
from soc.ports.events import Written
from soc.stores.memory_log import MemoryLog
from soc.stores.snapshots import MemorySnapshots


class _Counting:
    refreshed = 0

    async def write(self, events: Sequence[Event]) -> Written:
        return Written(len(events), 0, 0)

    async def refresh(self) -> None:
        self.refreshed += 1


async def test_the_store_is_refreshed_each_second() -> None:
    clock, events = ManualClock(datetime(2026, 11, 24, tzinfo=UTC)), _Counting()
    recorder = Recorder(MemoryLog(), [], clock, snapshots=MemorySnapshots())
    await recorder.start()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(run_keep(events=events, recorder=recorder, clock=clock))
        await clock.advance(timedelta(seconds=5))
        task.cancel()
    assert events.refreshed == 6
