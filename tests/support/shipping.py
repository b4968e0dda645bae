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
from support.spooling import a_journal

from collectors.centre import Centre
from collectors.corrected import CorrectedClock
from collectors.credential import tls_trusting
from collectors.lag import Lag
from collectors.ship import Shipper
from soc.kernel.clock import SystemClock
from soc.kernel.logs import open_log
from soc.spool.journal import Journal


class HurriedClock:
    """The machine's clock, but a sleep only notes how long it should have been."""

    def __init__(self) -> None:
        self.slept: list[timedelta] = []
        self._clock = SystemClock()

    def now(self) -> datetime:
        return self._clock.now()

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, duration: timedelta) -> None:
        self.slept.append(duration)
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
async def shipping(folder: Path, gateway: SmallGateway, *gateways: str) -> AsyncIterator[Shipping]:
    """Ship the journal in *folder* while the context lasts; *gateways* instead of the gateway's address."""
    tls = tls_trusting(gateway.ca.path.read_text())
    client = issue(gateway.ca, URN)
    tls.load_cert_chain(client.certificate, client.key)
    hurried, said, kept = HurriedClock(), StringIO(), asyncio.Event()
    clock = CorrectedClock(hurried)
    journal = a_journal(folder / "spool", segment_bytes=1)
    async with Centre(list(gateways) or [gateway.url], tls, clock) as centre, asyncio.TaskGroup() as tasks:
        shipper = Shipper(journal, centre, ORIGIN, Lag(["file"]), kept, clock, open_log(said), lambda: 0.5)
        running = tasks.create_task(shipper.run())
        yield Shipping(journal, shipper, clock, hurried, kept, said)
        running.cancel()
    journal.close()
