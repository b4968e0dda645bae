"""The ``_bulk`` look-alike answers as senders need it, and says "created" only of what is stored and fed."""

import asyncio
import gzip
import io
import json
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.centre import Receiving, receiving
from support.doors import (
    ORIGIN,
    Faulty,
    api_key,
    call,
    certified,
    door_tls,
    doorway,
    moved_until,
    open_bulk,
    receipts,
    revoked,
    stored,
)

from soc.gateway.bulk import LATER, MAX_ITEMS, WHOLE_BYTES, Bulk
from soc.gateway.desk import UPLOADS_AT_ONCE, Door
from soc.kernel.errors import StoreError
from soc.model.event import Mark

PRODUCT = "X-Elastic-Product"
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was told."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass(frozen=True, slots=True)
class Client:
    """A sender with an API key."""

    centre: Receiving
    session: aiohttp.ClientSession
    port: int
    key: str

    async def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        sent = {"Authorization": self.key} | (headers or {})
        url = f"http://127.0.0.1:{self.port}{path}"
        sent_body = io.BytesIO(body) if isinstance(body, bytes) else body
        async with self.session.request(method, url, data=sent_body, headers=sent) as answer:
            return Answer(answer.status, dict(answer.headers), await answer.read())

    async def bulk(self, body: Any, headers: dict[str, str] | None = None, path: str = "/_bulk") -> Answer:
        return await self.ask("POST", path, body, headers)


@asynccontextmanager
async def a_client(
    folder: Path, *, writer: Faulty | None = None, max_body_bytes: int = 100 * MIB, max_items: int = MAX_ITEMS
) -> AsyncIterator[Client]:
    centre = await receiving(folder, writer=writer)
    key = await api_key(centre)
    application = Bulk(doorway(centre, Door.BULK, "json"), "9.1.0", max_body_bytes, max_items).application()
    async with open_bulk(application) as port, aiohttp.ClientSession(auto_decompress=False) as session:
        yield Client(centre, session, port, key)


def a_body(count: int, *, of_bytes: int = 20, ids: bool = False) -> bytes:
    lines = []
    for n in range(count):
        action = {"create": {"_index": "logs"} | ({"_id": str(n)} if ids else {})}
        lines += [json.dumps(action), json.dumps({"n": n, "fill": "x" * of_bytes})]
    return "\n".join(lines).encode() + b"\n"


async def test_a_body_is_stored_and_answered_item_by_item_in_the_bytes_that_senders_look_for(
    tmp_path: Path,
) -> None:
    body = (
        b'{"create":{"_index":"a","_id":"1"}}\n{"m":1}\n\n{"index":{}}\n{"m":2}\n{"index":{"_id":"x"}}\n?\n'
    )
    async with a_client(tmp_path) as client:
        answer = await client.bulk(body, path="/b/_bulk")
        assert (answer.status, answer.headers[PRODUCT]) == (200, "Elasticsearch")
        assert answer.headers["Content-Type"].startswith("application/json")
        assert b'"errors":false,"items":[{"create":{"_index":"a","_id":"1","_version":1,' in answer.body
        assert (
            b'"result":"created","_shards":{"total":1,"successful":1,"failed":0},"_seq_no":0,' in answer.body
        )
        assert list(answer.said) == ["took", "errors", "items"]
        found = [(*item, *item.values()) for item in answer.said["items"]]
        assert [(kind, one["_index"], one["status"]) for kind, one in found] == [
            ("create", "a", 201),
            ("index", "b", 201),
            ("index", "b", 201),
        ]
        assert found[2][1]["_id"] == "x"
        events = await stored(client.centre)
        assert [event.original for event in events] == ["?", '{"m":1}', '{"m":2}']
        assert [Mark.QUARANTINED in event.marks for event in events] == [True, False, False]
        assert {(event.origin, event.source) for event in events} == {(ORIGIN, "bulk")}


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("path", ["/_bulk", "/i/_bulk", "/i/_doc/_bulk", "/_bulk?filter_path=errors"])
async def test_clients_put_and_post_with_and_without_an_index(tmp_path: Path, method: str, path: str) -> None:
    async with a_client(tmp_path) as client:
        answer = await client.ask(method, path, b'{"index":{}}\n{"m":1}\n')
        assert (answer.status, len(answer.said["items"])) == (200, 1)


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/x-ndjson",
        "application/vnd.elasticsearch+x-ndjson; compatible-with=9",
    ],
)
async def test_every_type_that_clients_call_a_body_is_taken(tmp_path: Path, kind: str) -> None:
    async with a_client(tmp_path) as client:
        assert (await client.bulk(a_body(3), {"Content-Type": kind})).status == 200
        assert len(await stored(client.centre)) == 3


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(a_body(9))),
        ("gzip", gzip.compress(a_body(9)[:100]) + gzip.compress(a_body(9)[100:])),
        ("deflate", zlib.compress(a_body(9))),
        ("identity", a_body(9)),
    ],
    ids=["gzip", "two members", "deflate", "none"],
)
async def test_compressed_bodies_are_read(tmp_path: Path, coding: str, body: bytes) -> None:
    async with a_client(tmp_path) as client:
        assert (await client.bulk(body, {"Content-Encoding": coding})).status == 200
        assert len(await stored(client.centre)) == 9


async def test_what_clients_ask_before_they_send_is_answered(tmp_path: Path) -> None:
    async with a_client(tmp_path) as client:
        hello = (await client.ask("GET", "/")).said
        assert (hello["version"]["number"], hello["version"]["build_flavor"]) == ("9.1.0", "default")
        assert {"tagline", "cluster_uuid", "cluster_name"} < set(hello)
        license_ = (await client.ask("GET", "/_license")).said["license"]
        assert (license_["status"], license_["type"], bool(license_["uid"])) == ("active", "basic", True)
        for method, path in [
            ("HEAD", "/"),
            ("GET", "/_cluster/health"),
            ("GET", "/_cat/health"),
            ("GET", "/_ilm/policy/filebeat"),
            ("PUT", "/_ilm/policy/filebeat"),
            ("HEAD", "/_index_template/filebeat-9.1.0"),
            ("PUT", "/_index_template/filebeat-9.1.0"),
            ("GET", "/_template/logstash"),
            ("GET", "/_ingest/pipeline/x"),
            ("GET", "/_nodes/http"),
            ("HEAD", "/logstash"),
            ("GET", "/_data_stream/logs"),
        ]:
            answer = await client.ask(method, path)
            assert (answer.status, answer.headers.get(PRODUCT)) == (200, "Elasticsearch"), path
            if method == "PUT":
                assert answer.said == {"acknowledged": True}


async def test_what_is_refused_for_good_is_told_in_words_and_nothing_of_it_is_stored(
    tmp_path: Path,
) -> None:
    cut = gzip.compress(a_body(50))[:-9]
    async with a_client(tmp_path, max_body_bytes=MIB) as client:
        for method, path, body, headers, status in [
            ("POST", "/_bulk", a_body(1) + b'{"delete":{"_id":"1"}}\n', {}, 400),
            ("POST", "/_bulk", a_body(1) + b'{"index":{}}\n', {}, 400),
            ("POST", "/_bulk", cut, {"Content-Encoding": "gzip"}, 400),
            ("POST", "/_bulk", a_body(1), {"Content-Encoding": "gzip"}, 400),
            ("POST", "/_bulk", a_body(1), {"Content-Encoding": "br"}, 415),
            ("POST", "/_bulk", a_body(2, of_bytes=MIB), {}, 413),
            ("GET", "/_bulk", None, {}, 405),
            ("GET", "/logs/_search", None, {}, 404),
            ("POST", "/_bulk", a_body(1), {"Authorization": "ApiKey eDp5"}, 401),
            ("GET", "/", None, {"Authorization": ""}, 401),
        ]:
            answer = await client.ask(method, path, body, headers)
            assert (answer.status, answer.headers.get(PRODUCT)) == (status, "Elasticsearch")
            assert answer.headers["Content-Type"].startswith("text/plain")
            assert answer.body.strip()
        assert await stored(client.centre) == []
        assert client.centre.desk.memory.held_bytes == 0


async def test_bodies_on_their_way_in_share_a_bounded_memory(tmp_path: Path) -> None:
    async with a_client(tmp_path) as client:
        memory = client.centre.desk.memory
        with memory.held(memory.most_bytes - 1000):
            assert (await client.bulk(a_body(100))).status == 503
        assert memory.held_bytes == 0
        assert (await client.bulk(a_body(100))).status == 200
        assert memory.held_bytes == 0


async def test_small_documents_count_as_what_they_cost(tmp_path: Path) -> None:
    body = b'{"index":{}}\n{}\n' * 20_000
    faulty = Faulty()
    async with a_client(tmp_path, writer=faulty) as client, asyncio.TaskGroup() as group:
        memory = client.centre.desk.memory
        asked = group.create_task(client.bulk(gzip.compress(body), {"Content-Encoding": "gzip"}))
        await faulty.asked.wait()
        held = memory.held_bytes
        faulty.busy(times=100)
        await moved_until(client.centre.clock, asked.done)
        assert (await asked).status == 503
        assert WHOLE_BYTES < held < 2 * WHOLE_BYTES
        assert memory.held_bytes == 0


async def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    one_line, many_lines = b"x" * (12 * MIB), b'{"index":{}}\n{}\n' * 30_000
    async with a_client(tmp_path, max_items=5000) as client:
        for plain in (one_line, many_lines, b'{"index":{}}\n' + one_line):
            answer = await client.bulk(gzip.compress(plain, 1), {"Content-Encoding": "gzip"})
            assert answer.status in (400, 413)


async def test_nothing_is_said_before_all_is_stored(tmp_path: Path) -> None:
    faulty = Faulty()
    async with a_client(tmp_path, writer=faulty) as client, asyncio.TaskGroup() as group:
        asked = group.create_task(client.bulk(a_body(1)))
        await faulty.asked.wait()
        assert not asked.done()
        faulty.may_go_on.set()
        assert (await asked).status == 200


@pytest.mark.parametrize("ids", [True, False])
async def test_busy_in_the_middle_refuses_the_whole_and_all_is_stored_once_in_the_end(
    tmp_path: Path, ids: bool
) -> None:
    faulty = Faulty()
    faulty.busy(after=2)
    faulty.refusals[2:] = [StoreError("the disk is gone")] * 3
    body = a_body(2500, ids=ids)
    async with a_client(tmp_path, writer=faulty) as client, asyncio.TaskGroup() as group:
        asked = group.create_task(client.bulk(body))
        await moved_until(client.centre.clock, asked.done)
        refused = await asked
        assert (refused.status, refused.headers[PRODUCT]) == (503, "Elasticsearch")
        assert refused.headers["Content-Type"].startswith("text/plain")
        assert int(refused.headers["Retry-After"]) > 0
        assert refused.body.startswith(b"busy")
        answer = await client.bulk(body)
        assert (answer.status, len(answer.said["items"])) == (200, 2500)
        told = await receipts(client.centre)
        assert sum(one.stored for one in told) == 2500
        assert sum(one.known for one in told) == 2000


async def test_a_busy_centre_is_asked_again_for_some_seconds(tmp_path: Path) -> None:
    faulty = Faulty()
    async with a_client(tmp_path, writer=faulty) as client, asyncio.TaskGroup() as group:
        for busy, status in [(1, 200), (100, 503)]:
            for after in (0, 1):
                faulty.busy(after=after, times=busy)
                begun = client.centre.clock.monotonic()
                asked = group.create_task(client.bulk(a_body(1500)))
                await moved_until(client.centre.clock, asked.done)
                assert (await asked).status == status
                held = client.centre.clock.monotonic() - begun
                assert held == (2 if status == 200 else LATER.total_seconds())


async def test_a_sender_without_a_name_is_refused_by_the_end_of_its_connection(tmp_path: Path) -> None:
    faulty = Faulty()
    faulty.busy(times=100)
    async with a_client(tmp_path, writer=faulty) as client, asyncio.TaskGroup() as group:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
        head = f"POST /_bulk HTTP/1.1\r\nHost: x\r\nAuthorization: {client.key}\r\n"
        writer.write(f"{head}Content-Length: {len(a_body(1))}\r\n\r\n".encode() + a_body(1))
        heard = group.create_task(reader.read())
        await moved_until(client.centre.clock, heard.done)
        assert heard.result() == b""
        writer.close()
        await writer.wait_closed()


async def test_one_id_said_twice_is_one_event_if_it_says_the_same(tmp_path: Path) -> None:
    async with a_client(tmp_path) as client:
        one, other = b'{"index":{"_id":"1"}}\n{"m":1}\n', b'{"index":{"_id":"1"}}\n{"m":2}\n'
        for body in (one + one, one, other):
            assert (await client.bulk(body)).status == 200
        assert [event.original for event in await stored(client.centre)] == ['{"m":1}', '{"m":2}']


async def test_equal_documents_of_one_body_are_all_stored_and_its_repetition_is_not(tmp_path: Path) -> None:
    body = b'{"index":{}}\n{"m":1}\n' * 5
    async with a_client(tmp_path) as client:
        for _ in range(2):
            assert (await client.bulk(body)).status == 200
        assert len(await stored(client.centre)) == 5


async def test_a_body_cut_anywhere_and_sent_again_is_stored_once(tmp_path: Path) -> None:
    body = a_body(4)
    async with a_client(tmp_path) as client:
        for size in range(0, len(body), 30):
            reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
            head = f"POST /_bulk HTTP/1.1\r\nHost: x\r\nAuthorization: {client.key}\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:size])
            writer.write_eof()
            assert not (await reader.read()).startswith(b"HTTP/1.1 200")
            writer.close()
            await writer.wait_closed()
        assert await stored(client.centre) == []
        assert (await client.bulk(body)).status == 200
        assert len(await stored(client.centre)) == 4


async def test_what_is_regrouped_because_its_answer_was_lost_is_stored_twice_and_counted(
    tmp_path: Path,
) -> None:
    faulty = Faulty()
    body = a_body(3)
    async with a_client(tmp_path, writer=faulty) as client:
        _, writer = await asyncio.open_connection("127.0.0.1", client.port)
        head = f"POST /_bulk HTTP/1.1\r\nHost: x\r\nAuthorization: {client.key}\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await faulty.asked.wait()
        writer.transport.abort()
        await client.ask("GET", "/")  # by then the server knows, too
        faulty.may_go_on.set()
        assert (await client.bulk(body)).status == 200
        assert (await client.bulk(body[len(body) // 3 :])).status == 200
        told = [(one.stored, one.known, one.repeats) for one in await receipts(client.centre)]
        assert told == [(3, 0, 0), (0, 3, 0), (2, 0, 2)]


async def test_what_is_said_again_although_it_was_answered_is_no_repeat(tmp_path: Path) -> None:
    body = a_body(3)
    async with a_client(tmp_path) as client:
        for said in (body, body[len(body) // 3 :]):
            assert (await client.bulk(said)).status == 200
        assert [(one.stored, one.repeats) for one in await receipts(client.centre)] == [(3, 0), (2, 0)]


async def test_a_large_body_is_stored_as_it_comes_and_answered_in_the_end(tmp_path: Path) -> None:
    faulty = Faulty()
    faulty.may_go_on.set()
    body = a_body(40, of_bytes=MIB // 2 - 100)
    stored_before = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield body[: len(body) // 2]
        await faulty.asked.wait()
        stored_before.set()
        yield body[len(body) // 2 :]

    async with a_client(tmp_path, writer=faulty) as client:
        answer = await client.bulk(slowly())
        assert (answer.status, len(answer.said["items"]), stored_before.is_set()) == (200, 40, True)
        assert len(await stored(client.centre, faulty.store)) == 40


async def test_a_document_longer_than_a_record_is_kept_in_parts(tmp_path: Path) -> None:
    async with a_client(tmp_path) as client:
        for _ in range(2):
            assert (await client.bulk(a_body(1, of_bytes=4 * MIB))).status == 200
        parts = await stored(client.centre)
        assert sum(len(event.original) for event in parts) == len('{"n": 0, "fill": ""}') + 4 * MIB
        assert [Mark.SPLIT in event.marks for event in parts] == [True] * 5  # three of them equal


async def test_when_there_is_no_place_a_body_is_refused_and_comes_again(tmp_path: Path) -> None:
    async with a_client(tmp_path) as client:
        desk = client.centre.desk
        held = [desk.upload(ORIGIN) for _ in range(UPLOADS_AT_ONCE)]
        for upload in held:
            upload.__enter__()
        refused = await client.bulk(a_body(1))
        assert (refused.status, refused.headers["Content-Type"][:10]) == (503, "text/plain")
        for upload in held:
            upload.__exit__(None, None, None)
        assert (await client.bulk(a_body(1))).status == 200


async def test_a_client_certificate_speaks_before_any_key_until_it_is_revoked(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    serial = await certified(centre)
    application = Bulk(doorway(centre, Door.BULK, "json"), "9.1.0", MIB).application()
    body = a_body(1)
    head = f"POST /_bulk HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    async with open_bulk(application, door_tls(centre)) as port, call(centre, port) as caller:
        await caller.say(head + body)
        assert await caller.hear(12) == b"HTTP/1.1 200"
        assert len(await stored(centre)) == 1
        await revoked(centre, serial)
        await caller.say(head + body)
        while not (line := await caller.reader.readline()).endswith(b"HTTP/1.1 401 Unauthorized\r\n"):
            assert line
