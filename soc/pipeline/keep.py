"""Stage keep: stored events become searchable within seconds, the ledger's fold is saved now and then."""

from datetime import timedelta

from soc.kernel.clock import Clock
from soc.pipeline.recorder import Recorder
from soc.ports.events import EventWriter

REFRESH_EVERY = timedelta(seconds=1)
SNAPSHOT_AFTER = 10_000
"""Entries of the ledger between two snapshots."""


async def run_keep(*, events: EventWriter, recorder: Recorder, clock: Clock) -> None:
    """Refresh the store each second and snapshot the ledger as it grows, for ever."""
    saved = recorder.chain.next_n
    while True:
        await events.refresh()
        if recorder.chain.next_n - saved >= SNAPSHOT_AFTER:
            saved = recorder.chain.next_n
            await recorder.snapshot()
        await clock.sleep(REFRESH_EVERY)
