"""The interface to provinces: reports in, states and messages out, acknowledgements in."""

import asyncio
from functools import partial
from typing import Any, assert_never

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from soc.ncsc_stub import messages, reports
from soc.ncsc_stub.content import check_digest, idempotency_key, read_json_body
from soc.ncsc_stub.database import Database
from soc.ncsc_stub.faults import Fault, FaultKind, Faults
from soc.ncsc_stub.instants import Clock
from soc.ncsc_stub.peer import Peer, exercise_run, peer_of
from soc.ncsc_stub.problem import Problem, Refusal
from soc.ncsc_stub.rate import Rate
from soc.ncsc_stub.submission import Effect, Running, Submission, once

DEFAULT_PAGE = 50
_PEER = web.RequestKey("peer", Peer)
_RUN = web.RequestKey("run", str)


class Api:
    """The routes under ``/api/v1``; every one of them knows its peer by the certificate."""

    def __init__(
        self, database: Database, rate: Rate, faults: Faults, running: Running, now_ms: Clock
    ) -> None:
        self._database = database
        self._rate = rate
        self._faults = faults
        self._running = running
        self._now_ms = now_ms

    def routes(self) -> list[web.RouteDef]:
        """Return what is offered where."""
        return [
            web.post("/api/v1/incidents", self._receive),
            web.get("/api/v1/incidents/{receipt_id}", self._status),
            web.post("/api/v1/incidents/{receipt_id}/updates", self._update),
            web.get("/api/v1/messages", self._messages),
            web.post("/api/v1/messages/{id}/ack", self._acknowledge),
        ]

    @property
    def guard(self) -> Middleware:
        """The middleware that lets in only peers, within their rate, on their side of the wall."""

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            peer = peer_of(request.get_extra_info("peercert"))
            self._rate.spend(peer, self._now_ms())
            run = exercise_run(peer, request.headers, writes=request.method not in {"GET", "HEAD"})
            request[_PEER] = peer
            if run is not None:
                request[_RUN] = run
            return await handler(request)

        return guard

    async def _receive(self, request: web.Request) -> web.Response:
        return await self._submit(request, reports.receive)

    async def _update(self, request: web.Request) -> web.Response:
        effect = partial(reports.update, receipt_id=request.match_info["receipt_id"])
        return await self._submit(request, effect)

    async def _submit(self, request: web.Request, effect: Effect) -> web.Response:
        peer, key = request[_PEER], idempotency_key(request.headers)
        body = await read_json_body(request)
        submission = Submission(
            peer=peer,
            run=request.get(_RUN),
            key=key,
            path=request.path,
            body=body,
            sha256=check_digest(request.headers, body),
            received_ms=self._now_ms(),
        )
        with self._running.claim(peer, key):
            fault = self._faults.take()
            await _suffer(fault)
            answer = await self._database.run(partial(once, submission=submission, effect=effect))
        if fault is not None and fault.kind is FaultKind.DROP_AFTER_COMMIT and request.transport is not None:
            request.transport.abort()
        headers = {"Location": msgspec.json.decode(answer, type=reports.Receipt).status_url}
        return web.Response(status=202, body=answer, content_type="application/json", headers=headers)

    async def _status(self, request: web.Request) -> web.Response:
        receipt_id = request.match_info["receipt_id"]
        return _json(
            await self._database.run(partial(reports.status, peer=request[_PEER], receipt_id=receipt_id))
        )

    async def _messages(self, request: web.Request) -> web.Response:
        after = _number(request.query.get("after", "0"), "after", 2**53)
        limit = _number(request.query.get("limit", str(DEFAULT_PAGE)), "limit", messages.MAX_PAGE)
        work = partial(messages.page, peer=request[_PEER], after=after, limit=max(1, limit))
        return _json(await self._database.run(work))

    async def _acknowledge(self, request: web.Request) -> web.Response:
        number = _number(request.match_info["id"], "id", 2**53)
        work = partial(messages.acknowledge, peer=request[_PEER], number=number, at_ms=self._now_ms())
        return _json(await self._database.run(work))


async def _suffer(fault: Fault | None) -> None:
    """Let the submission meet what of *fault* comes before the commit."""
    if fault is None:
        return
    match fault.kind:
        case FaultKind.UNAVAILABLE:
            raise Problem(Refusal.UNAVAILABLE, "Maintenance.", retry_after_s=fault.seconds)
        case FaultKind.SLOW:
            await asyncio.sleep(fault.seconds)
        case FaultKind.DROP_AFTER_COMMIT:
            return
        case _:
            assert_never(fault.kind)


def _number(text: str, name: str, largest: int) -> int:
    # int() would take signs, spaces, underscores and other scripts' digits.
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= largest):
        raise Problem(Refusal.MALFORMED, f"{name}: expected a number from 0 to {largest}.")
    return int(text)


def _json(body: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), content_type="application/json")
