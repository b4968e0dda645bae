"""Shipping over real TLS: whatever the gateway answers, nothing is lost, nothing acknowledged too early."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from support.gateway import ORIGIN, URN, SmallGateway, small_gateway
from support.shipping import Shipping, shipping
from support.spooling import a_record

from soc.wire.messages import Batch


@asynccontextmanager
async def set_up(folder: Path) -> AsyncIterator[tuple[SmallGateway, Shipping]]:
    async with small_gateway(folder) as gateway, shipping(folder, gateway) as ship:
        yield gateway, ship


def keep(ship: Shipping, *texts: str) -> None:
    ship.journal.append([a_record(text) for text in texts], {})
    ship.kept.set()


def delivered(gateway: SmallGateway, ship: Shipping) -> Callable[[], bool]:
    return lambda: len(gateway.records) == ship.journal.next_seq - 1


def failing(times: int, answer: Callable[[], web.Response]) -> Callable[[Batch], web.Response | None]:
    left = [times]

    def script(_batch: Batch) -> web.Response | None:
        left[0] -= 1
        return answer() if left[0] >= 0 else None

    return script


async def test_records_arrive_in_order_with_their_numbers_and_identity(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (gateway, ship):
        keep(ship, "a", "b")
        await gateway.until(delivered(gateway, ship))
        keep(ship, "c")
        await gateway.until(delivered(gateway, ship))
    assert gateway.records == {1: "a", 2: "b", 3: "c"}
    assert {batch.origin for batch in gateway.batches} == {ORIGIN}
    assert gateway.peers == {URN}
    assert gateway.repeated == 0


@pytest.mark.parametrize("status", [500, 502, 503, 408, 404, 301])
async def test_every_other_answer_means_the_same_again(tmp_path: Path, status: int) -> None:
    async with set_up(tmp_path) as (gateway, ship):
        gateway.script = failing(3, lambda: web.Response(status=status, text="busy\n"))
        keep(ship, "a", "b")
        await gateway.until(delivered(gateway, ship))
        assert ship.said.getvalue().count("ship_retry") == 3
    assert gateway.tries == 4
    assert (gateway.records, gateway.repeated) == ({1: "a", 2: "b"}, 0)


async def test_busy_is_left_alone_for_as_long_as_it_asks(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (gateway, ship):
        gateway.script = failing(1, lambda: web.Response(status=503, headers={"Retry-After": "7"}))
        keep(ship, "a")
        await gateway.until(delivered(gateway, ship))
        assert ship.hurried.slept == [timedelta(seconds=7)]


@pytest.mark.parametrize("asked", ["99999999999", "Wed, 21 Oct 2026 07:28:00 GMT", "-5", "x"])
async def test_an_absurd_wish_to_wait_is_bounded(tmp_path: Path, asked: str) -> None:
    async with set_up(tmp_path) as (gateway, ship):
        gateway.script = failing(1, lambda: web.Response(status=503, headers={"Retry-After": asked}))
        keep(ship, "a")
        await gateway.until(delivered(gateway, ship))
        assert timedelta(0) < ship.hurried.slept[0] <= timedelta(minutes=5)


async def test_a_redirection_is_not_followed(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (gateway, ship):
        back = {"Location": f"{gateway.url}/v1/batches"}
        gateway.script = failing(2, lambda: web.Response(status=307, headers=back))
        keep(ship, "a")
        await gateway.until(delivered(gateway, ship))
        assert len(ship.hurried.slept) == 2


async def test_a_connection_cut_after_the_gateway_stored_it_repeats_the_same_numbers(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (gateway, ship):

        def cut(batch: Batch) -> web.Response | None:
            if gateway.tries > 1:
                return None
            gateway.keep(batch)
            return web.Response(status=200, body=b"not an answer")

        gateway.script = cut
        keep(ship, "a", "b")
        await gateway.until(lambda: gateway.repeated == 2)
    assert gateway.records == {1: "a", 2: "b"}


async def test_a_gateway_that_cannot_be_reached_is_passed_over(tmp_path: Path) -> None:
    async with (
        small_gateway(tmp_path) as gateway,
        shipping(tmp_path, gateway, "https://127.0.0.1:9", gateway.url) as ship,
    ):
        keep(ship, "a")
        await gateway.until(delivered(gateway, ship))
        assert ship.hurried.slept == []


async def test_an_impostor_gets_nothing(tmp_path: Path) -> None:
    async with (
        small_gateway(tmp_path / "false", asks_for_certificates=False) as impostor,
        small_gateway(tmp_path) as gateway,
        shipping(tmp_path, gateway, impostor.url, gateway.url) as ship,
    ):
        keep(ship, "a")
        await gateway.until(delivered(gateway, ship))
    assert (impostor.tries, impostor.records) == (0, {})


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_certificate_stops_shipping_but_not_spooling(tmp_path: Path, status: int) -> None:
    async with set_up(tmp_path) as (gateway, ship):
        gateway.script = failing(
            2, lambda: web.Response(status=status, text="this certificate was revoked\n")
        )
        keep(ship, "a")
        await gateway.until(lambda: gateway.tries > 0)
        keep(ship, "b")
        await gateway.until(delivered(gateway, ship))
        said = ship.said.getvalue()
        assert min(ship.hurried.slept) >= timedelta(seconds=15)
    assert "this certificate was revoked" in said
    assert "refused" in said
    assert gateway.records == {1: "a", 2: "b"}


@pytest.mark.parametrize("status", [400, 413])
async def test_too_much_at_once_is_halved_until_it_is_taken(tmp_path: Path, status: int) -> None:
    async with set_up(tmp_path) as (gateway, ship):
        gateway.script = lambda batch: web.Response(status=status) if len(batch.records) > 3 else None
        keep(ship, *(f"{n}" for n in range(20)))
        await gateway.until(delivered(gateway, ship))
    assert gateway.records == {n + 1: f"{n}" for n in range(20)}
    assert gateway.repeated == 0


async def test_one_record_that_is_not_taken_is_never_given_up(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (gateway, ship):
        gateway.script = failing(5, lambda: web.Response(status=400))
        keep(ship, "a")
        await gateway.until(delivered(gateway, ship))
    assert gateway.records == {1: "a"}


async def test_a_restored_centre_gets_again_what_it_asks_for(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (gateway, ship):
        keep(ship, "a", "b", "c")
        await gateway.until(lambda: ship.journal.acked_seq == 4 or bool(gateway.records))
        asked = [2]

        def restored(batch: Batch) -> web.Response | None:
            gateway.keep(batch)
            return gateway.answer(resend_from=asked.pop() if asked else None)

        gateway.records.clear()
        gateway.script = restored
        keep(ship, "d")
        await gateway.until(lambda: sorted(gateway.records) == [2, 3, 4])
    assert gateway.records == {2: "b", 3: "c", 4: "d"}


async def test_the_clock_learns_from_the_answer(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (gateway, ship):
        gateway.clock_ahead_ms = 86_400_000
        keep(ship, "a")
        await gateway.until(delivered(gateway, ship))
        keep(ship, "b")
        await gateway.until(delivered(gateway, ship))
        assert abs(ship.clock.offset_ms - 86_400_000) < 2_000


async def test_what_a_damaged_spool_lost_is_declared(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (gateway, ship):
        for text in "abc":
            ship.journal.append([a_record(text)], {})
        (tmp_path / "spool" / f"{2:020d}.seg").write_bytes(b"damaged")
        ship.kept.set()
        await gateway.until(lambda: 3 in gateway.records)
        said = ship.said.getvalue()
    assert gateway.gaps == [(2, 2)]
    assert gateway.records == {1: "a", 3: "c"}
    assert "spool_quarantined" in said
