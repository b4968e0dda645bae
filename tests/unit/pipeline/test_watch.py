"""The watch says once when a collector falls silent or a record is missing, as an event like any other."""

import asyncio
import io
from datetime import timedelta
from pathlib import Path

import msgspec
from support import delivered
from support.centre import Receiving, receiving

from soc.kernel.logs import open_log
from soc.model.event import Event, Fields
from soc.model.identity import SOC_AGENCY, Origin, province
from soc.pipeline.accounts import open_accounts
from soc.pipeline.selfreport import SelfReport
from soc.pipeline.watch import run_watch
from soc.ports.events import Query
from soc.stores.snapshots import MemorySnapshots
from soc.wire.messages import Batch, Beat, Gap

ORIGIN = Origin("so-y-te", "c1")


def a_batch(first_seq: int, *, gaps: tuple[Gap, ...] = ()) -> Batch:
    return Batch(1, ORIGIN, "boot", 0, first_seq, (), gaps)


class _Heard(SelfReport):
    """Tells when something was said; saying it takes a thread's time, not the clock's."""

    def __init__(self, centre: Receiving) -> None:
        super().__init__(centre.intake, centre.clock, "boot")
        self.said = asyncio.Semaphore(0)

    async def emit(self, kind: str, about: str, fields: Fields, *, exercise: str | None = None) -> None:
        await super().emit(kind, about, fields, exercise=exercise)
        self.said.release()


async def watched(centre: Receiving, duration: timedelta, *, expected: int) -> list[Event]:
    """Run the watch for *duration* and return what the SOC said of itself."""
    report = _Heard(centre)
    watch = run_watch(
        accounts=await open_accounts(centre.feeds, MemorySnapshots(), centre.clock),
        report=report,
        clock=centre.clock,
        log=open_log(io.StringIO()),
    )
    async with asyncio.TaskGroup() as group:
        task = group.create_task(watch)
        await centre.clock.advance(duration)
        for _ in range(expected):
            await report.said.acquire()
        task.cancel()
    page = await centre.events.search(province(None), Query(), limit=50)
    return [event for event in page.events if event.origin.agency == SOC_AGENCY]


async def test_a_copied_spool_is_said_with_both_starts(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    for boot in ("one", "two"):
        batch = delivered.a_batch(1, [delivered.a_record(1)], spool="s", acked_seq=1)
        await centre.intake.accept(msgspec.structs.replace(batch, boot=boot), ORIGIN)
    (event,) = await watched(centre, timedelta(seconds=10), expected=1)
    assert (event.fields["kind"], event.fields["starts"]) == ("clone", ["one", "two"])


async def test_silence_is_said_once(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    await centre.intake.beat(Beat(1, ORIGIN, "boot", 0, 1, 1, (), 0, "0.1.0"), ORIGIN)
    assert await watched(centre, timedelta(minutes=10), expected=0) == []
    (event,) = await watched(centre, timedelta(minutes=30), expected=1)
    assert (event.fields["kind"], event.fields["collector"]) == ("silence", "c1")
    assert event.logsources[0].product == "soc"


async def test_a_missing_record_is_said_with_its_number(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    gap = Gap("auth", 4, 5, "spool full", 0)
    await centre.intake.accept(a_batch(6, gaps=(gap,)), ORIGIN)
    (shed,) = await watched(centre, timedelta(seconds=10), expected=1)
    assert (shed.fields["kind"], shed.fields["missing"]) == ("shed", 2)
    await centre.intake.beat(Beat(1, ORIGIN, "boot", 0, 6, 6, (), 0, "0.1.0"), ORIGIN)
    found = await watched(centre, timedelta(seconds=10), expected=2)
    assert sorted((event.fields["kind"], event.fields["missing"]) for event in found) == [
        ("gap", 3),
        ("shed", 2),
    ]
