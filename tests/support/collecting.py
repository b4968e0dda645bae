"""A real collector process against a gateway here, which remembers no more than the ids of what it took."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from support.centre import Receiving, listening, receiving

from soc.gateway.credentials import issue_token
from soc.gateway.limits import Allowances, Rates
from soc.kernel.clock import ManualClock
from soc.model.event import Event
from soc.model.identity import Origin
from soc.ports.events import Written

ORIGIN = Origin("so-y-te", "c1")
TICK = timedelta(milliseconds=200)
FAR_MS = 1 << 50
COMMAND = (sys.executable, "-m", "collectors")


@dataclass(slots=True)
class Ids:
    """An event writer in memory whose cost does not grow."""

    seen: set[str] = field(default_factory=set[str])

    async def write(self, events: Sequence[Event]) -> Written:
        before = len(self.seen)
        self.seen.update(event.id for event in events)
        stored = len(self.seen) - before
        return Written(stored=stored, reread=0, known=len(events) - stored)

    async def refresh(self) -> None:
        """Nothing to do."""

    async def hold(self, count: int, *, within_s: float) -> None:
        """Wait until *count* events were taken."""
        async with asyncio.timeout(within_s):
            while len(self.seen) < count:  # noqa: ASYNC110 - the writer tells nobody
                await asyncio.sleep(0.02)


@dataclass(frozen=True, slots=True)
class Collecting:
    """A collector that runs, and what came of it."""

    pid: int
    ids: Ids


@asynccontextmanager
async def collecting(folder: Path, sources: str) -> AsyncIterator[Collecting]:
    """Run a collector with the ``[[source]]`` tables *sources* until the context ends."""
    ids = Ids()
    centre = await receiving(folder / "centre", writer=ids)
    centre.desk.allowances = Allowances(Rates(1e9, 1e12, 10))
    facts = issue_token("token", ORIGIN, actor="user:an", now_ms=0, expires_ms=FAR_MS)
    await centre.recorder.decide(lambda: facts)
    async with listening(centre) as url:
        config = folder / "collector.toml"
        config.write_text(f'[collector]\ndata_dir = "data"\ngateways = ["{url}"]\n{sources}')
        ticking = asyncio.create_task(_tick(centre.clock))
        process = await _started(config, centre)
        try:
            yield Collecting(process.pid, ids)
        finally:
            ticking.cancel()
            process.send_signal(signal.SIGTERM)
            await process.wait()
        assert process.returncode == 0


async def _started(config: Path, centre: Receiving) -> asyncio.subprocess.Process:
    ca = str(centre.folder / "ca.pem")
    command = (*COMMAND, "enrol", "--config", str(config), "--token", "token", "--ca", ca)
    enrolling = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    assert await enrolling.wait() == 0
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, "run", "--config", str(config)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


async def _tick(clock: ManualClock) -> None:
    """Let the centre's clock go as time does."""
    while True:
        await asyncio.sleep(TICK.total_seconds())
        await clock.advance(TICK)
