"""A batch is answered only when stored and fed; a repetition changes nothing that counts."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from support.centre import NOW, Receiving, receiving

from soc.kernel.clock import to_ms
from soc.kernel.errors import StoreBusy
from soc.model.event import Event, Mark
from soc.model.heartbeat import ConfigurationState, Fate, SourceState
from soc.model.identity import Origin, RetentionClass, province
from soc.model.record import Record
from soc.pipeline.feeds import FeedReader
from soc.ports.events import Query, Written
from soc.stores.memory_log import MemoryLog
from soc.wire import codec
from soc.wire.feed import MAX_ENTRY_BYTES, FeedEntry, encode
from soc.wire.messages import MAX_GAPS, Batch, Beat, Gap

ORIGIN = Origin("so-y-te", "c1")
DAY_MS = 86_400_000
FAILED = b"Nov 24 08:00:00 h sshd[1]: Failed password for root from 203.0.113.66 port 5 ssh2"

LONG = FAILED.replace(b"root", b"r" * 200_000)
"""Takes long enough to scan that two threads would meet in it."""


def a_record(raw: bytes, offset: int = 0) -> Record:
    at_ms = to_ms(NOW)
    return Record("auth", "syslog", raw, at_ms, "2026-11-24", "UTC", fingerprint="f", offset=offset)


def a_batch(*records: Record, first_seq: int = 1, gaps: tuple[Gap, ...] = ()) -> Batch:
    return Batch(1, ORIGIN, "boot", to_ms(NOW) - 250, first_seq, records, gaps)


async def fed(centre: Receiving) -> list[FeedEntry]:
    return [entry async for entry in FeedReader(centre.feeds).fresh()]


async def test_a_batch_is_parsed_matched_stored_and_fed(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    gap = Gap("auth", 3, 4, "spool full", 0)
    receipt = await centre.intake.accept(a_batch(a_record(FAILED), a_record(b"?", 90), gaps=(gap,)), ORIGIN)
    assert (receipt.stored, receipt.quarantined, receipt.last_seq, receipt.gaps) == (2, 1, 2, (gap,))
    assert receipt.clock_offset_ms == 250
    (entry,) = await fed(centre)
    (signal,) = entry.signals
    assert (signal.agency, signal.collector, signal.fields["src_ip"]) == ("so-y-te", "c1", "203.0.113.66")
    assert entry.receipts == (receipt,)
    page = await centre.events.search(province(None), Query(), limit=10)
    assert {e.retention for e in page.events} == {RetentionClass.STANDARD, RetentionClass.QUARANTINE}
    assert sum(Mark.QUARANTINED in e.marks for e in page.events) == 1


async def test_a_day_that_cannot_be_is_the_day_of_receipt_so_that_nobody_makes_volumes_at_will(
    tmp_path: Path,
) -> None:
    centre = await receiving(tmp_path)
    given = ["0001-01-01", "2026-08-23", "2026-08-24", "2026-11-25", "2026-11-26", "9999-12-31"]
    records = [msgspec.structs.replace(a_record(b"?", n), day=day) for n, day in enumerate(given)]
    receipt = await centre.intake.accept(a_batch(*records), ORIGIN)
    found = (await centre.events.search(province(None), Query(), limit=10)).events
    assert receipt.stored == len(given)
    assert sorted(event.day for event in found) == ["2026-08-24", *["2026-11-24"] * 4, "2026-11-25"]
    assert all(event.record is not None and event.record.day == event.day for event in found)


async def test_no_entry_of_the_feed_is_larger_than_it_may_be(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    names = dict.fromkeys(("boot", "spool"), "\U0001f512" * codec.MAX_TEXT)
    gap = Gap("", 1, 1, "w" * (codec.MAX_GAPS_BYTES // MAX_GAPS - 60), 0)
    records = [a_record(FAILED, n * 100) for n in range(800)]
    batch = msgspec.structs.replace(a_batch(*records, gaps=(gap,) * MAX_GAPS), **names)
    receipt = await centre.intake.accept(codec.unpack(codec.pack(batch), Batch), ORIGIN)
    entries = await fed(centre)
    assert max(len(encode(entry)) for entry in entries) <= MAX_ENTRY_BYTES
    assert [found for entry in entries for found in entry.receipts] == [receipt]
    assert sum(len(entry.signals) for entry in entries) == 800
    assert entries[-1].receipts


async def test_a_batch_delivered_twice_is_stored_once(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    batch = a_batch(a_record(FAILED))
    await centre.intake.accept(batch, ORIGIN)
    again = await centre.intake.accept(batch, ORIGIN)
    assert (again.stored, again.known) == (0, 1)
    first, second = await fed(centre)
    assert first.signals[0].id == second.signals[0].id
    assert (await centre.events.search(province(None), Query(), limit=10)).total == 1


@pytest.mark.parametrize("days", [-1, 1])
async def test_a_collector_whose_clock_is_a_day_off_is_taken_and_its_clock_noted(
    tmp_path: Path, days: int
) -> None:
    centre = await receiving(tmp_path)
    record = msgspec.structs.replace(a_record(FAILED), read_at_ms=to_ms(NOW) + days * DAY_MS)
    batch = Batch(1, ORIGIN, "boot", to_ms(NOW) + days * DAY_MS, 1, (record,))
    receipt = await centre.intake.accept(batch, ORIGIN)
    assert (receipt.stored, receipt.clock_offset_ms) == (1, -days * DAY_MS)


class _Refusing:
    """A writer that is busy."""

    async def write(self, events: Sequence[Event]) -> Written:
        raise StoreBusy(f"{len(events)} events must wait")

    async def refresh(self) -> None:
        raise StoreBusy("not now")


async def test_nothing_is_fed_when_the_store_refused(tmp_path: Path) -> None:
    centre = await receiving(tmp_path, writer=_Refusing())
    with pytest.raises(StoreBusy):
        await centre.intake.accept(a_batch(a_record(FAILED)), ORIGIN)
    assert await fed(centre) == []


class _Forgetful(MemoryLog):
    """A log whose answer is lost once, after the record was written."""

    lost = False

    async def append(self, stream: str, n: int, head: bytes, parts: Sequence[bytes] = ()) -> None:
        await super().append(stream, n, head, parts)
        if not self.lost:
            self.lost = True
            raise StoreBusy("the answer was lost")


async def test_a_lost_answer_of_the_feed_is_overcome_by_the_next_delivery(tmp_path: Path) -> None:
    centre = await receiving(tmp_path, feeds=_Forgetful())
    batch = a_batch(a_record(FAILED))
    with pytest.raises(StoreBusy):
        await centre.intake.accept(batch, ORIGIN)
    await centre.intake.accept(batch, ORIGIN)
    assert len({signal.id for entry in await fed(centre) for signal in entry.signals}) == 1


async def test_a_new_day_begins_a_new_stream(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    await centre.intake.accept(a_batch(a_record(FAILED)), ORIGIN)
    await centre.clock.advance(NOW.replace(day=25) - NOW)
    await centre.intake.accept(a_batch(a_record(FAILED, 99), first_seq=2), ORIGIN)
    names = [end.name for end in await centre.feeds.streams("feed/")]
    assert names == ["feed/2026-11-24/g-b", "feed/2026-11-25/g-b"]


async def test_a_heartbeat_is_fed_with_the_centres_time(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    state = ConfigurationState(2, Fate.APPLIED, "ab")
    beat = Beat(
        *(1, ORIGIN, "boot", 1, 5, 4, (SourceState("auth", 1),), 10, "0.1.0"),
        *("spool", 100, 3, 1, state, 9),
    )
    await centre.intake.beat(beat, ORIGIN)
    (entry,) = await fed(centre)
    (heard,) = entry.heartbeats
    assert heard.received_at_ms == to_ms(NOW)
    said = {name: value for name, value in msgspec.structs.asdict(beat).items() if name != "version"}
    assert {name: getattr(heard, name) for name in said} == said


async def test_batches_that_come_together_are_all_read_right(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    batches = [
        a_batch(*(a_record(LONG, n * 1000 + i) for i in range(20)), first_seq=n * 20 + 1) for n in range(8)
    ]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(centre.intake.accept(batch, ORIGIN)) for batch in batches]
    assert sum(task.result().stored for task in tasks) == 160
    assert sum(len(entry.signals) for entry in await fed(centre)) == 160


async def test_a_batch_keeps_its_spool_and_one_through_a_door_has_no_numbers(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    batch = msgspec.structs.replace(a_batch(a_record(FAILED), first_seq=7), spool="s1", acked_seq=5)
    receipt = await centre.intake.accept(batch, ORIGIN)
    assert (receipt.first_seq, receipt.last_seq, receipt.spool, receipt.acked_seq) == (7, 7, "s1", 5)
    assert (receipt.door, receipt.repeats) == ("", 0)
    replayed = await centre.intake.accept(a_batch(a_record(b"?", 9)), ORIGIN, door="replay", repeats=1)
    assert (replayed.first_seq, replayed.last_seq, replayed.door, replayed.repeats) == (1, 0, "replay", 1)
    assert replayed.stored == 1
