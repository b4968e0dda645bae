"""What passes is answered 503 with a word; who fails to prove who it is is told at one time."""

import asyncio
import ssl
import time
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from support.centre import credential, listening, receiving, trusting

from soc.gateway.credentials import issue_token, revoke
from soc.gateway.refusals import ANSWERED_AFTER, LOOKED_EVERY, MANY, refusals, report_failures
from soc.kernel.errors import StoreBusy, StoreError, WireError
from soc.model.event import Fields
from soc.model.identity import Origin
from soc.wire import codec
from soc.wire.messages import Beat

ORIGIN = Origin("so-y-te", "c1")


@pytest.mark.parametrize(
    ("error", "status", "word"),
    [
        (StoreBusy("not now"), 503, "busy: not now"),
        (StoreError("the disk is full"), 503, "busy: the disk is full"),
        (TimeoutError(), 503, "busy: the body did not arrive"),
        (aiohttp.ClientPayloadError(), 503, "busy: the body did not arrive"),
        (WireError("no msgpack"), 400, "no msgpack"),
    ],
)
async def test_every_error_is_answered_in_a_plain_line(error: Exception, status: int, word: str) -> None:
    async def failing(_: web.Request) -> web.Response:
        raise error

    app = web.Application(middlewares=[refusals])
    app.router.add_post("/", failing)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    async with aiohttp.ClientSession() as session, session.post(url, data=b"") as answer:
        assert (answer.status, answer.content_type) == (status, "text/plain")
        assert (await answer.text()).startswith(word)
        assert ("Retry-After" in answer.headers) == (status == 503)
    await runner.cleanup()


async def refused(url: str, tls: ssl.SSLContext, path: str, body: bytes) -> float:
    """Return the seconds until a refusal of identity came."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as session:
        async with session.post(f"{url}/nothing", data=b"") as answer:  # the handshake is not measured
            assert answer.status == 404
        began = time.monotonic()
        async with session.post(f"{url}/v1/{path}", data=body) as answer:
            assert answer.status == 403
            return time.monotonic() - began


async def test_every_failed_proof_is_answered_at_the_same_time(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    spent = issue_token("spent", ORIGIN, actor="user:an", now_ms=0, expires_ms=0)
    await centre.recorder.decide(lambda: spent)
    anonymous = trusting(tmp_path)
    known = await credential(centre, ORIGIN)
    (serial,) = centre.recorder.state(centre.credentials).serials
    facts = revoke(serial, ORIGIN, actor="user:an", why="stolen", now_ms=1)
    await centre.recorder.decide(lambda: facts)
    async with listening(centre) as url:
        found = [
            await refused(url, anonymous, "batches", b""),
            await refused(url, known, "batches", b""),
            await refused(url, known, "heartbeats", b""),
            await refused(url, anonymous, "enrol", b'{"version":1,"token":"no","csr_pem":""}'),
        ]
    assert min(found) >= ANSWERED_AFTER.total_seconds() - 0.005
    assert centre.desk.failures.of("127.0.0.1", 0) == 4


async def test_after_many_failures_the_connection_is_closed_and_the_honest_are_still_heard(
    tmp_path: Path,
) -> None:
    centre = await receiving(tmp_path)
    for _ in range(MANY):
        centre.desk.failures.count("127.0.0.1", 0)
    honest = await credential(centre, ORIGIN)
    anonymous = trusting(tmp_path)
    async with listening(centre) as url, aiohttp.ClientSession() as session:
        async with session.post(f"{url}/v1/batches", data=b"", ssl=anonymous) as answer:
            assert (answer.status, answer.headers["Connection"]) == (429, "close")
            assert answer.headers["Retry-After"] == "60"
        body = codec.pack(Beat(1, ORIGIN, "boot", 1, 2, 2, (), 0, "0.1.0"))
        async with session.post(f"{url}/v1/heartbeats", data=body, ssl=honest) as answer:
            assert answer.status == 200


async def test_who_fails_many_times_is_reported_once_an_hour(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    failures, clock, said = centre.desk.failures, centre.clock, list[tuple[str, str, Fields]]()

    async def emit(kind: str, about: str, fields: Fields) -> None:
        said.append((kind, about, fields))

    def fail(address: str, count: int) -> None:
        for _ in range(count):
            failures.count(address, clock.monotonic())

    async with asyncio.TaskGroup() as group:
        task = group.create_task(report_failures(failures, emit, clock))
        hour = clock.now_ms() // 3_600_000
        fail("10.0.0.1", MANY)
        fail("10.0.0.2", MANY - 1)
        await clock.advance(LOOKED_EVERY)
        once = ("auth_failures", f"10.0.0.1/{hour}", {"address": "10.0.0.1", "count": MANY})
        assert said == [once]
        fail("10.0.0.1", 1)
        await clock.advance(LOOKED_EVERY)
        assert said == [once]
        await clock.advance(timedelta(hours=1))
        fail("10.0.0.1", MANY)
        await clock.advance(LOOKED_EVERY)
        assert [about for _, about, _ in said] == [f"10.0.0.1/{hour}", f"10.0.0.1/{hour + 1}"]
        task.cancel()
