"""The desk tells who is asking; what it took is stored and fed, under ids that a second try keeps."""

import asyncio
import base64
import io
import json
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.centre import NOW, Receiving, receiving

from soc.gateway.credentials import enrol, issue_token, revoke
from soc.gateway.desk import REFUSED_BYTES, UPLOADS_AT_ONCE, UPLOADS_EACH, Door
from soc.gateway.keys import issue_key
from soc.gateway.limits import Allowances, Memory, Rates, Shares
from soc.kernel.clock import to_ms
from soc.kernel.errors import AuthError, StoreBusy, WireError
from soc.kernel.logs import open_log
from soc.model.identity import Origin, province, urn_of
from soc.model.record import Record
from soc.pipeline.feeds import FeedReader
from soc.ports.events import Query
from soc.stores.memory_log import MemoryLog
from soc.wire.messages import Batch, Gap

ORIGIN = Origin("so-y-te", "rsyslog-1", None)
PEER: dict[str, Any] = {"serialNumber": "0AB", "subjectAltName": (("URI", urn_of(ORIGIN)),)}


def a_record(own_id: str, raw: bytes = b"Nov 24 08:00:00 h sshd[1]: hello") -> Record:
    return Record("relp", "syslog", raw, to_ms(NOW), "2026-11-24", "UTC", own_id=own_id)


async def enrolled(centre: Receiving) -> None:
    facts = issue_token("t", ORIGIN, actor="user:an", now_ms=0, expires_ms=to_ms(NOW))
    await centre.recorder.decide(lambda: facts)
    state = centre.recorder.state(centre.credentials)
    await centre.recorder.decide(lambda: enrol(state, "t", "AB", "k", now_ms=1))


async def stored(centre: Receiving) -> int:
    return (await centre.events.search(province(None), Query(), limit=1)).total


async def test_a_certificate_says_who_it_is_until_it_is_revoked(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    await enrolled(centre)
    assert centre.desk.by_certificate(PEER, "10.0.0.1") == ORIGIN
    facts = revoke("AB", ORIGIN, actor="user:an", why="stolen", now_ms=1)
    await centre.recorder.decide(lambda: facts)
    with pytest.raises(AuthError, match="revoked"):
        centre.desk.by_certificate(PEER, "10.0.0.1")


@pytest.mark.parametrize(
    "peer",
    [None, {}, PEER | {"serialNumber": "CD"}, PEER | {"subjectAltName": (("DNS", "x"),)}],
    ids=["none", "empty", "unknown", "no collector"],
)
async def test_whoever_shows_no_certificate_of_ours_is_nobody(
    tmp_path: Path, peer: dict[str, Any] | None
) -> None:
    centre = await receiving(tmp_path)
    await enrolled(centre)
    with pytest.raises(AuthError):
        centre.desk.by_certificate(peer, "10.0.0.1")


@pytest.mark.parametrize("scheme", ["ApiKey", "apikey", "Basic"])
async def test_an_api_key_says_who_it_is(tmp_path: Path, scheme: str) -> None:
    centre = await receiving(tmp_path)
    facts = issue_key("k1", "a:secret", ORIGIN, actor="user:an", now_ms=0, expires_ms=to_ms(NOW))
    await centre.recorder.decide(lambda: facts)
    header = f"{scheme} {base64.b64encode(b'k1:a:secret').decode()}"
    assert centre.desk.by_key(header, "10.0.0.1") == ORIGIN


@pytest.mark.parametrize(
    "header",
    ["", "ApiKey", "Bearer x", "ApiKey ***", "ApiKey aw==", "ApiKey /w==", "Basic azE6c2VjcmV0"],
    ids=["none", "nothing", "scheme", "no base64", "no colon", "no text", "unknown"],
)
async def test_a_header_that_holds_no_key_of_ours_is_refused(tmp_path: Path, header: str) -> None:
    centre = await receiving(tmp_path)
    with pytest.raises(AuthError):
        centre.desk.by_key(header, "10.0.0.1")


async def test_what_is_taken_is_stored_and_fed_without_numbers(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    receipt = await centre.desk.take(ORIGIN, Door.RELP, [a_record("1"), a_record("2", b"?")], repeats=1)
    assert (receipt.stored, receipt.quarantined, receipt.repeats, receipt.door) == (2, 1, 1, "relp")
    assert (receipt.first_seq, receipt.last_seq, receipt.spool) == (1, 0, "")
    (entry,) = [entry async for entry in FeedReader(centre.feeds).fresh()]
    assert entry.receipts == (receipt,)
    assert await stored(centre) == 2


async def test_two_equal_lines_are_two_events_and_a_second_try_of_them_none(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    lines = [a_record(centre.desk.fresh_id()) for _ in range(2)]
    await centre.desk.take(ORIGIN, Door.RELP, lines)
    again = await centre.desk.take(ORIGIN, Door.RELP, lines)
    assert (again.stored, again.known, await stored(centre)) == (0, 2, 2)


class _BusyOnce(MemoryLog):
    """A log that refuses its first record."""

    refused = False

    async def append(self, stream: str, n: int, head: bytes, parts: Sequence[bytes] = ()) -> None:
        if not self.refused:
            self.refused = True
            raise StoreBusy("not now")
        await super().append(stream, n, head, parts)


async def test_what_was_stored_and_not_fed_is_taken_again_once(tmp_path: Path) -> None:
    centre = await receiving(tmp_path, feeds=_BusyOnce())
    lines = [a_record(centre.desk.fresh_id())]
    with pytest.raises(StoreBusy):
        await centre.desk.take(ORIGIN, Door.RELP, lines)
    receipt = await centre.desk.take(ORIGIN, Door.RELP, lines)
    assert (receipt.known, await stored(centre)) == (1, 1)


@pytest.mark.parametrize(
    "records",
    [[a_record("1")] * 1001, [a_record("")], [a_record("1", bytes(600_000)), a_record("2", bytes(600_000))]],
    ids=["many", "without an id", "large"],
)
async def test_a_door_that_breaks_the_desks_limits_is_told(tmp_path: Path, records: list[Record]) -> None:
    centre = await receiving(tmp_path)
    with pytest.raises(ValueError, match=r"accepted|bytes"):
        await centre.desk.take(ORIGIN, Door.BULK, records)


async def test_a_record_beyond_the_wires_limits_is_refused(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    with pytest.raises(WireError, match="names"):
        await centre.desk.take(ORIGIN, Door.BULK, [a_record("i" * 1001)])


async def test_bodies_wait_in_order_and_one_agencys_many_hold_up_no_other(tmp_path: Path) -> None:
    desk, others = (await receiving(tmp_path)).desk, [Origin(f"xa-{number}", "c") for number in range(4)]
    order: list[str] = []
    go = asyncio.Event()

    async def come(origin: Origin) -> None:
        async with desk.admit(origin, bytes_=1):
            order.append(origin.agency)
            await go.wait()

    async with asyncio.TaskGroup() as group:
        for origin in [ORIGIN] * 8 + others:
            group.create_task(come(origin))
        await asyncio.sleep(0)
        assert order == ["so-y-te", "so-y-te", "xa-0", "xa-1"]
        go.set()
    assert order[4:6] == ["xa-2", "xa-3"]
    assert order.count("so-y-te") == 8


async def test_an_agency_with_too_many_bodies_at_the_desk_is_told_so(tmp_path: Path) -> None:
    desk = (await receiving(tmp_path)).desk
    desk.shares = Shares(1)
    async with desk.admit(ORIGIN, bytes_=1):
        with pytest.raises(StoreBusy, match="under way"):
            async with desk.admit(ORIGIN, bytes_=1):
                pass
        async with desk.admit(Origin("ubnd", "c2"), bytes_=1):
            pass
    async with desk.admit(ORIGIN, bytes_=1):
        pass


async def test_what_waits_counts_in_the_memory_of_all(tmp_path: Path) -> None:
    desk = (await receiving(tmp_path)).desk
    desk.memory = Memory(100)
    async with desk.admit(ORIGIN, bytes_=50):
        with desk.memory.held(1), pytest.raises(StoreBusy, match="on its way"):
            async with desk.admit(Origin("ubnd", "c2"), bytes_=50):
                pass
    assert desk.memory.held_bytes == 0


async def test_a_noisy_agency_waits_as_long_as_it_was_ahead_and_no_other_does(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    desk, other = centre.desk, Origin("ubnd", "c2")
    desk.allowances = Allowances(Rates(events_per_second=1, bytes_per_second=1 << 20, burst_seconds=10))
    said = io.StringIO()
    desk.log = open_log(said)
    taken, waits = dict.fromkeys((ORIGIN, other), 0), list[tuple[Origin, timedelta]]()
    for second in range(60):
        for origin, wanted in ((ORIGIN, 5), (other, 1)):
            for number in range(wanted):
                try:
                    async with desk.admit(origin, bytes_=40):
                        await desk.take(origin, Door.RELP, [a_record(f"{origin} {second} {number}")])
                except StoreBusy as busy:
                    waits.append((origin, busy.wait))
                else:
                    taken[origin] += 1
        await centre.clock.advance(timedelta(seconds=1))
    assert taken[other] == 60
    assert 69 <= taken[ORIGIN] <= 71
    assert {origin for origin, _ in waits} == {ORIGIN}
    assert max(wait for _, wait in waits) <= timedelta(seconds=1)
    assert len([line for line in said.getvalue().splitlines() if "limited" in line]) == 1


async def test_bytes_are_counted_as_events_are(tmp_path: Path) -> None:
    desk = (await receiving(tmp_path)).desk
    desk.allowances = Allowances(Rates(events_per_second=1000, bytes_per_second=100, burst_seconds=1))
    await desk.take(ORIGIN, Door.RELP, [a_record("1", b"x" * 1000)])
    with pytest.raises(StoreBusy) as refused:
        async with desk.admit(ORIGIN, bytes_=1):
            pass
    assert timedelta(seconds=9) < refused.value.wait < timedelta(seconds=12)


async def test_names_and_gaps_are_booked_as_records_are(tmp_path: Path) -> None:
    desk = (await receiving(tmp_path)).desk
    desk.allowances = Allowances(Rates(events_per_second=1, bytes_per_second=100, burst_seconds=1))
    gaps = tuple(Gap("s" * 50, n, n, "w" * 50, 0) for n in range(1, 12))
    await desk.accept(Batch(1, ORIGIN, "boot", 0, 12, (), gaps), ORIGIN)
    assert desk.allowances.wait_s(ORIGIN.agency, 0) > 10
    desk.allowances = Allowances(Rates(events_per_second=10, bytes_per_second=100, burst_seconds=1))
    await desk.take(ORIGIN, Door.RELP, [a_record("i" * 1000, b"")])
    assert desk.allowances.wait_s(ORIGIN.agency, 0) > 9


async def test_refused_bodies_are_booked_and_no_wait_is_longer_than_five_minutes(tmp_path: Path) -> None:
    desk = (await receiving(tmp_path)).desk
    desk.allowances = Allowances(Rates(1000, REFUSED_BYTES / 3600, 3600))
    for _ in range(2):
        with pytest.raises(WireError):
            async with desk.admit(ORIGIN, bytes_=1):
                raise WireError("a bomb")
    with pytest.raises(StoreBusy) as refused:
        async with desk.admit(ORIGIN, bytes_=1):
            pass
    assert refused.value.wait == timedelta(minutes=5)


async def test_what_the_store_refused_is_not_booked(tmp_path: Path) -> None:
    desk = (await receiving(tmp_path, feeds=_BusyOnce())).desk
    desk.allowances = Allowances(Rates(1, 1 << 20, 1))
    for _ in range(2):
        with suppress(StoreBusy):
            async with desk.admit(ORIGIN, bytes_=1):
                await desk.take(ORIGIN, Door.RELP, [a_record("1"), a_record("2")])
    with pytest.raises(StoreBusy) as refused:
        async with desk.admit(ORIGIN, bytes_=1):
            pass
    assert refused.value.wait == timedelta(seconds=1)


async def test_failures_are_counted_by_address_and_their_secrets_not_said(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    said = io.StringIO()
    centre.desk.log = open_log(said)
    header = f"Basic {base64.b64encode(b'k1:the secret').decode()}"
    for address in ["10.0.0.1"] * 21 + ["10.0.0.2"]:
        with pytest.raises(AuthError):
            centre.desk.by_key(header, address)
    assert centre.desk.failures.many(20, 0) == {"10.0.0.1": 21}
    lines = said.getvalue().splitlines()
    assert [json.loads(line)["count"] for line in lines] == [1, 20, 1]
    assert "secret" not in said.getvalue()
    assert header not in said.getvalue()


async def test_the_uploads_of_all_senders_of_an_agency_are_bounded(tmp_path: Path) -> None:
    desk = (await receiving(tmp_path)).desk
    with ExitStack() as held:
        for number in range(UPLOADS_EACH):
            held.enter_context(desk.upload(Origin("ubnd", f"c{number}")))
        with pytest.raises(StoreBusy), desk.upload(Origin("ubnd", "another")):
            pass
        with desk.upload(ORIGIN):
            pass
    with desk.upload(Origin("ubnd", "another")):
        pass


async def test_what_one_agency_has_on_its_way_leaves_room_for_others(tmp_path: Path) -> None:
    desk = (await receiving(tmp_path)).desk
    half = desk.memory.most_bytes // 2
    async with desk.admit(ORIGIN, bytes_=half):
        with pytest.raises(StoreBusy):
            async with desk.admit(ORIGIN, bytes_=1):
                pass
        async with desk.admit(Origin("ubnd", "c2"), bytes_=half):
            pass


async def test_one_senders_uploads_are_bounded_and_given_back(tmp_path: Path) -> None:
    desk = (await receiving(tmp_path)).desk
    held = [desk.upload(ORIGIN) for _ in range(UPLOADS_AT_ONCE)]
    for upload in held:
        upload.__enter__()
    with pytest.raises(StoreBusy), desk.upload(ORIGIN):
        pass
    with desk.upload(Origin("ubnd", "c2")):
        pass
    for upload in held:
        upload.__exit__(None, None, None)
    with desk.upload(ORIGIN):
        pass
