"""Beats: documents are acknowledged when they are stored and fed, and never before."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from pylogbeat import PyLogBeatClient
from support.beats import batch, compressed, document, window
from support.centre import Receiving, receiving
from support.doors import (
    ORIGIN,
    Caller,
    Faulty,
    Listening,
    call,
    certified,
    doorway,
    moved_until,
    open_stream_door,
    receipts,
    revoked,
    stored,
)

from soc.gateway.beats import Beats
from soc.gateway.desk import Door
from soc.gateway.hearing import CONNECTIONS_EACH
from soc.gateway.limits import Shares
from soc.gateway.lumberjack import acknowledged
from soc.kernel.errors import AuthError, StoreBusy, WireError
from soc.model.event import Mark


@dataclass(frozen=True, slots=True)
class Open:
    """A Beats door that listens."""

    centre: Receiving
    door: Listening
    serial: str

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Caller]:
        async with call(self.centre, self.door.port) as caller:
            yield caller


@asynccontextmanager
async def beats(
    folder: Path, writer: Faulty | None = None, *, connections: int = CONNECTIONS_EACH
) -> AsyncIterator[Open]:
    centre = await receiving(folder, writer=writer)
    serial = await certified(centre)
    way = replace(doorway(centre, Door.BEATS, "json"), _talks=Shares(connections))
    async with open_stream_door(centre, Beats(way).serve) as door:
        yield Open(centre, door, serial)


def some(count: int, *, id_: str = "") -> list[bytes]:
    own: dict[str, Any] = {"@metadata": {"beat": "winlogbeat"} | ({"_id": id_} if id_ else {})}
    return [json.dumps(own | {"n": n}).encode() for n in range(count)]


async def test_a_window_is_stored_and_acknowledged_by_its_last_number(tmp_path: Path) -> None:
    async with beats(tmp_path) as open_, open_.session() as caller:
        await caller.say(batch(some(10), first=5))
        assert await caller.hear(6) == acknowledged(14)
        events = await stored(open_.centre)
        assert (len(events), {(event.origin, event.source) for event in events}) == (10, {(ORIGIN, "beats")})


async def test_nothing_is_acknowledged_before_all_is_stored(tmp_path: Path) -> None:
    faulty = Faulty()
    async with beats(tmp_path, faulty) as open_, open_.session() as caller:
        await caller.say(batch(some(3)))
        await faulty.asked.wait()
        assert caller.heard_nothing()
        faulty.may_go_on.set()
        assert await caller.hear(6) == acknowledged(3)


async def test_while_the_centre_is_busy_the_sender_is_told_that_somebody_is_here(tmp_path: Path) -> None:
    faulty = Faulty()
    faulty.busy(times=6)
    async with beats(tmp_path, faulty) as open_, open_.session() as caller, asyncio.TaskGroup() as group:
        await caller.say(batch(some(3)))
        heard = group.create_task(caller.hear(18))
        await moved_until(open_.centre.clock, heard.done, sleepers=2)
        assert heard.result() == acknowledged(0) * 2 + acknowledged(3)
        assert len(await stored(open_.centre, faulty.store)) == 3


async def test_a_centre_that_stays_busy_ends_the_connection_and_acknowledges_nothing(tmp_path: Path) -> None:
    faulty = Faulty()
    faulty.busy(times=100)
    async with beats(tmp_path, faulty) as open_, open_.session() as caller, asyncio.TaskGroup() as group:
        await caller.say(batch(some(3)))
        heard = group.create_task(caller.hear_end())
        await moved_until(open_.centre.clock, heard.done, sleepers=2)
        assert set(zip(*[iter(heard.result())] * 6, strict=True)) == {tuple(acknowledged(0))}
        assert isinstance(open_.door.ended[0], StoreBusy)


async def test_a_window_without_end_is_acknowledged_part_by_part(tmp_path: Path) -> None:
    async with beats(tmp_path) as open_, open_.session() as caller:
        said = b"".join(document(seq, raw) for seq, raw in enumerate(some(2500), 1))
        await caller.say(window(2**32 - 1) + compressed(said))
        assert await caller.hear(12) == acknowledged(1000) + acknowledged(2000)
        await caller.say(window(1) + document(1, b"{}"))
        assert await caller.hear(12) == acknowledged(2500) + acknowledged(1)
        assert sum(receipt.stored for receipt in await receipts(open_.centre)) == 2501


async def test_large_documents_are_stored_as_they_come(tmp_path: Path) -> None:
    async with beats(tmp_path) as open_, open_.session() as caller:
        await caller.say(batch([b'"' + b"x" * 600_000 + b'"'] * 3))
        assert await caller.hear(12) == acknowledged(2) + acknowledged(3)


async def test_an_empty_window_is_nothing(tmp_path: Path) -> None:
    async with beats(tmp_path) as open_, open_.session() as caller:
        await caller.say(window(0) + window(1) + document(1, b"{}"))
        assert await caller.hear(6) == acknowledged(1)


async def test_a_document_that_nobody_can_read_is_kept_and_acknowledged(tmp_path: Path) -> None:
    async with beats(tmp_path) as open_, open_.session() as caller:
        raws = [
            b"no JSON",
            b"[1]",
            b"",
            b"[" * 10_000,
            b'{"@metadata":7}',
            b'{"m":"\xff"}',
            b'{"@metadata":{"_id":5}}',
        ]
        await caller.say(batch(raws))
        assert await caller.hear(6) == acknowledged(len(raws))
        events = await stored(open_.centre)
        assert sum(Mark.QUARANTINED in event.marks for event in events) == 4
        assert len(events) == len(raws)


@pytest.mark.parametrize("id_", ["", "1"])
async def test_a_window_that_comes_again_is_stored_once(tmp_path: Path, id_: str) -> None:
    async with beats(tmp_path) as open_:
        for _ in range(2):
            async with open_.session() as caller:
                await caller.say(batch(some(10, id_=id_)))
                assert await caller.hear(6) == acknowledged(10)
        assert len(await stored(open_.centre)) == 10


async def test_equal_documents_of_one_window_are_as_many_events_unless_their_sender_names_them(
    tmp_path: Path,
) -> None:
    async with beats(tmp_path) as open_, open_.session() as caller:
        await caller.say(batch(some(1) * 5))
        assert await caller.hear(6) == acknowledged(5)
        assert len(await stored(open_.centre)) == 5
        await caller.say(batch(some(1, id_="1") * 5))
        assert await caller.hear(6) == acknowledged(5)
        assert len(await stored(open_.centre)) == 6


@pytest.mark.parametrize("words", [b"GET / HTTP/1.1\r\n\r\n", document(1, b"{}")])
async def test_who_does_not_speak_as_beats_do_is_sent_away(tmp_path: Path, words: bytes) -> None:
    async with beats(tmp_path) as open_, open_.session() as caller:
        await caller.say(words)
        assert await caller.hear_end() == b""
        assert isinstance(open_.door.ended[0], WireError)


async def test_only_what_came_after_the_last_word_that_was_heard_may_be_a_repeat(tmp_path: Path) -> None:
    first, second, third = some(3)
    async with beats(tmp_path) as open_:
        async with open_.session() as caller:
            for raw in (first, second):
                await caller.say(batch([raw]))
                assert await caller.hear(6) == acknowledged(1)
        await moved_until(open_.centre.clock, lambda: bool(open_.door.ended))
        async with open_.session() as caller:
            await caller.say(batch([third, first, second]))
            assert await caller.hear(6) == acknowledged(3)
        told = [(one.stored, one.repeats) for one in await receipts(open_.centre)]
        assert told == [(1, 0), (1, 0), (3, 1)]


async def test_what_is_unfinished_counts_in_the_memory_of_all(tmp_path: Path) -> None:
    async with beats(tmp_path) as open_:
        memory = open_.centre.desk.memory
        with memory.held(memory.most_bytes - 1000):
            async with open_.session() as caller:
                await caller.say(window(1) + document(1, b'"' + b"x" * 2000)[:-1])
                assert await caller.hear_end() == b""
        assert isinstance(open_.door.ended[0], StoreBusy)
        async with open_.session() as caller:
            await caller.say(window(2) + document(1, b"{}" + b" " * 500))
            await moved_until(open_.centre.clock, lambda: memory.held_bytes == 502)
            await caller.say(document(2, b"{}"))
            assert await caller.hear(6) == acknowledged(2)
            await moved_until(open_.centre.clock, lambda: not memory.held_bytes)


async def test_an_agency_has_so_many_connections_whatever_they_say(tmp_path: Path) -> None:
    async with beats(tmp_path, connections=1) as open_:
        async with open_.session() as caller:
            await caller.say(batch(some(1)))
            assert await caller.hear(6) == acknowledged(1)
            async with open_.session() as other:
                assert await other.hear_end() == b""
        assert isinstance(open_.door.ended[0], StoreBusy)
        await moved_until(open_.centre.clock, lambda: len(open_.door.ended) > 1)
        async with open_.session() as caller:
            await caller.say(batch(some(1)))
            assert await caller.hear(6) == acknowledged(1)


async def test_half_a_window_is_not_acknowledged(tmp_path: Path) -> None:
    async with beats(tmp_path) as open_, open_.session() as caller:
        await caller.say(window(2) + document(1, b"{}"))
        caller.writer.transport.abort()
        await moved_until(open_.centre.clock, lambda: bool(open_.door.ended))
        assert isinstance(open_.door.ended[0], EOFError | OSError)
        assert await stored(open_.centre) == []


async def test_a_revoked_certificate_ends_a_conversation_at_its_next_window(tmp_path: Path) -> None:
    async with beats(tmp_path) as open_, open_.session() as caller:
        await revoked(open_.centre, open_.serial)
        await caller.say(batch(some(1)))
        assert await caller.hear_end() == b""
        assert isinstance(open_.door.ended[0], AuthError)
        assert await stored(open_.centre) == []


async def test_the_python_client_of_beats_delivers(tmp_path: Path) -> None:
    async with beats(tmp_path) as open_:
        files = {"certfile": "sender.pem", "keyfile": "sender.key", "ca_certs": "ca.pem"}
        client = PyLogBeatClient(
            "127.0.0.1",
            open_.door.port,
            timeout=5,
            ssl_enable=True,
            ssl_verify_flags=ssl.VerifyFlags.VERIFY_DEFAULT,
            **{name: str(tmp_path / file) for name, file in files.items()},
        )
        await asyncio.to_thread(client.connect)
        for start in range(0, 1000, 250):
            await asyncio.to_thread(client.send, [{"n": n} for n in range(start, start + 250)])
        await asyncio.to_thread(client.close)
        assert sum(receipt.stored for receipt in await receipts(open_.centre)) == 1000
