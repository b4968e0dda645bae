"""Shipping over real TLS: whatever the gateway answers, nothing is lost, nothing acknowledged too early."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from aiohttp import web
from support.gateway import ORIGIN, URN, SmallGateway, small_gateway
from support.shipping import Shipping, shipping
from support.spooling import a_record

from soc.spool.journal import Journal, Room, Start
from soc.spool.refused import read_refused
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
        assert ship.hurried.slept == [timedelta(seconds=7 * 1.125)]


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


def poison(text: str) -> Callable[[Batch], web.Response | None]:
    """Refuse every batch that holds the record."""

    def script(batch: Batch) -> web.Response | None:
        held = any(record.raw == text.encode() for record in batch.records)
        return web.Response(status=400, text="day 'x'; accepted: YYYY-MM-DD\n") if held else None

    return script


async def test_one_record_that_no_centre_takes_is_set_aside_and_declared(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (gateway, ship):
        gateway.script = poison("c")
        keep(ship, *"abcdef")
        await gateway.until(lambda: (3, 3) in gateway.gaps and ship.journal.acked_seq == 7)
        said = ship.said.getvalue()
        waited = [pause for pause in ship.hurried.slept if pause >= timedelta(minutes=2)]
        copies = list(read_refused(tmp_path / "spool"))
    assert gateway.records == {1: "a", 2: "b", 4: "d", 5: "e", 6: "f"}
    assert (len(waited), sum(waited, timedelta()) >= timedelta(minutes=10)) == (4, True)
    assert [(aside.record and aside.record.raw, aside.gap.why) for aside in copies] == [
        (b"c", "refused by the centre: 400 day 'x'; accepted: YYYY-MM-DD")
    ]
    assert "record_set_aside" in said


async def test_a_record_that_is_taken_at_the_fifth_try_is_not_set_aside(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (gateway, ship):
        gateway.script = failing(4, lambda: web.Response(status=400))
        keep(ship, "a")
        await gateway.until(delivered(gateway, ship))
    assert (gateway.records, gateway.gaps) == ({1: "a"}, [])


async def test_records_that_are_tried_alone_hold_up_nobody(tmp_path: Path) -> None:
    async with small_gateway(tmp_path) as gateway, shipping(tmp_path, gateway, in_flight=1) as ship:
        gateway.script = poison("a")
        held = asyncio.Event()
        ship.hurried.until = held
        keep(ship, "a")
        await gateway.until(lambda: gateway.tries > 0)
        keep(ship, "b")
        await gateway.until(lambda: gateway.records == {2: "b"})
        assert ship.journal.acked_seq == 1
        held.set()
        await gateway.until(lambda: gateway.gaps == [(1, 1)])


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


async def test_four_batches_are_under_way_at_once_and_only_the_beginning_is_acknowledged(
    tmp_path: Path,
) -> None:
    async with set_up(tmp_path) as (gateway, ship):
        first, others = asyncio.Event(), asyncio.Event()
        gateway.hold = lambda batch: first if batch.first_seq == 1 else others
        ship.journal.append([a_record(f"{n}") for n in range(1, 5_001)], {})
        ship.kept.set()
        await gateway.until(lambda: gateway.at_once == 4)
        others.set()
        await gateway.until(lambda: len(gateway.records) == 4_500)
        assert (ship.journal.acked_seq, min(gateway.records)) == (1, 501)
        assert {batch.acked_seq for batch in gateway.batches} == {1}
        first.set()
        await gateway.until(lambda: ship.journal.acked_seq == 5_001)
        keep(ship, "last")
        await gateway.until(delivered(gateway, ship))
    assert (gateway.most_at_once, gateway.batches[-1].acked_seq) == (4, 5_001)
    assert {batch.spool for batch in gateway.batches} == {ship.journal.spool}
    assert gateway.repeated == 0


async def test_a_crash_while_batches_are_under_way_repeats_what_was_not_acknowledged(tmp_path: Path) -> None:
    async with small_gateway(tmp_path) as gateway:
        async with shipping(tmp_path, gateway) as ship:
            gateway.hold = lambda batch: asyncio.Event() if batch.first_seq == 501 else None
            ship.journal.append([a_record(f"{n}") for n in range(1, 2_001)], {})
            ship.kept.set()
            await gateway.until(lambda: len(gateway.records) == 1_500)
        gateway.hold = lambda _: None
        async with shipping(tmp_path, gateway) as ship:
            await gateway.until(lambda: ship.journal.acked_seq == 2_001)
    assert sorted(gateway.records) == list(range(1, 2_001))
    assert gateway.repeated == 1_000


async def test_what_is_asked_for_again_comes_while_other_batches_are_under_way(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (gateway, ship):
        keep(ship, *"abc")
        await gateway.until(lambda: ship.journal.acked_seq == 4)
        held, asked = asyncio.Event(), [1]
        gateway.hold = lambda batch: held if batch.first_seq == 4 else None

        def restored(batch: Batch) -> web.Response | None:
            gateway.keep(batch)
            return gateway.answer(resend_from=asked.pop() if asked else None)

        gateway.records.clear()
        gateway.script = restored
        keep(ship, "d")
        await gateway.until(lambda: gateway.tries == 2)
        keep(ship, "e")
        await gateway.until(lambda: sorted(gateway.records) == [1, 2, 3, 4, 5])
        held.set()
        await gateway.until(lambda: ship.journal.acked_seq == 6)


class SlowMarks(Journal):
    """A journal whose disk takes its time to note what was delivered."""

    def __init__(self, folder: Path, room: Room, start: Start) -> None:
        super().__init__(folder, room, start)
        self.may_mark, self.begun, self.marked = threading.Event(), 0, 0

    def acknowledge(self, below_seq: int) -> None:
        self.begun += 1
        self.may_mark.wait(5)
        super().acknowledge(below_seq)
        self.marked += 1


async def test_a_wish_to_send_again_is_not_overtaken_by_a_slow_disk(tmp_path: Path) -> None:
    async with small_gateway(tmp_path) as gateway, shipping(tmp_path, gateway, kind=SlowMarks) as ship:
        assert isinstance(ship.journal, SlowMarks)
        marks = ship.journal
        keep(ship, *"ab")
        await gateway.until(lambda: marks.begun == 1)
        gateway.hold = lambda batch: asyncio.Event() if batch.first_seq == 1 else None
        gateway.script = lambda _batch: gateway.answer(resend_from=1)
        keep(ship, "c")
        with suppress(TimeoutError):  # it must not be sent again yet
            await gateway.until(lambda: gateway.at_once == 1, within_s=0.5)
        marks.may_mark.set()
        await gateway.until(lambda: gateway.at_once == 1 and marks.marked == 2)
        assert marks.acked_seq == 1


async def test_a_backlog_does_not_hold_up_what_is_read_now(tmp_path: Path) -> None:
    async with set_up(tmp_path) as (gateway, ship):
        now_ms, read = ship.clock.now_ms(), asyncio.Event()
        gateway.hold = lambda batch: read if batch.first_seq > 1 else None
        ship.journal.append([a_record(f"{n}", read_at_ms=now_ms - 86_400_000) for n in range(10_000)], {})
        ship.kept.set()
        await gateway.until(lambda: gateway.at_once == 4)
        ship.journal.append([a_record("live", read_at_ms=now_ms)], {})
        read.set()
        await gateway.until(lambda: ship.journal.acked_seq == 10_002)
    order = [batch.first_seq for batch in gateway.batches]
    assert order.index(10_001) < 8
    assert order.index(9_501) > 15
    assert gateway.repeated == 0


async def test_what_is_read_now_does_not_starve_the_backlog(tmp_path: Path) -> None:
    async with small_gateway(tmp_path) as gateway, shipping(tmp_path, gateway, in_flight=1) as ship:
        now_ms, read = ship.clock.now_ms(), asyncio.Event()
        gateway.hold = lambda _batch: read
        ship.journal.append([a_record(f"{n}", read_at_ms=now_ms - 86_400_000) for n in range(5_000)], {})
        ship.kept.set()
        await gateway.until(lambda: gateway.at_once == 1)
        ship.journal.append([a_record(f"{n}", read_at_ms=now_ms) for n in range(5_000)], {})
        read.set()
        await gateway.until(lambda: ship.journal.acked_seq == 10_001)
    is_live = [batch.first_seq > 5_000 for batch in gateway.batches]
    assert is_live == [False, *[True, False] * 9, True]


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_a_gateway_does_every_record_arrives_in_the_end(tmp_path: Path, seed: int) -> None:
    chance = Random(seed)

    def weather(batch: Batch) -> web.Response | None:
        match chance.choice(["good", "good", "busy", "broken", "smaller", "stored and cut", "again"]):
            case "busy":
                return web.Response(status=503, headers={"Retry-After": "1"}, text="busy\n")
            case "broken":
                return web.Response(status=500)
            case "smaller" if len(batch.records) > 20:
                return web.Response(status=413)
            case "stored and cut":
                gateway.keep(batch)
                return web.Response(status=200, body=b"no answer")
            case "again":
                gateway.keep(batch)
                return gateway.answer(resend_from=chance.randint(1, batch.first_seq))
            case _:
                return None

    async with set_up(tmp_path) as (gateway, ship):
        gateway.script = weather
        for first in range(0, 3_000, 100):
            ship.journal.append([a_record(f"{n}") for n in range(first, first + 100)], {})
            ship.kept.set()
            await gateway.until(lambda: ship.hurried.slept != [] or gateway.tries > 0)
        await gateway.until(lambda: gateway.tries > 40)
        gateway.script = lambda _batch: None
        await gateway.until(lambda: ship.journal.acked_seq == 3_001)
        keep(ship, "last")
        await gateway.until(lambda: ship.journal.acked_seq == 3_002)
    assert gateway.records == {**{n + 1: f"{n}" for n in range(3_000)}, 3_001: "last"}


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
