"""Doors for senders without a collector, each on a port of its own, and such a sender's credentials."""

import asyncio
import base64
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from support.centre import NOW, Receiving
from support.faulty import AT_ONCE

from soc.gateway.authority import open_server, pem_of, write_key
from soc.gateway.credentials import enrol, issue_token, revoke
from soc.gateway.desk import Door
from soc.gateway.doorway import Doorway
from soc.gateway.keys import issue_key
from soc.kernel.clock import ManualClock, to_ms
from soc.kernel.errors import SocError, StoreBusy, StoreError
from soc.model.event import Event
from soc.model.identity import Origin, province
from soc.pipeline.feeds import FeedReader
from soc.ports.events import Query, Written
from soc.stores.memory_events import MemoryEventStore
from soc.wire.feed import Receipt

DAY_MS = 86_400_000
ORIGIN = Origin("so-y-te", "sender-1")


@dataclass(slots=True)
class Faulty:
    """An event store that waits until it may go on, and refuses as often as it is told."""

    store: MemoryEventStore = field(default_factory=MemoryEventStore)
    refusals: list[StoreError | None] = field(default_factory=list)
    """What each next write does; None: it succeeds."""
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def write(self, events: Sequence[Event]) -> Written:
        self.asked.set()
        await self.may_go_on.wait()
        refusal = self.refusals.pop(0) if self.refusals else None
        if refusal is not None:
            raise refusal
        return await self.store.write(events)

    async def refresh(self) -> None:
        """Nothing to do."""

    def busy(self, *, after: int = 0, times: int = 1) -> None:
        """Let *after* writes succeed and the *times* next ones not; nothing waits."""
        self.refusals = [None] * after + [StoreBusy("the disk is busy") for _ in range(times)]
        self.may_go_on.set()


def doorway(centre: Receiving, door: Door, format_: str) -> Doorway:
    """Return the way of *door* to the desk of *centre*."""
    return Doorway(centre.desk, door, door.value, format_, "UTC")


async def api_key(centre: Receiving, origin: Origin = ORIGIN) -> str:
    """Return the header of a key for *origin*."""
    facts = issue_key("k1", "secret", origin, actor="user:an", now_ms=0, expires_ms=to_ms(NOW) + DAY_MS)
    await centre.recorder.decide(lambda: facts)
    return f"ApiKey {base64.b64encode(b'k1:secret').decode()}"


async def certified(centre: Receiving, origin: Origin = ORIGIN) -> str:
    """Write a sender's certificate and key into the folder of *centre*; return its serial number."""
    key = ec.generate_private_key(ec.SECP256R1())
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    pem = csr.public_bytes(serialization.Encoding.PEM).decode()
    certificate = centre.authority.issue(pem, origin, datetime.now(UTC))
    serial = f"{certificate.serial_number:X}"
    tokens = issue_token("t", origin, actor="user:an", now_ms=0, expires_ms=to_ms(NOW))
    await centre.recorder.decide(lambda: tokens)
    state = centre.recorder.state(centre.credentials)
    await centre.recorder.decide(lambda: enrol(state, "t", serial, "k", now_ms=1))
    write_key(centre.folder / "sender.key", key)
    (centre.folder / "sender.pem").write_text(pem_of(certificate))
    return serial


async def revoked(centre: Receiving, serial: str) -> None:
    """End the certificate *serial*."""
    facts = revoke(serial, ORIGIN, actor="user:an", why="stolen", now_ms=2)
    await centre.recorder.decide(lambda: facts)


async def stored(centre: Receiving, store: MemoryEventStore | None = None) -> list[Event]:
    """Return every event stored, in the order of their texts."""
    page = await (store or centre.events).search(province(None), Query(), limit=1000)
    return sorted(page.events, key=lambda event: event.original)


async def receipts(centre: Receiving) -> list[Receipt]:
    """Return every receipt fed."""
    entries = [entry async for entry in FeedReader(centre.feeds).fresh()]
    return [receipt for entry in entries for receipt in entry.receipts]


@dataclass(frozen=True, slots=True)
class Caller:
    """A sender's end of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def hear(self, size: int) -> bytes:
        async with asyncio.timeout(5):
            return await self.reader.readexactly(size)

    async def hear_end(self) -> bytes:
        """Return all that still comes."""
        async with asyncio.timeout(5):
            return await self.reader.read()

    async def reset(self) -> None:
        """Be gone, as after a power cut."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self.writer.transport.abort()
        with suppress(OSError):
            await self.writer.wait_closed()

    def heard_nothing(self) -> bool:
        return not self.reader._buffer  # type: ignore[attr-defined]


async def moved_until(clock: ManualClock, done: Callable[[], bool], *, sleepers: int = 1) -> None:
    """Let *clock* run on whenever so many sleep by it, until *done*."""
    while not done():
        await asyncio.sleep(0)
        if len(clock._sleepers) >= sleepers:
            await clock.advance(timedelta(seconds=1))


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def call(centre: Receiving, port: int) -> AsyncIterator[Caller]:
    """Connect with the sender's certificate."""
    context = ssl.create_default_context(cafile=str(centre.folder / "ca.pem"))
    context.load_cert_chain(centre.folder / "sender.pem", centre.folder / "sender.key")
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=context, server_hostname="localhost"
    )
    try:
        yield Caller(reader, writer)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


@dataclass(slots=True)
class Listening:
    """A stream door that listens."""

    port: int = 0
    ended: list[Exception | None] = field(default_factory=list)
    """How conversations ended."""


@asynccontextmanager
async def open_stream_door(centre: Receiving, serve: Serve) -> AsyncIterator[Listening]:
    """Listen as the gateway does: TLS, a client certificate required, an error ends its conversation."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        outcome: Exception | None = None
        try:
            await serve(reader, writer)
        except (SocError, OSError, EOFError) as error:
            outcome = error
        finally:
            listening.ended.append(outcome)
            writer.close()

    listening = Listening()
    async with await asyncio.start_server(talk, "127.0.0.1", 0, ssl=door_tls(centre)) as server:
        listening.port = server.sockets[0].getsockname()[1]
        yield listening


def door_tls(centre: Receiving) -> ssl.SSLContext:
    """Return TLS in which senders show a certificate of the centre's own."""
    folder = centre.folder
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*open_server(folder, centre.authority, ["localhost"], datetime.now(UTC)))
    context.load_verify_locations(folder / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


@asynccontextmanager
async def open_bulk(application: web.Application, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Listen as the gateway does, if need be without TLS; yield the port."""
    runner = web.AppRunner(application, access_log=None, auto_decompress=False)
    await runner.setup()
    listener = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listener, ssl_context=tls).start()
    try:
        yield listener.getsockname()[1]
    finally:
        await runner.cleanup()
