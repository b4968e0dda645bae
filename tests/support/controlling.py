"""The operators' socket over memory stores, and what is said over it."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import aiohttp
from aiohttp import web
from support.centre import receiving

from soc.app.control import PeopleVerbs, control
from soc.app.control_fleet import FleetVerbs
from soc.app.control_quarantine import QuarantineVerbs
from soc.app.control_senders import SenderVerbs
from soc.gateway.authority import open_authority
from soc.gateway.credentials import CredentialsFold, enrol, renew
from soc.gateway.keys import ApiKeysFold
from soc.gateway.revisions import RevisionsFold
from soc.gateway.signing import open_signer
from soc.health.fleet import Fleet
from soc.kernel.clock import ManualClock
from soc.ledger.fact import Fact
from soc.model.identity import Origin
from soc.pipeline.intake import Intake
from soc.pipeline.recorder import Recorder
from soc.pipeline.replay import Replay
from soc.stores.memory_log import MemoryLog
from soc.stores.sqlite_accounts import SqliteAccounts

T = TypeVar("T")
ORIGIN = Origin("so-y-te", "c1")
CREDENTIALS, REVISIONS, KEYS = CredentialsFold(), RevisionsFold(), ApiKeysFold()
SITE: dict[str, object] = {"agency": "so-y-te", "collector": "c1"}


@dataclass(frozen=True, slots=True)
class Socket:
    """What is said over it, and what that changes."""

    path: Path
    recorder: Recorder
    fleet: Fleet
    intake: Intake
    clock: ManualClock
    loop: asyncio.AbstractEventLoop

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Let *work* be done where the socket is served, from another thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    async def say(self, verb: str, body: dict[str, object] | None = None) -> tuple[int, str]:
        async with (
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(path=str(self.path))) as session,
            session.request("GET" if body is None else "POST", f"http://soc/{verb}", json=body) as answer,
        ):
            return answer.status, await answer.text()

    async def told(self, verb: str, body: dict[str, object] | None = None) -> Any:
        status, text = await self.say(verb, body)
        assert status == 200, text
        return json.loads(text)

    async def facts(self) -> list[Fact]:
        return [fact async for _, fact in self.recorder.facts_from(0)]

    async def enrolled(self) -> str:
        """Enrol ``c1`` and renew its certificate; return the first serial."""
        token = (await self.told("enrol-token", SITE))["token"]
        state = self.recorder.state(CREDENTIALS)
        await self.recorder.decide(lambda: enrol(state, token, "AB", "k", now_ms=self.clock.now_ms()))
        await self.recorder.decide(lambda: renew(state, "AB", "CD", ORIGIN, now_ms=1))
        return "AB"


@asynccontextmanager
async def controlling(folder: Path) -> AsyncIterator[Socket]:
    """Listen on ``soc.sock`` in *folder* for an agency ``so-y-te``."""
    clock, fleet = ManualClock(datetime(2026, 11, 24, tzinfo=UTC)), Fleet()
    receiver = await receiving(folder)
    recorder = Recorder(MemoryLog(), [CREDENTIALS, REVISIONS, KEYS], clock)
    await recorder.start()
    agencies = frozenset({"so-y-te"})
    collectors = FleetVerbs(
        recorder=recorder,
        credentials=CREDENTIALS,
        revisions=REVISIONS,
        signer=open_signer(folder),
        fleet=lambda days: fleet.rows(clock.now_ms(), days=days),
        agencies=agencies,
        clock=clock,
    )
    senders = SenderVerbs(recorder, KEYS, open_authority(folder, clock.now()), agencies, clock)
    with closing(SqliteAccounts.open(":memory:")) as accounts:
        people = PeopleVerbs(accounts, lambda: "http://127.0.0.1:1", clock)
        quarantine = QuarantineVerbs(
            receiver.events, Replay(receiver.events, receiver.intake, recorder, clock, receiver.desk.log)
        )
        runner = web.AppRunner(control([people, collectors, senders, quarantine]))
        await runner.setup()
        await web.UnixSite(runner, str(folder / "soc.sock")).start()
        try:
            loop = asyncio.get_running_loop()
            yield Socket(folder / "soc.sock", recorder, fleet, receiver.intake, clock, loop)
        finally:
            await runner.cleanup()


@contextmanager
def controlled(folder: Path) -> Iterator[Socket]:
    """The same in a thread of its own, for commands that wait for its answers."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    stack = AsyncExitStack()
    entering = stack.enter_async_context(controlling(folder))
    try:
        yield asyncio.run_coroutine_threadsafe(entering, loop).result(20)
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
