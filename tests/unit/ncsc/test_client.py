"""The client against a small server over real TLS, and against the national centre's stand-in."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from support.national import as_bytes, bundle, national
from support.pki import CertificateAuthority, issue, make_ca, server_tls

from soc.kernel.errors import NcscError, NcscUnavailable
from soc.ncsc import client as module
from soc.ncsc.client import HttpNationalCentre
from soc.ports.national import NcscReceipt, Report
from soc.response.warnings import Named, read_warning

BODY = as_bytes({"type": "bundle"})
SHA256 = hashlib.sha256(BODY).hexdigest()
REPORT = Report("r1", "initial", "incident--1", None, BODY)
DRILL = Report("r2", "initial", "incident--1", "run-1", BODY)
RECEIPT = {
    "receipt_id": "R-1",
    "received_at": "2026-11-24T03:00:00.000Z",
    "sha256": SHA256,
    "status_url": "/x",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return make_ca(tmp_path_factory.mktemp("pki"))


def centre_at(url: str, ca: CertificateAuthority, *, exercise: str | None = None) -> HttpNationalCentre:
    mine = issue(ca, "urn:soc:tinh")
    return HttpNationalCentre(
        url=url, ca=ca.path, certificate=mine.certificate, key=mine.key, exercise=exercise
    )


@asynccontextmanager
async def serving(
    ca: CertificateAuthority, handler: Handler, *, exercise: str | None = None
) -> AsyncIterator[HttpNationalCentre]:
    """Let *handler* answer everything, and speak to it."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server_tls(ca, issue(ca, "127.0.0.1"))).start()
    centre = centre_at(f"https://127.0.0.1:{runner.addresses[0][1]}/", ca, exercise=exercise)
    try:
        yield centre
    finally:
        await centre.close()
        await runner.cleanup()


def always(status: int, body: Any = None, **headers: str) -> Handler:
    async def answer(_request: web.Request) -> web.Response:
        text = body if isinstance(body, str) else json.dumps(body)
        return web.Response(status=status, text=text, headers=headers)

    return answer


async def test_a_report_goes_out_with_key_digest_and_certificate(ca: CertificateAuthority) -> None:
    seen: list[tuple[str, str, bytes, dict[str, str], Any]] = []

    async def take(request: web.Request) -> web.Response:
        assert request.transport is not None
        peer = request.transport.get_extra_info("peercert")
        seen.append((request.method, request.path, await request.read(), dict(request.headers), peer))
        return web.json_response(RECEIPT, status=202)

    async with serving(ca, take) as centre:
        receipt = await centre.submit(REPORT)
    assert receipt == NcscReceipt("r1", "R-1", RECEIPT["received_at"], SHA256)
    ((method, path, body, headers, peer),) = seen
    assert (method, path, body) == ("POST", "/api/v1/incidents", BODY)
    assert headers["Idempotency-Key"] == '"r1"'
    digest = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
    assert headers["Content-Digest"] == f"sha-256=:{digest}:"
    assert "Soc-Exercise" not in headers
    assert ("URI", "urn:soc:tinh") in peer["subjectAltName"]


async def test_whatever_an_exercise_sends_names_its_run(ca: CertificateAuthority) -> None:
    runs: list[str | None] = []

    async def take(request: web.Request) -> web.Response:
        runs.append(request.headers.get("Soc-Exercise"))
        return web.json_response(RECEIPT, status=202)

    async with serving(ca, take, exercise="run-1") as centre:
        await centre.submit(DRILL)
        await centre.acknowledge("m1")
    assert runs == ["run-1", "run-1"]


@pytest.mark.parametrize(
    ("report", "side"),
    [(DRILL, None), (REPORT, "run-1"), (DRILL, "run-2")],
    ids=["exercise to live", "live to exercise", "to another exercise"],
)
async def test_live_and_exercise_never_mix_and_nothing_is_sent(
    ca: CertificateAuthority, report: Report, side: str | None
) -> None:
    asked: list[str] = []

    async def take(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.json_response(RECEIPT, status=202)

    async with serving(ca, take, exercise=side) as centre:
        with pytest.raises(NcscError, match="never goes"):
            await centre.submit(report)
    assert asked == []


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504])
async def test_what_passes_is_tried_again(ca: CertificateAuthority, status: int) -> None:
    async with serving(ca, always(status, {"title": "later"})) as centre:
        with pytest.raises(NcscUnavailable, match=str(status)):
            await centre.submit(REPORT)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("120", 120),
        ("Tue, 24 Nov 2026 03:02:00 GMT", 120),
        ("Tue, 24 Nov 2026 02:00:00 GMT", 0),
        ("9" * 5000, 3600),
        ("Wed, 24 Nov 2027 03:00:00 GMT", 3600),
        ("soon", 0),
        ("-5", 0),
        ("²", 0),
    ],
)
async def test_the_centre_may_say_how_long_to_wait(
    ca: CertificateAuthority, asked: str, seconds: int
) -> None:
    answer = always(503, {}, **{"Retry-After": asked, "Date": "Tue, 24 Nov 2026 03:00:00 GMT"})
    async with serving(ca, answer) as centre:
        with pytest.raises(NcscUnavailable) as caught:
            await centre.submit(REPORT)
    assert caught.value.wait.total_seconds() == seconds


async def test_a_date_to_wait_for_means_nothing_without_the_centres_own() -> None:
    assert not module._wait({"Retry-After": "Tue, 24 Nov 2026 03:02:00 GMT"})


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 413, 415, 422])
async def test_a_refusal_is_final_and_says_why(ca: CertificateAuthority, status: int) -> None:
    problem = {"title": "no", "detail": "the TLP marking is missing"}
    async with serving(ca, always(status, problem, Location="/elsewhere")) as centre:
        with pytest.raises(NcscError, match="TLP marking") as caught:
            await centre.submit(REPORT)
    assert not caught.value.retryable


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        '{"receipt_id": "R-1"',
        '{"receipt_id": 7}',
        "[" * 100_000,
        '{"receipt_id":' + "[" * 100_000,
        '{"other":' + "[" * 100_000,
    ],
    ids=["empty", "html", "cut", "type", "deep", "deep member", "deep unknown"],
)
async def test_an_answer_that_is_none_is_tried_again(ca: CertificateAuthority, body: str) -> None:
    async with serving(ca, always(202, body)) as centre:
        with pytest.raises(NcscUnavailable):
            await centre.submit(REPORT)


@pytest.mark.parametrize(
    "body", ["", "<html>", '"detail"', '{"detail":' + "[" * 100_000], ids=["empty", "html", "text", "deep"]
)
async def test_a_refusal_without_words_is_still_a_refusal(ca: CertificateAuthority, body: str) -> None:
    async with serving(ca, always(400, body)) as centre:
        with pytest.raises(NcscError, match="400"):
            await centre.submit(REPORT)


async def test_a_receipt_for_other_bytes_is_none(ca: CertificateAuthority) -> None:
    async with serving(ca, always(202, RECEIPT | {"sha256": "0" * 64})) as centre:
        with pytest.raises(NcscError, match="other bytes"):
            await centre.submit(REPORT)


async def test_a_cut_connection_is_tried_again(ca: CertificateAuthority) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with serving(ca, cut) as centre:
        with pytest.raises(NcscUnavailable):
            await centre.submit(REPORT)


async def test_an_answer_that_comes_in_pieces_is_read_to_its_end(ca: CertificateAuthority) -> None:
    text = json.dumps(RECEIPT).encode()

    async def dribble(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(status=202)
        await answer.prepare(request)
        for at in range(0, len(text), 50):
            await answer.write(text[at : at + 50])
            await asyncio.sleep(0)
        await answer.write_eof()
        return answer

    async with serving(ca, dribble) as centre:
        assert (await centre.submit(REPORT)).receipt_id == "R-1"


async def test_an_answer_without_end_is_left_off(ca: CertificateAuthority) -> None:
    async def flood(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(2 * module.MAX_ANSWER_BYTES // 65536):
            await answer.write(b" " * 65536)
        return answer

    async with serving(ca, flood) as centre:
        with pytest.raises(NcscUnavailable, match="more than"):
            await centre.submit(REPORT)


async def test_a_server_of_another_authority_is_not_spoken_to(
    ca: CertificateAuthority, tmp_path: Path
) -> None:
    async with serving(make_ca(tmp_path / "other"), always(202, RECEIPT)) as impostor:
        centre = centre_at(impostor._url, ca)
        try:
            with pytest.raises(NcscUnavailable, match="Certificate"):
                await centre.submit(REPORT)
        finally:
            await centre.close()


async def test_nobody_there_is_tried_again(ca: CertificateAuthority) -> None:
    async with serving(ca, always(200)) as gone:
        url = gone._url
    centre = centre_at(url, ca)
    with pytest.raises(NcscUnavailable):
        await centre.status("R-1")
    await centre.close()


async def test_a_report_stands_where_the_centre_says(ca: CertificateAuthority) -> None:
    async with serving(ca, always(200, {"state": "acknowledged", "case_no": "VN-7", "more": 1})) as centre:
        status = await centre.status("R-1")
    assert (status.receipt_id, status.state, status.case_no) == ("R-1", "acknowledged", "VN-7")


async def test_messages_come_with_their_bodies_as_sent(ca: CertificateAuthority) -> None:
    asked: list[dict[str, str]] = []
    item = {
        "id": "m1",
        "kind": "warning",
        "sent_at": "t",
        "due_at": None,
        "exercise": False,
        "body": {"a": [1]},
    }

    async def give(request: web.Request) -> web.Response:
        asked.append(dict(request.query))
        return web.json_response({"messages": [item], "more": False})

    async with serving(ca, give) as centre:
        (message,) = await centre.messages("")
        await centre.messages("m 0&x=1")
    assert (message.id, message.kind, message.due_at, message.exercise) == ("m1", "warning", None, False)
    assert json.loads(message.body) == {"a": [1]}
    assert asked == [{"limit": "100"}, {"limit": "100", "after": "m 0&x=1"}]


async def test_an_id_of_the_centre_stays_one_segment_of_the_path(ca: CertificateAuthority) -> None:
    paths: list[str] = []

    async def take(request: web.Request) -> web.Response:
        paths.append(request.raw_path)
        return web.json_response({"state": "received"})

    async with serving(ca, take) as centre:
        await centre.acknowledge("../incidents?x=1")
        await centre.status("a/b")
    assert paths == ["/api/v1/messages/..%2Fincidents%3Fx%3D1/ack", "/api/v1/incidents/a%2Fb"]


async def test_the_stand_in_agrees_on_every_word(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        sides = {
            side: HttpNationalCentre(
                url=ncsc.addresses.api,
                ca=tmp_path / "ca.pem",
                certificate=tmp_path / f"{side}.pem",
                key=tmp_path / f"{side}.key",
                exercise=run,
            )
            for side, run in (("live", None), ("exercise", "run-1"))
        }
        report = Report("r1", "initial", "incident--1", None, as_bytes(bundle()))
        drill = Report("r2", "initial", "incident--1", "run-1", as_bytes(bundle("drill")))
        try:
            receipt = await sides["live"].submit(report)
            assert await sides["live"].submit(report) == receipt
            assert (await sides["live"].status(receipt.receipt_id)).state in {"received", "validated"}
            assert (await sides["exercise"].submit(drill)).report_id == "r2"
            named = [{"type": "ipv4-addr", "value": "203.0.113.9"}]
            warning = {"title": "w", "indicators": named, "due_in_hours": 24, "exercise": False}
            await ncsc.admin("POST", "/admin/warnings", warning)
            (message,) = await sides["live"].messages("")
            assert read_warning(message.body).indicators == (Named("ipv4-addr", "203.0.113.9"),)
            await sides["live"].acknowledge(message.id)
            await sides["live"].acknowledge(message.id)
            assert await sides["live"].messages(message.id) == []
        finally:
            for centre in sides.values():
                await centre.close()
        counts = await ncsc.counts()
    assert (counts["incidents"], counts["acks"]) == (2, 1)
