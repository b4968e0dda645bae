"""Push over real HTTP: 200 means durable, and nothing else is taken as such."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

import aiohttp
import pytest
from support.sending import running

from collectors.reading import Reading, Stamp
from collectors.sources.listening import listen_tcp
from collectors.sources.push import CHUNK_BYTES, MAX_BODY_BYTES, HttpPush
from soc.kernel.channel import Channel
from soc.kernel.clock import ManualClock

STAMP = Stamp("app", "json", "UTC", ManualClock(datetime(2026, 11, 24, tzinfo=UTC)))
NDJSON = {"Content-Type": "application/x-ndjson"}


@dataclass(frozen=True)
class Door:
    """Where to post, and what came out."""

    out: Channel[Reading]
    session: aiohttp.ClientSession
    url: str

    async def post(
        self, body: bytes, headers: dict[str, str] | None = None, path: str = "/events"
    ) -> tuple[int, str]:
        wanted = NDJSON | (headers or {})
        async with self.session.post(self.url + path, data=BytesIO(body), headers=wanted) as answer:
            assert answer.content_type == "text/plain"
            return answer.status, await answer.text()

    async def take(self) -> Reading:
        async with asyncio.timeout(5):
            async for reading in self.out:
                return reading
        raise AssertionError


@asynccontextmanager
async def opened(patience_s: float = 30, capacity: int = 1000) -> AsyncIterator[Door]:
    listener = listen_tcp("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with (
        running(HttpPush(listener, STAMP, patience_s=patience_s), capacity) as out,
        aiohttp.ClientSession() as session,
    ):
        yield Door(out, session, url)


async def keep_all(door: Door, taken: list[Reading]) -> None:
    """Make what comes durable, as the stage behind does."""
    async for reading in door.out:
        taken.append(reading)
        assert reading.durable is not None
        reading.durable.set()


async def test_lines_are_records_and_200_comes_when_they_are_durable() -> None:
    async with opened() as door, asyncio.TaskGroup() as tasks:
        answer = tasks.create_task(door.post(b'{"a":1}\r\n\n{"b":2}'))
        reading = await door.take()
        assert [record.raw for record in reading.records] == [b'{"a":1}', b'{"b":2}']
        assert {(record.peer, record.fingerprint, record.split) for record in reading.records} == {
            ("127.0.0.1", "", False)
        }
        assert not answer.done()
        assert reading.durable is not None
        reading.durable.set()
        assert await answer == (200, "kept")


async def test_what_is_not_durable_in_time_is_answered_with_a_plain_503() -> None:
    async with opened(patience_s=0.05) as door:
        assert await door.post(b"{}") == (503, "busy")


async def test_a_full_channel_is_a_503_and_what_found_no_room_is_not_taken() -> None:
    async with opened(patience_s=0.05, capacity=1) as door:
        assert (await door.post(b'{"n":1}'))[0] == 503
        assert (await door.post(b'{"n":2}'))[0] == 503
        assert (await door.take()).records[0].raw == b'{"n":1}'
        assert not len(door.out)


async def test_small_bodies_do_not_wait_for_each_other_nor_for_a_large_one() -> None:
    async with opened() as door, asyncio.TaskGroup() as tasks:
        large = tasks.create_task(door.post(b'{"large":"' + b"x" * CHUNK_BYTES + b'"}'))
        held = [await door.take()]
        small = [tasks.create_task(door.post(b'{"n":%d}' % n)) for n in range(10)]
        held += [await door.take() for _ in small]
        for reading in held:
            assert reading.durable is not None
            reading.durable.set()
        assert {await answer for answer in (large, *small)} == {(200, "kept")}


async def test_a_large_body_comes_in_portions_and_waits_for_all_of_them() -> None:
    lines = [b'{"n":%d,"fill":"%s"}' % (n, b"x" * 3000) for n in range(2000)]
    async with opened() as door:
        taken: list[Reading] = []
        async with asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(keep_all(door, taken))
            assert await door.post(b"\n".join(lines)) == (200, "kept")
            keeping.cancel()
    assert len(taken) > 1
    assert max(reading.raw_bytes for reading in taken) <= 2 * CHUNK_BYTES
    assert [record.raw for reading in taken for record in reading.records] == lines


@pytest.mark.parametrize("size", [CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES])
@pytest.mark.parametrize("end", [b"", b"\n"])
async def test_lines_do_not_care_where_a_chunk_ends(size: int, end: bytes) -> None:
    lines = [b'{"n":1}', b"x" * (size - 8 - len(end)), *((b"y",) if end else ())]
    async with opened() as door:
        taken: list[Reading] = []
        async with asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(keep_all(door, taken))
            assert await door.post(b"\n".join(lines) + end) == (200, "kept")
            keeping.cancel()
    assert [record.raw for reading in taken for record in reading.records] == lines


async def test_more_than_is_accepted_is_refused_whole() -> None:
    async with opened() as door:
        status, why = await door.post(b"{}\n" * (MAX_BODY_BYTES // 3 + 1))
        assert (status, why) == (413, f"accepted: {MAX_BODY_BYTES} bytes in one request")
        assert not len(door.out)


async def test_an_empty_body_needs_nobody_to_wait() -> None:
    async with opened() as door:
        assert await door.post(b"\n\n") == (200, "kept")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example:80"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Encoding": "gzip"}, 415),
    ],
)
async def test_pages_in_a_browser_and_odd_bodies_are_refused(headers: dict[str, str], status: int) -> None:
    async with opened() as door:
        assert (await door.post(b"{}", headers))[0] == status
        assert not len(door.out)


@pytest.mark.parametrize("host", ["localhost", "localhost:9", "[::1]:9", "[::1]", "127.0.0.1"])
async def test_every_name_of_the_loopback_is_fine(host: str) -> None:
    async with opened() as door:
        assert await door.post(b"", {"Host": host}) == (200, "kept")


async def test_a_body_that_is_cut_is_not_taken_at_all() -> None:
    async with opened() as door:
        host, port = "127.0.0.1", int(door.url.rpartition(":")[2])
        _, writer = await asyncio.open_connection(host, port)
        head = "POST /events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: 100\r\n\r\n".encode() + b'{"a":1}\n')
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        async with asyncio.TaskGroup() as tasks:
            whole = tasks.create_task(door.post(b'{"b":2}'))
            reading = await door.take()
            assert reading.durable is not None
            reading.durable.set()
            assert (await whole)[0] == 200
        assert [record.raw for record in reading.records] == [b'{"b":2}']
        assert not len(door.out)


async def test_another_path_or_method_is_said_so() -> None:
    async with opened() as door:
        assert (await door.post(b"{}", path="/other"))[0] == 404
        async with door.session.get(door.url + "/events") as answer:
            assert answer.status == 405
