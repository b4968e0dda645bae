"""The collectors' port under bad lines, odd clients and a failing store: nothing lost, nothing half."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from support.centre import (
    NOW,
    Receiving,
    credential,
    crowd_is,
    framed,
    listening,
    receiving,
    server_files,
    trusting,
)

from soc.gateway.frame import collectors_tls
from soc.gateway.limits import Crowd
from soc.kernel.clock import to_ms
from soc.kernel.errors import StoreError
from soc.model.event import Event
from soc.model.identity import Origin, province
from soc.model.record import Record
from soc.ports.events import Query, Written
from soc.wire import codec
from soc.wire.messages import Batch

ORIGIN = Origin("so-y-te", "c1")
RAW = b"Nov 24 08:00:00 h sshd[1]: Failed password for root from 203.0.113.66 port 5 ssh2"


def a_batch(origin: Origin = ORIGIN, *, first_seq: int = 1) -> bytes:
    record = Record("auth", "syslog", RAW, to_ms(NOW), "2026-11-24", "UTC", fingerprint="f", offset=first_seq)
    return codec.pack(Batch(1, origin, "boot", to_ms(NOW), first_seq, (record,)))


@dataclass(frozen=True, slots=True)
class Raw:
    """A client that says exactly what it is told."""

    folder: Path
    url: str

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        port = int(self.url.rsplit(":", 1)[1])
        return await asyncio.open_connection("127.0.0.1", port, ssl=trusting(self.folder, ORIGIN.agency))

    async def say(self, *parts: bytes) -> bytes:
        """Return the first line of the answer to *parts*."""
        reader, writer = await self.connect()
        for part in parts:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(5):
            line = await reader.readline()
        writer.close()
        return line


async def stored(centre: Receiving) -> int:
    return (await centre.events.search(province(None), Query(), limit=1)).total


def a_request(body: bytes, *, version: str = "1.1", headers: str = "") -> bytes:
    return (
        f"POST /v1/batches HTTP/{version}\r\nHost: x\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode()
        + body
    )


async def test_an_old_client_is_answered(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    await credential(centre, ORIGIN)
    async with listening(centre) as url:
        said = await Raw(tmp_path, url).say(a_request(a_batch(), version="1.0"))
    assert said == b"HTTP/1.0 200 OK\r\n"
    assert await stored(centre) == 1


async def test_a_body_in_chunks_is_taken(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    await credential(centre, ORIGIN)
    body = a_batch()
    head = b"POST /v1/batches HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = [b"%x\r\n%b\r\n" % (1, body[at : at + 1]) for at in range(len(body))]
    async with listening(centre) as url:
        said = await Raw(tmp_path, url).say(head, *chunks, b"0\r\n\r\n")
    assert said == b"HTTP/1.1 200 OK\r\n"
    assert await stored(centre) == 1


@pytest.mark.parametrize(
    "headers",
    ["X: " + "a" * 65_536 + "\r\n", "".join(f"X{n}: a\r\n" for n in range(1000))],
    ids=["long", "many"],
)
async def test_headers_have_their_limits_and_fill_no_log(
    tmp_path: Path, headers: str, caplog: pytest.LogCaptureFixture
) -> None:
    centre = await receiving(tmp_path)
    await credential(centre, ORIGIN)
    async with listening(centre) as url:
        said = await Raw(tmp_path, url).say(a_request(a_batch(), headers=headers))
    assert said == b"HTTP/1.0 400 Bad Request\r\n"
    assert await stored(centre) == 0
    assert caplog.records == []


async def test_a_defect_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    centre = await receiving(tmp_path)

    async def defective(_: web.Request) -> web.Response:
        raise KeyError("a defect")

    app = web.Application()
    app.router.add_post("/v1/batches", defective)
    await credential(centre, ORIGIN)
    async with framed(centre) as frame:
        at = await frame.http("127.0.0.1:0", collectors_tls(*server_files(centre)), app)
        said = await Raw(tmp_path, at).say(a_request(b""))
    assert said == b"HTTP/1.1 500 Internal Server Error\r\n"
    assert "a defect" in caplog.text


@pytest.mark.parametrize("cut", [10, 200], ids=["in the header", "in the body"])
async def test_what_was_cut_is_not_stored_and_no_defect(
    tmp_path: Path, cut: int, caplog: pytest.LogCaptureFixture
) -> None:
    centre, crowd = await receiving(tmp_path), Crowd(9, 9)
    await credential(centre, ORIGIN)
    async with listening(centre, crowd=crowd) as url:
        _, writer = await Raw(tmp_path, url).connect()
        writer.write(a_request(a_batch())[:cut])
        await writer.drain()
        await crowd_is(crowd, 1)
        writer.transport.abort()
        await crowd_is(crowd, 0)
        assert await Raw(tmp_path, url).say(a_request(a_batch())) == b"HTTP/1.1 200 OK\r\n"
    assert await stored(centre) == 1
    assert [entry for entry in caplog.records if entry.levelno >= logging.ERROR] == []


async def test_half_closed_tls_is_an_end(tmp_path: Path) -> None:
    centre, crowd = await receiving(tmp_path), Crowd(9, 9)
    await credential(centre, ORIGIN)

    def half_close(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as plain:
            tls = trusting(tmp_path, ORIGIN.agency).wrap_socket(plain, server_hostname="localhost")
            tls.sendall(a_request(a_batch())[:200])
            tls.settimeout(5)
            with tls.unwrap():
                pass

    async with listening(centre, crowd=crowd) as url:
        await asyncio.to_thread(half_close, int(url.rsplit(":", 1)[1]))
        await crowd_is(crowd, 0)
    assert await stored(centre) == 0


@pytest.mark.parametrize("body", [a_batch() + b"behind it", a_batch()[:-5]], ids=["more", "cut"])
async def test_a_body_that_is_no_whole_batch_is_refused(tmp_path: Path, body: bytes) -> None:
    centre = await receiving(tmp_path)
    await credential(centre, ORIGIN)
    async with listening(centre) as url:
        assert await Raw(tmp_path, url).say(a_request(body)) == b"HTTP/1.1 400 Bad Request\r\n"
    assert await stored(centre) == 0


class _Broken:
    """A store that fails for good."""

    async def write(self, events: Sequence[Event]) -> Written:
        raise StoreError(f"the index is read-only: {len(events)} events")

    async def refresh(self) -> None:
        """Nothing to do."""


async def test_a_store_that_fails_is_told_as_busy(tmp_path: Path) -> None:
    centre = await receiving(tmp_path, writer=_Broken())
    await credential(centre, ORIGIN)
    async with (
        listening(centre) as url,
        aiohttp.ClientSession() as session,
        session.post(f"{url}/v1/batches", data=a_batch(), ssl=trusting(tmp_path, ORIGIN.agency)) as answer,
    ):
        assert (answer.status, answer.content_type) == (503, "text/plain")
        assert "read-only" in await answer.text()
        assert int(answer.headers["Retry-After"]) > 0


async def test_a_certificate_that_has_ended_opens_nothing(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    await credential(centre, ORIGIN, at=datetime.now(UTC) - timedelta(days=400))
    async with listening(centre) as url:
        with pytest.raises((OSError, EOFError, AssertionError)):
            assert await Raw(tmp_path, url).say(a_request(a_batch()))
    assert await stored(centre) == 0


async def test_a_certificate_of_another_authority_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = await receiving(tmp_path / "other")
    await credential(other, ORIGIN)
    centre = await receiving(tmp_path)
    for name in (f"{ORIGIN.agency}.pem", f"{ORIGIN.agency}.key"):
        (tmp_path / name).write_bytes((tmp_path / "other" / name).read_bytes())
    async with listening(centre) as url:
        with pytest.raises((OSError, EOFError, AssertionError)):
            assert await Raw(tmp_path, url).say(a_request(a_batch()))
    assert await stored(centre) == 0


async def test_twenty_collectors_that_come_back_at_once_are_all_heard(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    origins = [Origin(f"xa-{number}", "c1") for number in range(20)]
    collectors = [(origin, await credential(centre, origin)) for origin in origins]
    busy = 0

    async def deliver(url: str, origin: Origin, tls: ssl.SSLContext) -> None:
        nonlocal busy
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as session:
            for first_seq in range(1, 6):
                while True:
                    body = a_batch(origin, first_seq=first_seq)
                    async with session.post(f"{url}/v1/batches", data=body) as answer:
                        if answer.status == 200:
                            break
                        assert answer.status == 503
                        busy += 1

    async with listening(centre) as url, asyncio.TaskGroup() as group:
        for origin, tls in collectors:
            group.create_task(deliver(url, origin, tls))
    assert await stored(centre) == 100
    print(f"{busy} times busy")
