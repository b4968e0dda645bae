"""What a sender may not know to be stored is a possible repeat when it comes again under another id."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from support.centre import Receiving, receiving
from support.doors import ORIGIN, Faulty, doorway, receipts

from soc.gateway.desk import Door
from soc.gateway.doorway import PATIENCE, Doorway
from soc.gateway.limits import Allowances, Rates
from soc.gateway.visit import DOUBTED, UNTOLD, Doubts, portions
from soc.kernel.errors import StoreBusy
from soc.model.identity import Origin
from soc.model.record import Record
from soc.wire.codec import MAX_RECORD_BYTES
from soc.wire.messages import MAX_RECORDS

LINES = [b"<13>Nov 24 08:00:00 host app: %d" % n for n in range(5)]


async def sent(
    way: Doorway,
    lines: list[bytes],
    *,
    told: bool,
    own_id: str = "",
    origin: Origin = ORIGIN,
    patience: timedelta = PATIENCE,
) -> None:
    with way.visit() as visit:
        records = [
            record
            for line in lines
            for record in way.records(line, "10.0.0.1", own_id and own_id + str(line))
        ]
        await visit.take(origin, records, patience=patience)
        if told:
            visit.told()


async def repeats(centre: Receiving) -> list[int]:
    return [receipt.repeats for receipt in await receipts(centre)]


async def test_what_comes_again_after_a_conversation_that_broke_is_counted(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    way = doorway(centre, Door.RELP, "syslog")
    await sent(way, LINES[:3], told=False)
    await sent(way, LINES[1:], told=True)
    assert await repeats(centre) == [0, 2]


async def test_what_a_sender_knows_of_is_no_repeat(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    way = doorway(centre, Door.RELP, "syslog")
    await sent(way, LINES, told=True)
    await sent(way, LINES, told=True)
    assert await repeats(centre) == [0, 0]


async def test_what_comes_again_under_its_own_id_or_from_another_is_no_repeat(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    way = doorway(centre, Door.BULK, "syslog")
    await sent(way, LINES, told=False, own_id="id:")
    await sent(way, LINES, told=False, own_id="id:")
    await sent(way, LINES, told=False, origin=Origin("so-y-te", "sender-2"))
    assert await repeats(centre) == [0, 0, 0]
    assert (await receipts(centre))[1].known == 5


async def test_what_was_refused_and_comes_twice_is_stored_twice_and_counted_once(tmp_path: Path) -> None:
    faulty = Faulty()
    faulty.busy()
    centre = await receiving(tmp_path, writer=faulty)
    way = doorway(centre, Door.BULK, "syslog")
    with pytest.raises(StoreBusy):
        await sent(way, LINES, told=True, own_id="body:1", patience=timedelta(0))
    for own_id in ("body:2", "body:2", "body:3"):
        await sent(way, LINES, told=True, own_id=own_id)
    assert [(one.stored, one.repeats) for one in await receipts(centre)] == [(5, 0), (0, 0), (5, 5)]


async def test_between_two_portions_of_one_sender_others_have_their_turn(tmp_path: Path) -> None:
    faulty = Faulty()
    centre = await receiving(tmp_path, writer=faulty)
    centre.desk.places = asyncio.Semaphore(1)
    centre.desk.allowances = Allowances(Rates(events_per_second=1, bytes_per_second=1000, burst_seconds=1))
    way, other = doorway(centre, Door.BULK, "syslog"), Origin("ubnd", "c2")
    many = [b"<13>Nov 24 08:00:00 host app: %d" % n for n in range(2 * MAX_RECORDS)]
    async with asyncio.TaskGroup() as group:
        group.create_task(sent(way, many, told=True))
        await faulty.asked.wait()
        group.create_task(sent(way, LINES, told=True, origin=other))
        await asyncio.sleep(0)
        faulty.may_go_on.set()
    assert [one.stored for one in await receipts(centre)] == [MAX_RECORDS, len(LINES), MAX_RECORDS]


def test_no_more_is_remembered_than_fits() -> None:
    doubts = Doubts()
    doubts.stored((str(n), "first") for n in range(DOUBTED + 1))
    assert not doubts.hear("0", "other")
    assert doubts.hear("1", "other")
    doubts.refused(["late"])
    assert not doubts.hear("1", "other")
    doubts.refused([str(DOUBTED)])
    assert doubts.hear(str(DOUBTED), "other")
    assert UNTOLD < DOUBTED


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], []),
        ([MAX_RECORD_BYTES] * 2, [1, 1]),
        ([0, MAX_RECORD_BYTES, 1], [2, 1]),
        ([1] * 2001, [1000, 1000, 1]),
        ([600_000] * 3, [1, 1, 1]),
        ([500_000] * 3, [2, 1]),
    ],
)
def test_records_are_cut_into_what_the_desk_takes_at_once(sizes: list[int], expected: list[int]) -> None:
    records = [Record("s", "json", bytes(size), n, "2026-11-24", "UTC") for n, size in enumerate(sizes)]
    parts = list(portions(records))
    assert [len(part) for part in parts] == expected
    assert [record for part in parts for record in part] == records
