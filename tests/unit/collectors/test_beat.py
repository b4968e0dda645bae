"""A heartbeat says how far everything is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

from aiohttp import web
from support.gateway import ORIGIN, small_gateway
from support.shipping import Shipping, shipping
from support.spooling import a_journal, a_record

from collectors.beat import Pulse
from collectors.centre import Centre
from collectors.corrected import CorrectedClock
from collectors.credential import tls_trusting
from collectors.lag import Lag
from soc.kernel.clock import ManualClock, to_ms
from soc.kernel.logs import open_log
from soc.model.heartbeat import SourceState
from soc.spool.journal import Shed

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


async def test_a_beat_names_numbers_spool_and_the_oldest_record_of_each_source(tmp_path: Path) -> None:
    async with small_gateway(tmp_path) as gateway:
        clock = CorrectedClock(ManualClock(NOW))
        journal, lag = a_journal(tmp_path / "spool"), Lag(["file", "net"])
        records = [a_record("a", read_at_ms=5), a_record("b", read_at_ms=6)]
        lag.kept(journal.append(records, {}), records)
        journal.append([], {}, [Shed("net", 2, "the spool is full", 7)])
        journal.set_aside(2, "refused")
        centre = Centre([gateway.url], tls_trusting(gateway.ca.path.read_text()), clock)
        every = timedelta(seconds=30)
        pulse = Pulse(
            journal, centre, ORIGIN, "boot", lag, clock, open_log(StringIO()), every, "soc-collector 1"
        )
        beat = pulse.beat()
        journal.close()
    assert (beat.next_seq, beat.acked_seq, beat.boot, beat.sent_at_ms) == (5, 1, "boot", to_ms(NOW))
    assert beat.sources == (SourceState("file", 5), SourceState("net", to_ms(NOW)))
    assert beat.spool_bytes == journal.used_bytes > 0
    assert (beat.spool, beat.spool_limit_bytes) == (journal.spool, 1 << 30)
    assert (beat.shed, beat.set_aside) == (2, 1)


@asynccontextmanager
async def beating(ship: Shipping) -> AsyncIterator[None]:
    pulse = Pulse(
        journal=ship.journal,
        centre=ship.shipper.centre,
        origin=ORIGIN,
        boot="boot",
        lag=ship.shipper.lag,
        clock=ship.clock,
        log=open_log(ship.said),
        every=timedelta(seconds=30),
        software="v",
    )
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(pulse.run())
        yield
        task.cancel()


async def test_beats_go_on_while_batches_are_refused(tmp_path: Path) -> None:
    async with small_gateway(tmp_path) as gateway, shipping(tmp_path, gateway) as ship:
        gateway.script = lambda _batch: web.Response(status=403)
        ship.journal.append([a_record("a")], {})
        ship.kept.set()
        await gateway.until(lambda: gateway.tries > 0)
        async with beating(ship):
            await gateway.until(lambda: len(gateway.beats) > 2)
    assert {(beat.origin, beat.next_seq, beat.acked_seq) for beat in gateway.beats} == {(ORIGIN, 2, 1)}


async def test_beats_pass_a_full_pipe(tmp_path: Path) -> None:
    async with small_gateway(tmp_path) as gateway, shipping(tmp_path, gateway, kbit_s=1) as ship:
        answering = asyncio.Event()
        gateway.hold = lambda _batch: answering
        ship.journal.append([a_record(f"{n}") for n in range(10_000)], {})
        ship.kept.set()
        await gateway.until(lambda: gateway.at_once == 4)
        async with beating(ship):
            await gateway.until(lambda: len(gateway.beats) > 2)
        assert gateway.records == {}
        answering.set()


async def test_beats_that_nobody_hears_are_said_once_an_hour(tmp_path: Path) -> None:
    async with small_gateway(tmp_path) as gateway, shipping(tmp_path, gateway, "https://127.0.0.1:9") as ship:
        async with beating(ship):
            await gateway.until(lambda: ship.said.getvalue().count("collector_health") == 3)
        slept = sum(ship.hurried.slept, timedelta())
    assert timedelta(hours=2) <= slept < timedelta(hours=3)
