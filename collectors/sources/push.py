"""Source push: NDJSON that programs on this machine post, answered with 200 once it is durable.

    POST /events   ──► lines ──► channel ──► journal, fdatasync ──► 200
                                   └── not within 30 s ──► 503, text/plain: send it again

After a 503 or a cut connection the sender cannot know; what it sends again is recognised by its
`event.id`, and counted as new where it has none. Pages in a browser on this machine are no programs:
they are refused before their body is read.
"""

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus

from aiohttp import hdrs, web

from collectors.reading import Reading, Stamp
from collectors.setting_types import is_loopback
from soc.kernel.channel import Channel
from soc.wire.codec import MAX_RECORD_BYTES
from soc.wire.framing import Framer, Piece

MAX_BODY_BYTES = 8 << 20
SMALL_BODIES = 64
"""Of a chunk's size at most, held in memory at once."""
LARGE_BODIES = 1
"""The others wait in their sockets."""
PATIENCE_S = 30
RETRY_AFTER_S = 5
PORTION_RECORDS = 500
CHUNK_BYTES = 64 << 10
"""What becomes one reading: what waits to be kept stays small."""
CONTENT_TYPES = frozenset(("application/x-ndjson", "application/jsonl", "application/json"))
"""None of them can a page send to another site without asking that site first."""


@dataclass(slots=True)
class HttpPush:
    """One source of kind ``http_push``."""

    listener: socket.socket
    stamp: Stamp
    patience_s: float = PATIENCE_S
    """Seconds from a request's head to its answer."""
    _small: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(SMALL_BODIES))
    _large: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LARGE_BODIES))

    async def run(self, out: Channel[Reading]) -> None:
        """Take posts until cancelled."""

        async def answer(request: web.Request) -> web.Response:
            return await self._answer(request, out)

        app = web.Application()
        app.router.add_post("/events", answer)
        runner = web.AppRunner(app, access_log=None, auto_decompress=False, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.SockSite(runner, self.listener).start()
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    def close(self) -> None:
        """Stop listening."""
        self.listener.close()

    async def _answer(self, request: web.Request, out: Channel[Reading]) -> web.Response:
        refusal = _refusal(request)
        if refusal is not None:
            return refusal
        size = request.content_length
        places = self._large if size is None or size > CHUNK_BYTES else self._small
        try:
            async with asyncio.timeout(self.patience_s):
                async with places:
                    await self._keep(await _body(request), out)
        except TimeoutError:
            return _said(HTTPStatus.SERVICE_UNAVAILABLE, "busy", {hdrs.RETRY_AFTER: str(RETRY_AFTER_S)})
        except _TooMuch:
            return _said(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"accepted: {MAX_BODY_BYTES} bytes in one request"
            )
        return _said(HTTPStatus.OK, "kept")

    async def _keep(self, body: bytearray, out: Channel[Reading]) -> None:
        """Wait until every line of *body* is durable."""
        durable: list[asyncio.Event] = []
        for pieces in _portions(body):
            durable.append(asyncio.Event())
            records = tuple(self.stamp.sent(piece, "127.0.0.1") for piece in pieces)
            await out.send(Reading(records, durable=durable[-1]))
        for event in durable:
            await event.wait()


class _TooMuch(Exception):
    """A body is larger than is accepted."""


async def _body(request: web.Request) -> bytearray:
    """Return the body, held once."""
    body = bytearray()
    async for chunk in request.content.iter_chunked(CHUNK_BYTES):
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise _TooMuch
    return body


def _portions(body: bytearray) -> Iterator[list[Piece]]:
    """Yield the lines of *body*, a handful at a time; the last one needs no line end."""
    framer = Framer(MAX_RECORD_BYTES)
    for start in range(0, len(body), CHUNK_BYTES):
        end = start + CHUNK_BYTES
        pieces = framer.feed(bytes(body[start:end]) if end < len(body) else bytes(body[start:]) + b"\n")
        for first in range(0, len(pieces), PORTION_RECORDS):
            yield pieces[first : first + PORTION_RECORDS]


def _refusal(request: web.Request) -> web.Response | None:
    """Return why a request is refused by its head."""
    if hdrs.ORIGIN in request.headers or not is_loopback(_host(request)):
        return _said(HTTPStatus.FORBIDDEN, "only for programs of this machine, at its loopback address")
    if request.content_type not in CONTENT_TYPES:
        return _said(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"accepted: {', '.join(sorted(CONTENT_TYPES))}, one object a line",
        )
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity") != "identity":
        return _said(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "accepted: bodies that are not compressed")
    return None


def _host(request: web.Request) -> str:
    """Return the host that the sender believes to talk to."""
    host = request.host
    return host.rpartition(":")[0].strip("[]") if host.rpartition(":")[2].isdigit() else host.strip("[]")


def _said(status: HTTPStatus, text: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, text=text, headers=headers)
