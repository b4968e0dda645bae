"""The collectors' port: ``/v1/enrol``, ``/v1/renew``, ``/v1/batches``, ``/v1/heartbeats`` over TLS 1.3.

A gateway keeps no state: it answers 200 only when a batch is stored and fed. Everything refused says
why in one plain line. Busy is ``503 text/plain`` with ``Retry-After``: the one refusal on which no
known shipper loses data.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from soc.gateway.bodies import read
from soc.gateway.desk import Desk
from soc.gateway.enrolment import Enrolment
from soc.gateway.orders import Orders
from soc.gateway.refusals import refusals
from soc.kernel.errors import AuthError
from soc.model.heartbeat import ConfigurationState
from soc.model.identity import Origin
from soc.pipeline.intake import Intake
from soc.wire import codec
from soc.wire.messages import Batch


@dataclass(frozen=True, slots=True)
class Gateway:
    """What the handlers need, wired by the composition root."""

    intake: Intake
    desk: Desk
    enrolment: Enrolment
    orders: Orders

    def application(self) -> web.Application:
        """Return the aiohttp application of the port."""
        app = web.Application(middlewares=[refusals], client_max_size=codec.MAX_BODY_BYTES + 1)
        app.router.add_post("/v1/enrol", self.enrol)
        app.router.add_post("/v1/renew", self.renew)
        app.router.add_post("/v1/batches", self.batches)
        app.router.add_post("/v1/heartbeats", self.heartbeats)
        return app

    async def enrol(self, request: web.Request) -> web.Response:
        """Give a collector its certificate."""
        with self.desk.told(request.remote or ""):
            return await self.enrolment.enrol(request)

    async def renew(self, request: web.Request) -> web.Response:
        """Give a collector a certificate that goes on when the one it shows ends."""
        origin = self._origin(request)
        return await self.enrolment.renew(request, origin, _peer(request)["serialNumber"].lstrip("0"))

    async def batches(self, request: web.Request) -> web.Response:
        """Store a batch; 200 means durable."""
        origin = self._origin(request)
        # Read first: a collector on a slow line must not hold a place that others wait for.
        with self.desk.upload(origin):
            body = await read(request, codec.MAX_BODY_BYTES, self.desk.memory.of(origin.agency))
        async with self.desk.admit(origin, bytes_=len(body)):
            batch = await asyncio.to_thread(codec.unpack, body, Batch)
            self._same(batch.origin, origin, request)
            await self.desk.accept(batch, origin)
        return await self._answer(origin, batch.spool)

    async def heartbeats(self, request: web.Request) -> web.Response:
        """Feed a heartbeat."""
        origin = self._origin(request)
        with self.desk.upload(origin):
            body = await read(request, codec.MAX_BEAT_BYTES, self.desk.memory.of(origin.agency))
        beat = self.desk.hear(body, origin)
        self._same(beat.origin, origin, request)
        await self.intake.beat(beat, origin)
        return await self._answer(origin, beat.spool, beat.configuration)

    def _origin(self, request: web.Request) -> Origin:
        return self.desk.by_certificate(_peer(request), request.remote or "")

    def _same(self, claimed: Origin, proved: Origin, request: web.Request) -> None:
        with self.desk.told(request.remote or ""):
            if claimed != proved:
                raise AuthError("the message names another collector than the certificate does")

    async def _answer(
        self, origin: Origin, spool: str, state: ConfigurationState | None = None
    ) -> web.Response:
        answer = await self.orders.answer(origin, spool, state)
        return web.Response(body=codec.pack_answer(answer), content_type=codec.ANSWER_TYPE)


def _peer(request: web.Request) -> dict[str, Any]:
    """Return the client certificate as ``getpeercert`` gives it; empty: none was shown."""
    transport = request.transport
    return {} if transport is None else transport.get_extra_info("peercert") or {}
