"""The collectors' port: ``/v1/enrol``, ``/v1/batches``, ``/v1/heartbeats`` over TLS 1.3.

A gateway keeps no state: it answers 200 only when a batch is stored and fed. Everything refused says
why in one plain line. Busy is ``503 text/plain`` with ``Retry-After``: the one refusal on which no
known shipper loses data.
"""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from soc.gateway.bodies import TIMEOUT_S, read
from soc.gateway.desk import Desk
from soc.gateway.enrolment import Enrolment
from soc.kernel.clock import Clock
from soc.kernel.errors import AuthError, StoreBusy, WireError
from soc.kernel.logs import Log, Said
from soc.model.identity import Origin
from soc.pipeline.intake import Intake
from soc.wire import codec
from soc.wire.messages import Answer, Batch, Beat

MAX_BEAT_BYTES = 256 << 10


@dataclass(frozen=True, slots=True)
class Gateway:
    """What the handlers need, wired by the composition root."""

    intake: Intake
    desk: Desk
    enrolment: Enrolment
    clock: Clock
    log: Log

    def application(self) -> web.Application:
        """Return the aiohttp application of the port."""
        app = web.Application(middlewares=[_refusals], client_max_size=codec.MAX_BODY_BYTES + 1)
        app.router.add_post("/v1/enrol", self.enrolment.enrol)
        app.router.add_post("/v1/batches", self.batches)
        app.router.add_post("/v1/heartbeats", self.heartbeats)
        return app

    async def batches(self, request: web.Request) -> web.Response:
        """Store a batch; 200 means durable."""
        origin = self._origin(request)
        # Read first: a collector on a slow line must not hold a place that others wait for.
        with self.desk.upload(origin):
            body = await read(request, codec.MAX_BODY_BYTES)
        async with self.desk.admit(origin, bytes_=len(body)):
            batch = codec.unpack(body, Batch)
            _same(batch.origin, origin)
            receipt = await self.intake.accept(batch, origin)
        self.log.info(
            Said.BATCH_STORED,
            agency=origin.agency,
            collector=origin.collector,
            first_seq=receipt.first_seq,
            last_seq=receipt.last_seq,
            stored=receipt.stored,
            quarantined=receipt.quarantined,
        )
        return self._answer()

    async def heartbeats(self, request: web.Request) -> web.Response:
        """Feed a heartbeat."""
        origin = self._origin(request)
        with self.desk.upload(origin):
            beat = codec.unpack(await read(request, MAX_BEAT_BYTES), Beat)
        _same(beat.origin, origin)
        await self.intake.beat(beat, origin)
        return self._answer()

    def _origin(self, request: web.Request) -> Origin:
        transport = request.transport
        peer = None if transport is None else transport.get_extra_info("peercert")
        return self.desk.by_certificate(peer, request.remote or "")

    def _answer(self) -> web.Response:
        answer = Answer(version=codec.VERSION, time_ms=self.clock.now_ms())
        return web.Response(body=codec.pack_answer(answer), content_type=codec.ANSWER_TYPE)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def _refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except WireError as error:
        return web.Response(status=400, text=f"{error}\n")
    except AuthError as error:
        return web.Response(status=403, text=f"{error}\n")
    except StoreBusy as error:
        return _busy(str(error), error.wait)
    except TimeoutError:
        return web.Response(status=408, text=f"the body did not arrive within {TIMEOUT_S} s\n")


def _same(claimed: Origin, proved: Origin) -> None:
    if claimed != proved:
        raise AuthError("the message names another collector than the certificate does")


def _busy(why: str, wait: timedelta) -> web.Response:
    headers = {"Retry-After": str(math.ceil(wait.total_seconds()))}
    return web.Response(status=503, text=f"busy: {why}\n", headers=headers)
