"""A console over memory stores, and people signed in to it."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient, TestServer
from support.episodes import T0, episode, heading

from soc.alerts.raising import raised
from soc.alerts.saying import Speaker
from soc.alerts.state import AlertsFold
from soc.console.pages import application
from soc.console.parts import Parts
from soc.health.fleet import Fleet
from soc.kernel.clock import ManualClock, from_ms
from soc.kernel.logs import open_log
from soc.pipeline.recorder import Recorder
from soc.ports.accounts import Person
from soc.response.runs import RunsFold
from soc.rulebook.load import load
from soc.stores.memory_events import MemoryEventStore
from soc.stores.memory_log import MemoryLog
from soc.stores.sqlite_accounts import SqliteAccounts


@dataclass(frozen=True, slots=True)
class Consoling:
    """A running console with one alert of agency ``so-yte``."""

    parts: Parts
    client: TestClient[Any, Any]
    alert: str
    fleet: Fleet

    async def sign_in(self, role: str, agency: str | None = None) -> dict[str, str]:
        """Return the headers of somebody signed in."""
        now_ms = self.parts.clock.now_ms()
        token = await self.parts.accounts.one_time(Person("an", role, agency), now_ms)
        session = await self.parts.accounts.redeem(token, now_ms)
        assert session is not None
        return {"Cookie": f"soc_session={session.id}", "X-CSRF-Token": session.csrf}


@asynccontextmanager
async def consoling(folder: Path) -> AsyncIterator[Consoling]:
    """Serve a console whose accounts lie in *folder*."""
    clock, alerts, runs, fleet = ManualClock(from_ms(T0)), AlertsFold(), RunsFold(), Fleet()
    recorder = Recorder(MemoryLog(), [alerts, runs], clock)
    await recorder.start()
    facts = raised(episode(), heading(), Speaker("machine:correlator", T0), silent=False)
    await recorder.decide(lambda: facts)
    with closing(SqliteAccounts.open(folder / "accounts.db")) as accounts:
        parts = Parts(
            recorder=recorder,
            alerts=alerts,
            runs=runs,
            events=MemoryEventStore(),
            accounts=accounts,
            fleet=lambda days: fleet.rows(clock.now_ms(), days=days),
            counts=dict,
            rulebook=lambda: load([], known=lambda _: True, entities=lambda _: ()),
            playbooks={},
            agencies={},
            zone="UTC",
            language="vi",
            secure=False,
            clock=clock,
            log=open_log(io.StringIO()),
        )
        async with TestClient(TestServer(application(parts))) as client:
            (alert,) = recorder.state(alerts).alerts
            yield Consoling(parts, client, alert, fleet)
