"""Word to the service manager that the collector gets on: only when spool and shipping were seen to."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from soc.kernel.clock import Clock
from soc.spool.journal import Journal

EVERY = timedelta(seconds=30)
STUCK_AFTER = timedelta(hours=1)
"""More than the longest rest between two tries, all gateways' time-outs and a batch on the narrowest line."""


@dataclass(frozen=True, slots=True)
class Watchdog:
    """Goes the way of the data, so that whatever stands still there keeps it from speaking."""

    journal: Journal
    shipped_at_s: Callable[[], float]
    """When the shipper last heard an answer or looked for records, by the monotonic clock."""
    clock: Clock
    say: Callable[[str], None]

    async def run(self) -> None:
        """Say ``WATCHDOG=1`` as long as the collector gets on, until cancelled."""
        while True:
            # Nothing is acknowledged by it; but it takes a thread and the journal's turn, as all else does.
            await asyncio.to_thread(self.journal.acknowledge, 0)
            idle_s = self.clock.monotonic() - self.shipped_at_s()
            is_waiting = self.journal.acked_seq < self.journal.next_seq
            if not is_waiting or idle_s < STUCK_AFTER.total_seconds():
                self.say("WATCHDOG=1")
            await self.clock.sleep(EVERY)
