"""The national centre's stand-in in this process, spoken to over real sockets and TLS."""

import asyncio
import base64
import hashlib
import io
import json
import ssl
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, TCPConnector

from soc.ncsc_stub import pki
from soc.ncsc_stub.instants import system_clock
from soc.ncsc_stub.server import Addresses, serve
from soc.ncsc_stub.settings import Settings

AMBER = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
EXERCISE = {"Soc-Exercise": "run-1"}


class Hand:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.ms = 1_800_000_000_000

    def __call__(self) -> int:
        return self.ms


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; ``body`` is what the JSON says."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class National:
    """One running stand-in."""

    addresses: Addresses
    clock: Hand
    folder: Path
    session: ClientSession

    async def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        side: str = "live",
    ) -> Answer:
        """Ask the interface as the province, *side* live or exercise."""
        # As a file: aiohttp warns of large bodies in one piece.
        content = None if body is None else io.BytesIO(body)
        url, tls = self.addresses.api + path, client_tls(self.folder, side)
        async with self.session.request(method, url, data=content, headers=headers, ssl=tls) as answer:
            return Answer(answer.status, dict(answer.headers), await answer.json(content_type=None))

    async def report(
        self, content: bytes, key: str = "k", *, path: str = "/api/v1/incidents", **others: Any
    ) -> Answer:
        """Submit *content* under *key*; *others* as ``send`` takes them, headers on top."""
        headers = report_headers(content, key) | (others.pop("headers", None) or {})
        return await self.send("POST", path, content, headers, **others)

    async def admin(self, method: str, path: str, body: Any = None) -> Answer:
        """Ask the hand behind it."""
        async with self.session.request(method, self.addresses.admin + path, json=body) as answer:
            return Answer(answer.status, dict(answer.headers), await answer.json(content_type=None))

    async def counts(self) -> Any:
        """Return what it counted."""
        return (await self.admin("GET", "/admin/state")).body


@asynccontextmanager
async def national(folder: Path, **settings: Any) -> AsyncIterator[National]:
    """Run a stand-in whose state and certificates lie in *folder*."""
    if not (folder / "ca.pem").exists():
        pki.make(folder, "tinh", system_clock)
    ready: asyncio.Future[Addresses] = asyncio.get_running_loop().create_future()
    stop, clock = asyncio.Event(), Hand()
    chosen = Settings(
        data_dir=str(folder / "data"),
        cert=str(folder / "server.pem"),
        key=str(folder / "server.key"),
        client_ca=str(folder / "ca.pem"),
        listen="127.0.0.1:0",
        admin="127.0.0.1:0",
        **settings,
    )
    running = asyncio.create_task(serve(chosen, now_ms=clock, stop=stop, ready=ready.set_result))
    async with asyncio.timeout(10):
        addresses = await ready
    try:
        async with ClientSession(connector=TCPConnector(force_close=True)) as session:
            yield National(addresses, clock, folder, session)
    finally:
        stop.set()
        await running


def client_tls(folder: Path, side: str | None) -> ssl.SSLContext:
    """Return a client's TLS that trusts the authority of *folder* and shows the certificate of *side*."""
    context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    if side is not None:
        context.load_cert_chain(folder / f"{side}.pem", folder / f"{side}.key")
    return context


def report_headers(content: bytes, key: str) -> dict[str, str]:
    """Return what must stand before a report's content."""
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return {
        "Content-Type": "application/stix+json",
        "Content-Digest": f"sha-256=:{digest}:",
        "Idempotency-Key": f'"{key}"',
    }


def bundle(name: str = "web shell") -> dict[str, Any]:
    """Return a small report; the same name gives the same content."""
    identity = f"identity--{uuid.uuid5(uuid.NAMESPACE_URL, 'tinh')}"
    at = "2026-11-24T03:00:00.000Z"
    times = {"spec_version": "2.1", "created": at, "modified": at}
    return {
        "type": "bundle",
        "id": f"bundle--{uuid.uuid5(uuid.NAMESPACE_URL, 'bundle ' + name)}",
        "objects": [
            {
                "type": "identity",
                "id": identity,
                **times,
                "name": "Province",
                "identity_class": "organization",
            },
            {
                "type": "incident",
                "id": f"incident--{uuid.uuid5(uuid.NAMESPACE_URL, name)}",
                **times,
                "name": name,
                "created_by_ref": identity,
                "object_marking_refs": [AMBER],
            },
        ],
    }


def as_bytes(value: Any) -> bytes:
    """Return *value* in JSON."""
    return json.dumps(value, ensure_ascii=False).encode()
