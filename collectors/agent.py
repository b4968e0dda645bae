"""The agent: sources → channels → journal → centre, put together and run in one TaskGroup.

It stops the way the data flows: sources first, then what was read becomes durable, then what is durable
is shipped for a few seconds more; the rest waits in the spool for the next start.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version

from collectors.beat import Pulse
from collectors.centre import Centre
from collectors.corrected import CorrectedClock
from collectors.credential import Credential
from collectors.keep import Keeper
from collectors.lag import Lag
from collectors.opening import open_source
from collectors.orders import Orders
from collectors.pace import Pace
from collectors.reading import Reading, Source
from collectors.settings import Collector, Settings
from collectors.ship import Shipper
from soc.kernel.channel import Channel
from soc.kernel.clock import Clock, to_ms
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
            waiting, shedding = Channel[Reading](WAITING_READINGS), Channel[Reading](WAITING_READINGS)
            flows: list[tuple[Source, Channel[Reading]]] = []
            for settings in self.settings.sources:
                source = open_source(settings, journal.states(), clock, self.log)
                stack.callback(source.close)
                flows.append((source, shedding if settings.overflow == "shed" else waiting))
            lag = _lag(journal, self.settings)
            keeper = Keeper(journal, lag, clock, self.log)
            orders, pace = Orders(keeper.kept), Pace(_rate(self.settings.collector), clock)
            gateways, tls = self.settings.collector.gateways, self.credential.tls()
            async with Centre(gateways, tls, clock, pace=pace, heed=orders.heed) as centre:
                channels = (waiting, shedding)
                parts = _Parts(journal, flows, channels, centre, clock, lag, keeper, orders, pace, start.boot)
                await self._flow(parts, stop, ready)

    def _journal(self, start: Start) -> Journal:
        limits = self.settings.collector
        folder = self.settings.spool_dir
        room = Room(
            limits.spool_mib << 20,
            limits.disk_floor_mib << 20,
            lambda: _free_bytes(str(folder)),
            keep_for=timedelta(hours=limits.keep_hours),
        )
        return Journal(folder, room, start)

    async def _flow(self, parts: "_Parts", stop: asyncio.Event, ready: Callable[[], None]) -> None:
        journal, keeper = parts.journal, parts.keeper
        async with asyncio.TaskGroup() as tasks:
            reading = [tasks.create_task(source.run(out), name="source") for source, out in parts.flows]
            keeping = tasks.create_task(keeper.run(*parts.channels), name="keep")
            others = [
                tasks.create_task(keeper.tend(self.clock), name="tend"),
                tasks.create_task(self._shipper(parts).run(), name="ship"),
                tasks.create_task(self._pulse(parts).run(), name="beat"),
            ]
            self.log.info(Said.STARTED, next_seq=journal.next_seq, acked_seq=journal.acked_seq)
            ready()
            await stop.wait()
            self.log.info(Said.STOPPING)
            await _end(reading)
            for channel in parts.channels:
                await channel.close()
            await asyncio.wait([keeping], timeout=KEEP_GRACE_S)
            await _emptied(journal, parts.clock)
            await _end([keeping, *others])
        self.log.info(Said.STOPPED, next_seq=journal.next_seq, acked_seq=journal.acked_seq)

    def _shipper(self, parts: "_Parts") -> Shipper:
        return Shipper(
            journal=parts.journal,
            centre=parts.centre,
            origin=self.credential.origin,
            lag=parts.lag,
            kept=parts.keeper.kept,
            clock=parts.clock,
            log=self.log,
            orders=parts.orders,
            pace=parts.pace,
            in_flight=self.settings.collector.in_flight,
        )

    def _pulse(self, parts: "_Parts") -> Pulse:
        return Pulse(
            journal=parts.journal,
            centre=parts.centre,
            origin=self.credential.origin,
            boot=parts.boot,
            lag=parts.lag,
            clock=parts.clock,
            log=self.log,
            every=timedelta(seconds=self.settings.collector.heartbeat_seconds),
            software=f"soc-collector {version('soc')}",
            certificate_until_ms=to_ms(self.credential.expires_at),
        )


@dataclass(frozen=True, slots=True)
class _Parts:
    journal: Journal
    flows: list[tuple[Source, Channel[Reading]]]
    channels: tuple[Channel[Reading], Channel[Reading]]
    centre: Centre
    clock: CorrectedClock
    lag: Lag
    keeper: Keeper
    orders: Orders
    pace: Pace
    boot: str


def _rate(limits: Collector) -> Callable[[datetime], int]:
    """Return how many kbit/s batches may take at a moment; 0: no limit."""
    office = limits.office
    in_office = limits.office_kbit_s or limits.bandwidth_kbit_s
    return lambda moment: in_office if office.open_at(moment) else limits.bandwidth_kbit_s


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
