"""Senders that wait for an answer lose nothing to a store that cannot write, for however long."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from support.centre import Receiving, receiving
from support.doors import Faulty, certified, door_tls, doorway, open_bulk, open_stream_door, receipts
from support.numbered import COUNT, each_once, sender_in
from support.programs import javascript_bulk, rsyslogd, syslog_ng
from support.senders import NG_TO_BULK, TO_BULK, TO_RELP, WITH_ID, beats_send, documents, python_bulk

from soc.gateway.beats import Beats
from soc.gateway.bulk import LATER, Bulk
from soc.gateway.desk import Door
from soc.gateway.doorway import PATIENCE
from soc.gateway.relp import Relp
from soc.kernel.errors import StoreBusy, StoreError
from soc.model.identity import province
from soc.ports.events import Query

NUMBER = re.compile(r"number (\d+) ")
LAST_BATCH = 7
"""rsyslog sends a thousand lines in eight batches of 128; after so many the last one is to come."""
TRIES = 450
"""Writes that fail in a row: three for each of more refusals than a batch of rsyslog has documents."""
GIVEN_UP = 2 * (PATIENCE // StoreBusy("").wait + 1)
"""Writes that fail in a row until a stream door has given up at least once."""
STEP = LATER + timedelta(seconds=1)


@dataclass(slots=True)
class Refusing:
    """A door over a store that fails when told; its clock runs as soon as somebody waits by it."""

    centre: Receiving
    store: Faulty
    sender: Path
    port: int = 0

    @property
    def files(self) -> Mapping[str, Path]:
        """Paths of ``ca``, ``cert`` and ``key`` for a sender."""
        names = {"ca": "ca.pem", "cert": "sender.pem", "key": "sender.key"}
        return {kind: self.centre.folder / name for kind, name in names.items()}

    def fails(self, *, after: int, times: int, error: StoreError) -> None:
        """Let *after* writes succeed and the *times* next ones not."""
        self.store.refusals = [None] * after + [error] * times
        self.store.may_go_on.set()

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait until *done*, the refusals are over and each line is stored."""
        async with asyncio.timeout(9):
            while not (done() and set(await self.stored()) == set(range(COUNT))):
                await self.centre.clock.advance(STEP)
                await asyncio.sleep(0.003)

    async def stored(self) -> Counter[int]:
        """Return how often each number is stored."""
        events = [event.original async for event in self.store.store.stream(province(None), Query())]
        return Counter(int(found[1]) for found in map(NUMBER.search, events) if found)


async def refusing(folder: Path) -> Refusing:
    store = Faulty()
    centre = await receiving(folder, writer=store)
    await certified(centre)
    return Refusing(centre, store, sender_in(folder))


@pytest_asyncio.fixture
async def door(tmp_path: Path) -> AsyncIterator[Refusing]:
    centre = await refusing(tmp_path)
    application = Bulk(doorway(centre.centre, Door.BULK, "json"), "9.1.0", 100 << 20).application()
    async with open_bulk(application, door_tls(centre.centre)) as centre.port:
        yield centre


@pytest_asyncio.fixture
async def relp(tmp_path: Path) -> AsyncIterator[Refusing]:
    centre = await refusing(tmp_path)
    serve = Relp(doorway(centre.centre, Door.RELP, "syslog")).serve
    async with open_stream_door(centre.centre, serve) as listening:
        centre.port = listening.port
        yield centre


@pytest_asyncio.fixture
async def beats(tmp_path: Path) -> AsyncIterator[Refusing]:
    centre = await refusing(tmp_path)
    serve = Beats(doorway(centre.centre, Door.BEATS, "json")).serve
    async with open_stream_door(centre.centre, serve) as listening:
        centre.port = listening.port
        yield centre


@pytest.mark.parametrize(
    ("after", "error"),
    [(3, StoreBusy("busy")), (LAST_BATCH, StoreError("full"))],
    ids=["busy in the middle", "full at the end"],
)
@pytest.mark.parametrize("options", ["", WITH_ID], ids=["without id", "with id"])
async def test_rsyslog_outlasts_more_refusals_than_a_batch_has_documents(
    door: Refusing, options: str, after: int, error: StoreError
) -> None:
    door.fails(after=after, times=TRIES, error=error)
    with rsyslogd(door.sender, TO_BULK.format(port=door.port, options=options, **door.files)):
        await door.until(lambda: not door.store.refusals)
    assert await door.stored() == each_once()


async def test_syslog_ng_outlasts_refusals(door: Refusing) -> None:
    door.fails(after=3, times=9, error=StoreBusy("busy"))
    with syslog_ng(door.sender, NG_TO_BULK.format(port=door.port, **door.files)):
        await door.until(lambda: not door.store.refusals)
    assert await door.stored() == each_once()


@pytest.mark.parametrize("with_id", [False, True])
async def test_the_python_client_outlasts_refusals(door: Refusing, *, with_id: bool) -> None:
    door.fails(after=3, times=20, error=StoreBusy("busy"))
    sending = asyncio.create_task(asyncio.to_thread(python_bulk, door.files, door.port, with_id=with_id))
    await door.until(sending.done)
    assert await sending == COUNT
    assert await door.stored() == each_once()


async def test_the_javascript_client_outlasts_refusals(door: Refusing) -> None:
    door.fails(after=1, times=6, error=StoreBusy("busy"))
    url = f"https://localhost:{door.port}"
    sending = asyncio.create_task(
        asyncio.to_thread(javascript_bulk, url, documents(), files=door.files, helper={"flushBytes": 20_000})
    )
    await door.until(sending.done)
    found = await sending
    assert (found["successful"], found["failed"], found["dropped"]) == (COUNT, 0, 0)
    assert await door.stored() == each_once()


@pytest.mark.parametrize("error", [StoreBusy("busy"), StoreError("full")], ids=["busy", "full"])
async def test_rsyslog_over_relp_outlasts_connections_that_are_ended(
    relp: Refusing, error: StoreError
) -> None:
    relp.fails(after=3, times=GIVEN_UP, error=error)
    with rsyslogd(relp.sender, TO_RELP.format(port=relp.port, **relp.files)):
        await relp.until(lambda: not relp.store.refusals)
    found = await relp.stored()
    assert found.total() - COUNT <= sum(receipt.repeats for receipt in await receipts(relp.centre))


@pytest.mark.parametrize("error", [StoreBusy("busy"), StoreError("full")], ids=["busy", "full"])
async def test_windows_of_beats_outlast_connections_that_are_ended(
    beats: Refusing, error: StoreError
) -> None:
    beats.fails(after=3, times=GIVEN_UP, error=error)
    sending = asyncio.create_task(asyncio.to_thread(beats_send, beats.files, beats.port))
    await beats.until(sending.done)
    assert await sending >= 1
    assert await beats.stored() == each_once()
