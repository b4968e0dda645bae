"""A small real gateway over TLS: answers as told, remembers what it made durable."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from support.pki import CertificateAuthority, issue, make_ca, server_tls, sign

from soc.kernel.clock import SystemClock
from soc.model.identity import Origin
from soc.wire import codec
from soc.wire.messages import Answer, Batch, Beat, EnrolAnswer, EnrolRequest, RenewRequest, SignedRevision

ORIGIN = Origin("so-y-te", "c1")
URN = "urn:soc:collector:so-y-te:c1:live"
Script = Callable[[Batch], web.Response | None]
"""Answers a batch in the gateway's place; None: as usual."""


@dataclass
class SmallGateway:
    """Keeps batches by sequence number, as a store with ids would."""

    ca: CertificateAuthority
    script: Script = lambda _batch: None
    hold: Callable[[Batch], asyncio.Event | None] = lambda _batch: None
    """Names what the answer to a batch waits for; it is not kept before."""
    token: str = "token"
    clock_ahead_ms: int = 0
    configuration: SignedRevision | None = None
    url: str = ""
    tries: int = 0
    at_once: int = 0
    most_at_once: int = 0
    records: dict[int, str] = field(default_factory=dict[int, str])
    repeated: int = 0
    gaps: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    batches: list[Batch] = field(default_factory=list[Batch])
    beats: list[Beat] = field(default_factory=list[Beat])
    renewals: list[str] = field(default_factory=list[str])
    """Signing requests under a certificate."""
    renewal: Callable[[int], web.Response | None] = lambda _tries: None
    """Refuses the so manieth renewal; None: as usual."""
    peers: set[str] = field(default_factory=set[str])
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def answer(self, resend_from: int | None = None) -> web.Response:
        time_ms = SystemClock().now_ms() + self.clock_ahead_ms
        message = Answer(codec.VERSION, time_ms, resend_from, self.configuration)
        return web.Response(body=codec.pack_answer(message))

    def keep(self, batch: Batch) -> None:
        self.batches.append(batch)
        self.gaps += [(gap.first_seq, gap.last_seq) for gap in batch.gaps]
        for seq, record in enumerate(batch.records, batch.first_seq):
            self.repeated += seq in self.records
            self.records[seq] = record.raw.decode("utf-8", "replace")
        self.changed.set()

    async def until(self, look: Callable[[], bool], *, within_s: float = 8) -> None:
        """Wait for what the gateway hears, or what its answers bring about, to make *look* true."""
        async with asyncio.timeout(within_s):
            while not look():
                self.changed.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.changed.wait(), 0.02)

    async def _batches(self, request: web.Request) -> web.Response:
        self.tries += 1
        self._see_peer(request)
        batch = codec.unpack(await request.read(), Batch)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.changed.set()
        try:
            if (held := self.hold(batch)) is not None:
                await held.wait()
            return self._answered(batch)
        finally:
            self.at_once -= 1

    def _answered(self, batch: Batch) -> web.Response:
        scripted = self.script(batch)
        self.changed.set()
        if scripted is not None:
            return scripted
        self.keep(batch)
        return self.answer()

    async def _heartbeats(self, request: web.Request) -> web.Response:
        self._see_peer(request)
        self.beats.append(codec.unpack(await request.read(), Beat))
        self.changed.set()
        return self.answer()

    async def _enrol(self, request: web.Request) -> web.Response:
        asked = msgspec.json.decode(await request.read(), type=EnrolRequest)
        if asked.token != self.token:
            return web.Response(status=403, text="this enrolment token is unknown\n")
        return self._credential(asked.csr_pem)

    async def _renew(self, request: web.Request) -> web.Response:
        self._see_peer(request)
        asked = msgspec.json.decode(await request.read(), type=RenewRequest)
        self.renewals.append(asked.csr_pem)
        refusal = self.renewal(len(self.renewals))
        return self._credential(asked.csr_pem) if refusal is None else refusal

    def _credential(self, csr_pem: str) -> web.Response:
        csr = x509.load_pem_x509_csr(csr_pem.encode())
        key = csr.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        pem = sign(self.ca, key, URN).public_bytes(serialization.Encoding.PEM).decode()
        answer = EnrolAnswer(codec.VERSION, ORIGIN, pem, self.ca.path.read_text(), "public key")
        return web.Response(body=msgspec.json.encode(answer))

    def _see_peer(self, request: web.Request) -> None:
        assert request.transport is not None
        peer = request.transport.get_extra_info("peercert") or {}
        self.peers |= {value for kind, value in peer.get("subjectAltName", ()) if kind == "URI"}


@asynccontextmanager
async def small_gateway(
    folder: Path, *, asks_for_certificates: bool = True, beside: SmallGateway | None = None
) -> AsyncIterator[SmallGateway]:
    """Serve on 127.0.0.1 with a new authority in *folder*, or with that of the gateway *beside*."""
    ca = beside.ca if beside else make_ca(folder / "pki")
    gateway = SmallGateway(ca)
    app = web.Application(client_max_size=codec.MAX_BODY_BYTES)
    app.router.add_post("/v1/batches", gateway._batches)
    app.router.add_post("/v1/heartbeats", gateway._heartbeats)
    app.router.add_post("/v1/enrol", gateway._enrol)
    app.router.add_post("/v1/renew", gateway._renew)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    try:
        tls = server_tls(ca, issue(ca, "127.0.0.1"))
        if not asks_for_certificates:
            tls.verify_mode = ssl.CERT_NONE
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        gateway.url = f"https://127.0.0.1:{runner.addresses[0][1]}"
        yield gateway
    finally:
        await runner.cleanup()
