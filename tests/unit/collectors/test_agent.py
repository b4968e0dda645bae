"""New settings and new certificates begin a new generation in the same process; what fails is undone."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import aiohttp
from support.gateway import ORIGIN, URN, SmallGateway, small_gateway
from support.pki import issue
from support.revising import Revising, revising, settings_text

from collectors.agent import Agent
from collectors.configuration import TRIAL
from collectors.credential import store_credential
from collectors.generation import SETTLED
from soc.kernel.clock import SystemClock
from soc.kernel.logs import open_log
from soc.model.heartbeat import Fate
from soc.wire.messages import EnrolAnswer


class LongWaits:
    """The machine's clock, but whoever waits for a trial to end or a generation to settle is told when."""

    def __init__(self) -> None:
        self.over, self.settled = asyncio.Event(), asyncio.Event()
        self._clock = SystemClock()

    def now(self) -> datetime:
        return self._clock.now()

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, duration: timedelta) -> None:
        if duration == TRIAL:
            await self.over.wait()
        elif duration == SETTLED:
            await self.settled.wait()
            self.settled.clear()
        else:
            await self._clock.sleep(duration)


@dataclass
class Running:
    """An agent at work."""

    site: Revising
    gateway: SmallGateway
    clock: LongWaits
    said: StringIO
    starts: int = 0
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    def started(self) -> None:
        self.starts += 1
        self.gateway.changed.set()

    def fate(self) -> tuple[int, Fate] | None:
        """Return what the last heartbeat said of the settings."""
        state = self.gateway.beats[-1].configuration if self.gateway.beats else None
        return None if state is None else (state.number, state.fate)

    async def until(self, look: Callable[[], bool]) -> None:
        await self.gateway.until(look)


def local(gateway: SmallGateway, more: str = "") -> str:
    return settings_text(gateways=[gateway.url], more="heartbeat_seconds = 1\ndisk_floor_mib = 0\n" + more)


@asynccontextmanager
async def running(folder: Path, *, more: str = "", days: float = 300) -> AsyncIterator[Running]:
    async with small_gateway(folder) as gateway:
        site = revising(folder, local(gateway, more))
        client = issue(gateway.ca, URN, life=timedelta(days=days))
        pems = client.certificate.read_text(), gateway.ca.path.read_text(), site.signer.read_text()
        store_credential(
            folder / "data" / "credential", client.key.read_bytes(), EnrolAnswer(1, ORIGIN, *pems)
        )
        run = Running(site, gateway, LongWaits(), StringIO())
        agent = Agent(site.configuration(), run.clock, open_log(run.said))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(agent.run(run.stop, run.started))
            yield run
            run.stop.set()


async def test_settings_from_the_centre_take_hold_without_a_restart(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.log").write_text("one\n")
    (logs / "b.txt").write_text("two\n")
    async with running(tmp_path) as run:
        await run.until(lambda: run.gateway.records == {1: "one"})
        text = local(run.gateway).replace("logs/*.log", "logs/*")
        run.gateway.configuration = run.site.signed(1, text)
        await run.until(lambda: run.gateway.records == {1: "one", 2: "two"})
        await run.until(lambda: run.fate() == (1, Fate.APPLIED))
        run.clock.over.set()
        (logs / "c.txt").write_text("three\n")
        await run.until(lambda: len(run.gateway.records) == 3)
    assert run.starts == 2
    assert not run.site.configuration().is_on_trial
    assert len({beat.boot for beat in run.gateway.beats}) == 2
    assert run.gateway.repeated == 0


async def test_settings_that_reach_no_centre_are_given_up_after_ten_minutes(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        lost = local(run.gateway).replace(run.gateway.url, "https://127.0.0.1:9")
        run.gateway.configuration = run.site.signed(7, lost)
        await run.until(lambda: run.starts == 2)
        assert run.site.configuration().is_on_trial
        run.clock.over.set()
        await run.until(lambda: run.starts == 3 and run.fate() == (7, Fate.ROLLED_BACK))
    assert "nothing was delivered within ten minutes" in run.said.getvalue()


async def test_settings_that_cannot_be_started_with_are_given_up_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        more = f'[[source]]\nid = "net"\nkind = "syslog_tcp"\nformat = "syslog"\nlisten = "{address}"\n'
        async with running(tmp_path) as run:
            run.gateway.configuration = run.site.signed(1, local(run.gateway) + more)
            await run.until(lambda: run.fate() == (1, Fate.ROLLED_BACK))
            state = run.gateway.beats[-1].configuration
        assert state is not None
        assert address in state.why
    assert run.starts == 2


async def test_settings_that_are_refused_are_said_so_and_disturb_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        run.gateway.configuration = run.site.signed(1, "[collector]\n")
        await run.until(lambda: run.fate() == (1, Fate.REFUSED))
    assert run.starts == 1


async def test_a_new_certificate_is_taken_without_a_restart(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    async with running(tmp_path, days=0.5) as run:
        (logs / "a.log").write_text("one\n")
        await run.until(lambda: run.gateway.records == {1: "one"} and bool(run.gateway.beats))
        before = run.gateway.beats[-1].certificate_until_ms
        run.clock.settled.set()
        await run.until(lambda: run.starts == 2)
        (logs / "b.log").write_text("two\n")
        await run.until(lambda: run.gateway.records == {1: "one", 2: "two"})
        await run.until(lambda: run.gateway.beats[-1].certificate_until_ms > before)
    assert len(run.gateway.renewals) == 1
    assert run.gateway.repeated == 0


async def test_figures_are_shown_where_the_settings_say(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    async with running(tmp_path, more=f'metrics = "{address}"') as run, aiohttp.ClientSession() as session:
        await run.until(lambda: run.starts == 1)
        async with session.get(f"http://{address}/metrics") as answer:
            assert "soc_collector_next_seq 1\n" in await answer.text()
