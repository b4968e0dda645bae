"""A generation: sources → channels → journal → centre under one set of settings, in one TaskGroup.

It stops the way the data flows: sources first, then what was read becomes durable, then what is durable
is shipped for a few seconds more; the rest waits in the spool for the next one.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version

from collectors.alive import Watchdog
from collectors.beat import Pulse
from collectors.centre import Centre
from collectors.configuration import TRIAL, Configuration
from collectors.corrected import CorrectedClock
from collectors.credential import Credential
from collectors.flows import Flows
from collectors.keep import Keeper
from collectors.lag import Lag
from collectors.metrics import Figures, shown
from collectors.orders import Orders
from collectors.pace import Pace
from collectors.renew import Renewal
from collectors.settings import Collector, Settings
from collectors.ship import Shipper
from soc.kernel.clock import Clock, to_ms
from soc.kernel.ids import random_id
from soc.kernel.logs import Log, Said
from soc.kernel.notify import notify
from soc.spool.chunk import Limits
from soc.spool.journal import Journal, Room, Start

KEEP_GRACE_S = 10
SHIP_GRACE_S = 3
SETTLED = timedelta(minutes=15)
"""Before that no certificate is renewed: whatever a centre issues, generations do not chase each other."""


@dataclass(frozen=True, slots=True)
class Generation:
    """What one set of settings runs on."""

    settings: Settings
    configuration: Configuration
    credential: Credential
    clock: CorrectedClock
    machine: Clock
    """The machine's own time, which its files carry."""
    log: Log

    async def run(self, stop: asyncio.Event, ready: Callable[[], None]) -> None:
        """Collect until *stop* is set, or until other settings or a new certificate are to be begun with.

        Raises:
            SpoolError: the spool is in use, or its disk fails.
            ConfigError: an address cannot be listened on.
            AuthError: the credential cannot be used.
        """
        clock, limits = self.clock, self.settings.collector
        start = Start(random_id(), clock.now_ms())
        with ExitStack() as stack:
            journal = _journal(self.settings, start)
            stack.callback(journal.close)
            flows = Flows.opened(self.settings, journal, clock, self.log)
            stack.callback(flows.close)
            lag = _lag(journal, self.settings)
            keeper = Keeper(journal, lag, clock, self.log)
            orders, pace = Orders(keeper.kept), Pace(_rate(limits), clock)
            figures = Figures(journal, lag, clock)
            async with (
                shown(limits.metrics_address, figures.text),
                Centre(limits.gateways, self.credential.tls(), clock, pace=pace, heed=orders.heed) as centre,
            ):
                parts = _Parts(journal, flows, centre, lag, keeper, orders, pace, start.boot)
                await self._flow(parts, stop, ready)

    async def _flow(self, parts: "_Parts", stop: asyncio.Event, ready: Callable[[], None]) -> None:
        journal, keeper, over = parts.journal, parts.keeper, asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            reading = [
                tasks.create_task(source.run(out), name="source") for source, out in parts.flows.sources
            ]
            keeping = tasks.create_task(keeper.run(*parts.flows.channels), name="keep")
            shipper = self._shipper(parts)
            others = [
                tasks.create_task(keeper.tend(self.machine), name="tend"),
                tasks.create_task(shipper.run(), name="ship"),
                tasks.create_task(self._pulse(parts).run(), name="beat"),
                tasks.create_task(self._watchdog(parts, shipper).run(), name="watchdog"),
                tasks.create_task(_relayed(stop, over), name="stop"),
                tasks.create_task(self._renew(over), name="renew"),
                tasks.create_task(self._revise(parts.orders, over), name="revise"),
                tasks.create_task(self._confirm(parts.orders), name="confirm"),
                tasks.create_task(self._expire(over), name="expire"),
            ]
            self.log.info(Said.STARTED, next_seq=journal.next_seq, acked_seq=journal.acked_seq)
            ready()
            await over.wait()
            self.log.info(Said.STOPPING)
            await _end(reading)
            await parts.flows.end()
            await asyncio.wait([keeping], timeout=KEEP_GRACE_S)
            await _emptied(journal, self.clock)
            await _end([keeping, *others])
        self.log.info(Said.STOPPED, next_seq=journal.next_seq, acked_seq=journal.acked_seq)

    async def _renew(self, over: asyncio.Event) -> None:
        """End this generation once there is a new certificate to go on with."""
        gateways = self.settings.collector.gateways
        await self.clock.sleep(SETTLED)
        await Renewal(gateways, self.credential, self.clock, self.log).run()
        over.set()

    async def _revise(self, orders: Orders, over: asyncio.Event) -> None:
        """Decide on every revision that is offered; one that is taken ends this generation."""
        while True:
            await orders.revision.wait()
            revision = orders.offered()
            if revision is not None and await asyncio.to_thread(self.configuration.offered, revision):
                over.set()
            self._tell()

    async def _confirm(self, orders: Orders) -> None:
        """Keep the settings once something was delivered under them."""
        await orders.answered.wait()
        self.configuration.confirm()

    async def _expire(self, over: asyncio.Event) -> None:
        """Give settings on trial up when nothing was delivered for too long."""
        await self.clock.sleep(TRIAL)
        if self.configuration.is_on_trial:
            self.configuration.roll_back("nothing was delivered within ten minutes")
            self._tell()
            over.set()

    def _tell(self) -> None:
        state = self.configuration.state()
        self.log.info(Said.CONFIGURATION, number=state.number, fate=state.fate.value, why=state.why)

    def _shipper(self, parts: "_Parts") -> Shipper:
        return Shipper(
            journal=parts.journal,
            centre=parts.centre,
            origin=self.credential.origin,
            lag=parts.lag,
            kept=parts.keeper.kept,
            clock=self.clock,
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
            clock=self.clock,
            log=self.log,
            every=timedelta(seconds=self.settings.collector.heartbeat_seconds),
            software=f"soc-collector {version('soc')}",
            configuration=self.configuration.state,
            certificate_until_ms=to_ms(self.credential.expires_at),
        )

    def _watchdog(self, parts: "_Parts", shipper: Shipper) -> Watchdog:
        return Watchdog(parts.journal, lambda: shipper.moved_at_s, self.clock, notify)


@dataclass(frozen=True, slots=True)
class _Parts:
    journal: Journal
    flows: Flows
    centre: Centre
    lag: Lag
    keeper: Keeper
    orders: Orders
    pace: Pace
    boot: str


def _journal(settings: Settings, start: Start) -> Journal:
    limits, folder = settings.collector, settings.spool_dir
    room = Room(
        limits.spool_mib << 20,
        limits.disk_floor_mib << 20,
        lambda: _free_bytes(str(folder)),
        keep_for=timedelta(hours=limits.keep_hours),
    )
    return Journal(folder, room, start)


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


async def _relayed(signal: asyncio.Event, to: asyncio.Event) -> None:
    await signal.wait()
    to.set()


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
