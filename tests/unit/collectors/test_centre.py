"""Several gateways are one centre: each is asked in its turn, and beats go their own way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from aiohttp import web
from support.gateway import ORIGIN, SmallGateway, small_gateway
from support.shipping import Shipping, shipping
from support.spooling import a_record

from collectors.centre import Outcome
from soc.wire.codec import VERSION
from soc.wire.messages import Beat


@asynccontextmanager
async def two_gateways(folder: Path) -> AsyncIterator[tuple[SmallGateway, SmallGateway, Shipping]]:
    async with (
        small_gateway(folder) as first,
        small_gateway(folder, beside=first) as second,
        shipping(folder, first, first.url, second.url) as ship,
    ):
        yield first, second, ship


def send(ship: Shipping, text: str) -> None:
    ship.journal.append([a_record(text)], {})
    ship.kept.set()


async def test_a_gateway_that_fails_is_passed_over_and_asked_again_later(tmp_path: Path) -> None:
    async with two_gateways(tmp_path) as (first, second, ship):
        first.script = lambda _batch: web.Response(status=502, text="bad gateway\n")
        send(ship, "a")
        await second.until(lambda: second.records == {1: "a"})
        first.script = lambda _batch: None
        send(ship, "b")
        await second.until(lambda: second.records == {1: "a", 2: "b"})
        ship.hurried.slept.append(timedelta(minutes=15))
        send(ship, "c")
        await first.until(lambda: first.records == {3: "c"})
    assert (first.tries, second.tries) == (2, 2)


async def test_a_busy_gateway_is_waited_for_as_it_asks(tmp_path: Path) -> None:
    async with two_gateways(tmp_path) as (first, second, ship):
        busy = web.Response(status=503, text="busy\n", headers={"Retry-After": "7"})
        first.script = lambda _batch: busy if first.tries == 1 else None
        send(ship, "a")
        await first.until(lambda: first.records == {1: "a"})
        assert ship.hurried.slept == [timedelta(seconds=7 * 1.125)]
    assert second.tries == 0


async def test_a_record_that_another_gateway_takes_is_not_set_aside(tmp_path: Path) -> None:
    async with two_gateways(tmp_path) as (first, second, ship):
        first.script = lambda _batch: web.Response(status=400, text="version 2; spoken here: 1\n")
        send(ship, "a")
        await second.until(lambda: ship.journal.acked_seq == 2)
    assert (first.tries, second.records, second.gaps) == (1, {1: "a"}, [])


async def test_beats_go_their_own_way(tmp_path: Path) -> None:
    async with two_gateways(tmp_path) as (first, second, ship):
        first.script = lambda _batch: web.Response(status=500)
        send(ship, "a")
        await second.until(lambda: second.records == {1: "a"})
        verdict = await ship.shipper.centre.say(Beat(VERSION, ORIGIN, "boot", 1, 1, 1, (), 0, "v"))
    assert verdict.outcome is Outcome.DURABLE
    assert (len(first.beats), len(second.beats)) == (1, 0)


async def test_batches_keep_to_the_rate_of_the_line(tmp_path: Path) -> None:
    async with small_gateway(tmp_path) as gateway, shipping(tmp_path, gateway, kbit_s=64) as ship:
        ship.journal.append([a_record(f"{n} {'x' * 500}") for n in range(3_000)], {})
        ship.kept.set()
        await gateway.until(lambda: ship.journal.acked_seq == 3_001)
        waited = sum(ship.hurried.slept, timedelta())
    assert max(sum(len(record.raw) for record in batch.records) for batch in gateway.batches) <= 128_000
    assert waited > timedelta(seconds=len(gateway.batches) * 0.06)
