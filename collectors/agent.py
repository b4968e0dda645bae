"""The agent: sources → channel → journal → centre, put together and run in one TaskGroup.

It stops the way the data flows: sources first, then what was read becomes durable, then what is durable
is shipped for a few seconds more; the rest waits in the spool for the next start.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version

from collectors.beat import Pulse
from collectors.centre import Centre
from collectors.corrected import CorrectedClock
from collectors.credential import Credential
from collectors.keep import Keeper
from collectors.lag import Lag
from collectors.opening import open_source
from collectors.reading import Reading, Source
from collectors.settings import Settings
from collectors.ship import Shipper
from soc.kernel.channel import Channel
from soc.kernel.clock import Clock
from soc.kernel.ids import random_id
from soc.kernel.logs import Log, Said
from soc.spool.chunk import Limits
from soc.spool.journal import Journal, Room, Start

WAITING_READINGS = 64
KEEP_GRACE_S = 10
SHIP_GRACE_S = 3


@dataclass(slots=True)
class Agent:
    """One run of a collector."""

    settings: Settings
    credential: Credential
    clock: Clock
    log: Log

    async def run(self, stop: asyncio.Event, ready: Callable[[], None]) -> None:
        """Collect until *stop* is set; *ready* is called once everything listens.

        Raises:
            SpoolError: the spool is in use, or its disk fails.
            ConfigError: an address cannot be listened on.
            AuthError: the credential cannot be used.
        """
        clock = CorrectedClock(self.clock)
        start = Start(random_id(), clock.now_ms())
        with ExitStack() as stack:
            journal = self._journal(start)
            stack.callback(journal.close)
            sources = [
                open_source(source, journal.states(), clock, self.log) for source in self.settings.sources
            ]
            for source in sources:
                stack.callback(source.close)
            async with Centre(self.settings.collector.gateways, self.credential.tls(), clock) as centre:
                await self._flow(_Parts(journal, sources, centre, clock, start.boot), stop, ready)

    def _journal(self, start: Start) -> Journal:
        limits = self.settings.collector
        folder = self.settings.spool_dir
        room = Room(limits.spool_mib << 20, limits.disk_floor_mib << 20, lambda: _free_bytes(str(folder)))
        return Journal(folder, room, start)

    async def _flow(self, parts: "_Parts", stop: asyncio.Event, ready: Callable[[], None]) -> None:
        readings = Channel[Reading](WAITING_READINGS)
        lag = _lag(parts.journal, self.settings)
        keeper = Keeper(parts.journal, lag, parts.clock, self.log)
        async with asyncio.TaskGroup() as tasks:
            reading = [tasks.create_task(source.run(readings), name="source") for source in parts.sources]
            keeping = tasks.create_task(keeper.run(readings), name="keep")
            outgoing = [
                tasks.create_task(self._shipper(parts, lag, keeper.kept).run(), name="ship"),
                tasks.create_task(self._pulse(parts, lag).run(), name="beat"),
            ]
            self.log.info(Said.STARTED, next_seq=parts.journal.next_seq, acked_seq=parts.journal.acked_seq)
            ready()
            await stop.wait()
            self.log.info(Said.STOPPING)
            await _end(reading)
            await readings.close()
            await asyncio.wait([keeping], timeout=KEEP_GRACE_S)
            await _emptied(parts.journal, parts.clock)
            await _end([keeping, *outgoing])
        self.log.info(Said.STOPPED, next_seq=parts.journal.next_seq, acked_seq=parts.journal.acked_seq)

    def _shipper(self, parts: "_Parts", lag: Lag, kept: asyncio.Event) -> Shipper:
        return Shipper(
            journal=parts.journal,
            centre=parts.centre,
            origin=self.credential.origin,
            lag=lag,
            kept=kept,
            clock=parts.clock,
            log=self.log,
        )

    def _pulse(self, parts: "_Parts", lag: Lag) -> Pulse:
        return Pulse(
            journal=parts.journal,
            centre=parts.centre,
            origin=self.credential.origin,
            boot=parts.boot,
            lag=lag,
            clock=parts.clock,
            log=self.log,
            every=timedelta(seconds=self.settings.collector.heartbeat_seconds),
            software=f"soc-collector {version('soc')}",
        )


@dataclass(frozen=True, slots=True)
class _Parts:
    journal: Journal
    sources: list[Source]
    centre: Centre
    clock: CorrectedClock
    boot: str


def _lag(journal: Journal, settings: Settings) -> Lag:
    lag = Lag(source.id for source in settings.sources)
    oldest = journal.peek(journal.acked_seq, Limits(records=1))
    if oldest.records:
        lag.inherit(oldest.records[0].read_at_ms, journal.next_seq - 1)
    return lag


async def _emptied(journal: Journal, clock: CorrectedClock) -> None:
    """Wait a little for what is durable to be delivered."""
    deadline = clock.monotonic() + SHIP_GRACE_S
    while journal.acked_seq < journal.next_seq and clock.monotonic() < deadline:
        await clock.sleep(timedelta(milliseconds=50))


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task


def _free_bytes(folder: str) -> int:
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize
