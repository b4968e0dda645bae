"""Whoever keeps the gateway waiting is let go; whoever works with it is not."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from support.centre import crowd_is, framed, listening, receiving, server_files, trusting

from soc.gateway.frame import collectors_tls
from soc.gateway.limits import Crowd
from soc.gateway.patience import Patience

SHORT = timedelta(seconds=0.2)
LONG = timedelta(seconds=60)
WITHIN_S = 5
BEGUN = b"POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Le"
ASKED = b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"


def port_of(url: str) -> int:
    return int(url.rsplit(":", 1)[1])


async def connected(folder: Path, url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port_of(url), ssl=trusting(folder))


async def ended(reader: asyncio.StreamReader) -> bytes:
    """Return what is said until the other side ends."""
    async with asyncio.timeout(WITHIN_S):
        try:
            return await reader.read()
        except ConnectionError:
            return b""


async def test_half_a_handshake_is_ended(tmp_path: Path) -> None:
    centre, crowd = await receiving(tmp_path), Crowd(10, 10)
    async with listening(centre, patience=Patience(SHORT, LONG, LONG), crowd=crowd) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(url))
        writer.write(b"\x16\x03\x01\x02")
        assert await ended(reader) == b""
        writer.close()
        assert crowd.inside == 0


@pytest.mark.parametrize("said", [b"", BEGUN], ids=["nothing", "half a header"])
async def test_a_connection_without_a_whole_header_is_ended(tmp_path: Path, said: bytes) -> None:
    centre, crowd = await receiving(tmp_path), Crowd(10, 10)
    async with listening(centre, patience=Patience(LONG, SHORT, LONG), crowd=crowd) as url:
        reader, writer = await connected(tmp_path, url)
        writer.write(said)
        assert await ended(reader) == b""
        writer.close()


async def test_a_header_sent_byte_by_byte_is_given_no_more_time(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    async with listening(centre, patience=Patience(LONG, SHORT, LONG)) as url:
        reader, writer = await connected(tmp_path, url)
        writer.write(b"GET / HTTP/1.1\r\nX: ")
        for _ in range(500):
            writer.write(b"G")
            try:
                assert await asyncio.wait_for(reader.read(), 0.02) == b""
            except TimeoutError:
                continue
            except ConnectionError:
                pass
            break
        else:
            pytest.fail("ten seconds of a header were borne")
        writer.close()


async def test_between_requests_silence_is_borne_longer_than_half_a_header(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    async with listening(centre, patience=Patience(LONG, SHORT, LONG)) as url:
        reader, writer = await connected(tmp_path, url)
        writer.write(ASKED)
        assert (await reader.readline()).startswith(b"HTTP/1.1 404")
        await reader.readuntil(b"404: Not Found")
        await asyncio.sleep(SHORT.total_seconds() * 2)
        writer.write(ASKED)
        assert (await reader.readline()).startswith(b"HTTP/1.1 404")
        await reader.readuntil(b"404: Not Found")
        writer.write(BEGUN)
        assert await ended(reader) == b""
        writer.close()


async def test_silence_between_requests_ends_in_time(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    async with listening(centre, patience=Patience(LONG, LONG, SHORT)) as url:
        reader, writer = await connected(tmp_path, url)
        writer.write(ASKED)
        assert (await ended(reader)).endswith(b"404: Not Found")
        writer.close()


async def test_a_handler_at_work_is_waited_for(tmp_path: Path) -> None:
    centre, go = await receiving(tmp_path), asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        asyncio.get_running_loop().call_later(SHORT.total_seconds() * 3, go.set)
        await go.wait()
        return web.Response(text="done")

    app = web.Application()
    app.router.add_get("/nothing", slow)
    async with framed(centre, patience=Patience(LONG, SHORT, SHORT)) as frame:
        tls = collectors_tls(*server_files(centre))
        at = await frame.http("127.0.0.1:0", tls, app)
        reader, writer = await connected(tmp_path, at)
        writer.write(ASKED)
        assert (await ended(reader)).endswith(b"done")
        writer.close()


async def test_a_peer_that_does_not_read_its_answer_is_ended(tmp_path: Path) -> None:
    centre, crowd = await receiving(tmp_path), Crowd(10, 10)

    async def much(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(64):
            await answer.write(bytes(1 << 20))
        return answer

    app = web.Application()
    app.router.add_get("/nothing", much)
    async with framed(centre, patience=Patience(LONG, LONG, SHORT), crowd=crowd) as frame:
        at = await frame.http("127.0.0.1:0", collectors_tls(*server_files(centre)), app)
        reader, writer = await connected(tmp_path, at)
        writer.write(ASKED)
        await crowd_is(crowd, 0)  # the reader's buffer is full after 128 KiB
        writer.transport.abort()
        assert not reader.at_eof()
