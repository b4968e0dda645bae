"""The collectors' port: ``/v1/enrol``, ``/v1/batches``, ``/v1/heartbeats`` over TLS 1.3.

A gateway keeps no state: it answers 200 only when a batch is stored and fed. Everything refused says
why in one plain line. Busy is ``503 text/plain`` with ``Retry-After``: the one refusal on which no
known shipper loses data.
"""

import asyncio
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from aiohttp import web

from soc.gateway.authority import Authority, origin_of, pem_of
from soc.gateway.credentials import CredentialsFold, enrol, origin_for
from soc.kernel.clock import Clock
from soc.kernel.errors import AuthError, StoreBusy, WireError
from soc.kernel.logs import Log, Said
from soc.model.identity import Origin
from soc.pipeline.intake import Intake
from soc.pipeline.recorder import Recorder
from soc.wire import codec
from soc.wire.messages import Answer, Batch, Beat, EnrolAnswer, EnrolRequest

MAX_ENROL_BYTES = 16 << 10
BODY_TIMEOUT_S = 60
MAX_BEAT_BYTES = 256 << 10
BATCHES_AT_ONCE = 4
UPLOADS_A_COLLECTOR = 4
RETRY_AFTER_S = 2


@dataclass(slots=True)
class Gateway:
    """What the handlers need, wired by the composition root."""

    intake: Intake
    recorder: Recorder
    credentials: CredentialsFold
    authority: Authority
    clock: Clock
    log: Log
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(BATCHES_AT_ONCE))
    _uploads: Counter[Origin] = field(default_factory=Counter)

    def application(self) -> web.Application:
        """Return the aiohttp application of the port."""
        app = web.Application(middlewares=[_refusals], client_max_size=codec.MAX_BODY_BYTES + 1)
        app.router.add_post("/v1/enrol", self.enrol)
        app.router.add_post("/v1/batches", self.batches)
        app.router.add_post("/v1/heartbeats", self.heartbeats)
        return app

    async def enrol(self, request: web.Request) -> web.Response:
        """Turn a one-time token and a CSR into a client certificate."""
        body = await _read(request, MAX_ENROL_BYTES)
        try:
            asked = msgspec.json.decode(body, type=EnrolRequest)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise WireError(f"enrolment request: {error}") from error
        await self.recorder.catch_up()
        state = self.recorder.state(self.credentials)
        origin = origin_for(state, asked.token)
        if origin is None:
            raise AuthError("this enrolment token is unknown; ask the centre for a new one")
        certificate = self.authority.issue(asked.csr_pem, origin, self.clock.now())
        serial = f"{certificate.serial_number:X}"
        await self.recorder.decide(
            lambda: enrol(
                self.recorder.state(self.credentials), asked.token, serial, now_ms=self.clock.now_ms()
            )
        )
        self.log.info(Said.ENROLLED, agency=origin.agency, collector=origin.collector, serial=serial)
        answer = EnrolAnswer(
            version=codec.VERSION,
            origin=origin,
            certificate_pem=pem_of(certificate),
            ca_pem=self.authority.pem(),
            signing_key_pem=self.authority.public_key_pem(),
        )
        return web.Response(body=msgspec.json.encode(answer), content_type="application/json")

    async def batches(self, request: web.Request) -> web.Response:
        """Store a batch; 200 means durable."""
        origin = self._origin(request)
        # Read first: a collector on a slow line must not hold a place that others wait for.
        with self._upload(origin):
            body = await _read(request, codec.MAX_BODY_BYTES)
        if self._places.locked():
            return _busy("all places are taken")
        async with self._places:
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
        with self._upload(origin):
            beat = codec.unpack(await _read(request, MAX_BEAT_BYTES), Beat)
        _same(beat.origin, origin)
        await self.intake.beat(beat, origin)
        return self._answer()

    @contextmanager
    def _upload(self, origin: Origin) -> Iterator[None]:
        """Count a body while it arrives: one collector's connections cannot fill the memory of all."""
        if self._uploads[origin] >= UPLOADS_A_COLLECTOR:
            raise StoreBusy("this collector has too many uploads under way")
        self._uploads[origin] += 1
        try:
            yield
        finally:
            self._uploads[origin] -= 1
            if not self._uploads[origin]:
                del self._uploads[origin]

    def _origin(self, request: web.Request) -> Origin:
        transport = request.transport
        peer = None if transport is None else transport.get_extra_info("peercert")
        if not peer:
            raise AuthError("a client certificate is needed; enrol this collector first")
        uris = [value for kind, value in peer.get("subjectAltName", ()) if kind == "URI"]
        origin = origin_of(uris)
        self.recorder.state(self.credentials).check(peer["serialNumber"].lstrip("0"), origin)
        return origin

    def _answer(self) -> web.Response:
        answer = Answer(version=codec.VERSION, time_ms=self.clock.now_ms())
        return web.Response(body=codec.pack_answer(answer), content_type=codec.ANSWER_TYPE)


def tls_context(certificate: Path, key: Path, client_ca: Path) -> ssl.SSLContext:
    """Return the port's TLS: 1.3, client certificates verified where given (enrolment has none)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(client_ca)
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


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
        return _busy(str(error))
    except TimeoutError:
        return web.Response(status=408, text=f"the body did not arrive within {BODY_TIMEOUT_S} s\n")


async def _read(request: web.Request, limit: int) -> bytes:
    body = bytearray()
    async with asyncio.timeout(BODY_TIMEOUT_S):
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > limit:
                raise WireError(f"body larger than {limit} bytes")
    return bytes(body)


def _same(claimed: Origin, proved: Origin) -> None:
    if claimed != proved:
        raise AuthError("the message names another collector than the certificate does")


def _busy(why: str) -> web.Response:
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    return web.Response(status=503, text=f"busy: {why}\n", headers=headers)
