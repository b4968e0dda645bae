"""The live event log of Windows, played by one that keeps events in memory: each once, whatever happens."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO

import msgspec
from support.sending import received, running

from collectors.reading import Reading, Stamp
from collectors.sources.windows import AGAIN, NOT_FOUND, POLL, STALE, EventLogRefused, Events, WindowsLog
from soc.kernel.channel import Channel
from soc.kernel.clock import ManualClock
from soc.kernel.ids import digest
from soc.kernel.logs import open_log

ACCESS_DENIED = 5
XML = (
    '<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><EventID>4624</EventID>'
    "<EventRecordID>{}</EventRecordID></System></Event>"
)


@dataclass
class PlayedLog:
    """Records by rising number; refuses with what is put into ``faults``."""

    first: int = 1
    events: list[str] = field(default_factory=list)
    faults: list[EventLogRefused] = field(default_factory=list)
    subscribed: list[str] = field(default_factory=list)

    def write(self, count: int) -> None:
        behind = self.first + len(self.events)
        self.events += [XML.format(number) for number in range(behind, behind + count)]

    def subscribe(self, channel: str, bookmark: str) -> "Played":
        assert channel == "Security"
        self.subscribed.append(bookmark)
        self.fail()
        at = int(bookmark or 0)
        if bookmark and not self.first <= at < self.first + len(self.events):
            raise EventLogRefused(NOT_FOUND, "Element not found.")
        return Played(self, max(at + 1, self.first))

    def fail(self) -> None:
        if self.faults:
            raise self.faults.pop(0)


@dataclass
class Played:
    log: PlayedLog
    next: int

    def take(self, count: int) -> Events:
        self.log.fail()
        start = self.next - self.log.first
        found = self.log.events[start : start + count]
        self.next += len(found)
        return Events(found, str(self.next - 1) if found else "")

    def close(self) -> None:
        self.next = -1


@dataclass
class Machine:
    """A source that reads the played log."""

    played: PlayedLog
    clock: ManualClock
    said: StringIO
    out: Channel[Reading]
    states: dict[str, bytes]

    async def numbers(self, count: int) -> list[int]:
        """Return the numbers of the next records."""
        records = await received(self.out, count)
        found = [msgspec.json.decode(record.raw) for record in records]
        return [int(event["Event"]["System"]["EventRecordID"]) for event in found]


@asynccontextmanager
async def machine(played: PlayedLog, states: dict[str, bytes] | None = None) -> AsyncIterator[Machine]:
    clock, said = ManualClock(datetime(2026, 11, 24, tzinfo=UTC)), StringIO()
    source = WindowsLog(("Security",), Stamp("w", "windows_json", "UTC", clock), open_log(said), played)
    source.resume(states or {})
    async with running(source) as out:
        yield Machine(played, clock, said, out, states or {})


async def passing(clock: ManualClock, step: timedelta, reached: Callable[[], bool]) -> None:
    """Let time pass until it is so."""
    async with asyncio.timeout(5):
        while not reached():
            await clock.advance(step)
            await asyncio.sleep(0.01)


async def test_events_come_in_order_with_the_bookmark_behind_them() -> None:
    played = PlayedLog()
    played.write(250)
    async with machine(played) as pc:
        numbers: list[int] = []
        bookmarks: list[bytes] = []
        async with asyncio.timeout(5):
            async for reading in pc.out:
                numbers += [len(reading.records)]
                bookmarks += reading.states.values()
                if sum(numbers) == 250:
                    break
    assert (numbers, bookmarks) == ([100, 100, 50], [b"100", b"200", b"250"])
    assert played.subscribed == [""]


async def test_a_restart_goes_on_behind_the_bookmark() -> None:
    played = PlayedLog()
    played.write(5)
    states: dict[str, bytes] = {}
    async with machine(played) as first, asyncio.timeout(5):
        async for reading in first.out:
            states = dict(reading.states)
            break
    played.write(2)
    async with machine(played, states) as second:
        assert await second.numbers(2) == [6, 7]


async def test_a_stale_subscription_is_made_again_from_the_bookmark() -> None:
    played = PlayedLog()
    played.write(3)
    async with machine(played) as pc:
        assert await pc.numbers(3) == [1, 2, 3]
        played.faults.append(EventLogRefused(STALE, "The query result is stale."))
        await passing(pc.clock, POLL, lambda: len(played.subscribed) == 2)
        played.write(1)
        await pc.clock.advance(POLL)
        await pc.clock.advance(POLL)
        assert await pc.numbers(1) == [4]
    assert played.subscribed == ["", "3"]
    assert "stale" in pc.said.getvalue()


async def test_a_bookmark_whose_record_is_gone_means_the_oldest_that_is_left() -> None:
    played = PlayedLog(first=500)
    played.write(2)
    async with machine(played, {f"w/{digest('security')}": b"7"}) as pc:
        await passing(pc.clock, POLL, lambda: len(played.subscribed) == 2)
        assert await pc.numbers(2) == [500, 501]
    assert played.subscribed == ["7", ""]


async def test_a_channel_that_may_not_be_read_is_said_once_and_tried_again_after_a_minute() -> None:
    played = PlayedLog(faults=[EventLogRefused(ACCESS_DENIED, "Access is denied.") for _ in range(3)])
    played.write(1)
    async with machine(played) as pc:
        await passing(pc.clock, timedelta(0), lambda: len(played.subscribed) == 1)
        await pc.clock.advance(AGAIN / 2)
        assert len(played.subscribed) == 1
        await passing(pc.clock, AGAIN, lambda: len(played.subscribed) == 4)
        assert await pc.numbers(1) == [1]
    assert pc.said.getvalue().count("Access is denied.") == 1


async def test_what_is_no_xml_is_kept_as_it_is() -> None:
    played = PlayedLog(events=["<Event", XML.format(2)])
    async with machine(played) as pc:
        records = await received(pc.out, 2)
    assert [record.raw[:6] for record in records] == [b"<Event", b'{"Even']
