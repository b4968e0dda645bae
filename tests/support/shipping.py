"""A shipper over real TLS to a small gateway, with a clock that never waits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

from support.gateway import ORIGIN, URN, SmallGateway
from support.pki import issue

from collectors.centre import Centre
from collectors.corrected import CorrectedClock
from collectors.credential import tls_trusting
from collectors.lag import Lag
from collectors.orders import Orders
from collectors.pace import Pace
from collectors.ship import Shipper
from soc.kernel.clock import SystemClock
from soc.kernel.logs import open_log
from soc.spool.journal import Journal, Room, Start


class HurriedClock:
    """The machine's clock, but a sleep only notes how long it should have been and skips it."""

    def __init__(self) -> None:
        self.slept: list[timedelta] = []
        self.until: asyncio.Event | None = None
        """Set it to let whoever sleeps go on only then."""
        self._clock = SystemClock()

    def now(self) -> datetime:
        return self._clock.now()

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def monotonic(self) -> float:
        return self._clock.monotonic() + sum(self.slept, timedelta()).total_seconds()

    async def sleep(self, duration: timedelta) -> None:
        self.slept.append(duration)
        if self.until is not None:
            await self.until.wait()
        await asyncio.sleep(0)


@dataclass(frozen=True)
class Shipping:
    """What a test holds on to."""

    journal: Journal
    shipper: Shipper
    clock: CorrectedClock
    hurried: HurriedClock
    kept: asyncio.Event
    said: StringIO


@asynccontextmanager
async def shipping(
    folder: Path,
    gateway: SmallGateway,
    *gateways: str,
    in_flight: int = 4,
    kbit_s: int = 0,
    kind: type[Journal] = Journal,
) -> AsyncIterator[Shipping]:
    """Ship the journal in *folder* while the context lasts; *gateways* instead of the gateway's address."""
    tls = tls_trusting(gateway.ca.path.read_text())
    client = issue(gateway.ca, URN)
    tls.load_cert_chain(client.certificate, client.key)
    hurried, said, kept = HurriedClock(), StringIO(), asyncio.Event()
    clock, orders = CorrectedClock(hurried), Orders(kept)
    pace = Pace(lambda _: kbit_s, clock)
    room = Room(1 << 30, 1 << 10, lambda: 1 << 40, segment_bytes=1, reserve_bytes=0)
    journal = kind(folder / "spool", room, Start("boot", 77))
    addresses = list(gateways) or [gateway.url]
    async with (
        Centre(addresses, tls, clock, pace=pace, heed=orders.heed) as centre,
        asyncio.TaskGroup() as tasks,
    ):
        shipper = Shipper(
            journal=journal,
            centre=centre,
            origin=ORIGIN,
            lag=Lag(["file"]),
            kept=kept,
            clock=clock,
            log=open_log(said),
            orders=orders,
            pace=pace,
            in_flight=in_flight,
            jitter=lambda: 0.5,
        )
        running = tasks.create_task(shipper.run())
        yield Shipping(journal, shipper, clock, hurried, kept, said)
        running.cancel()
    journal.close()
