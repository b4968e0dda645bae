"""The ``_bulk`` look-alike: for senders that know how to write to Elasticsearch, and nothing else.

A body is stored as a whole and answered "all created", or it is refused as a whole: ``503``, ``text/plain``,
a word in it; rsyslog, for which that is not good enough, by the end of its connection. Whatever else is
refused is told in plain text too, because rsyslog takes JSON for success.

A sender that repeats itself repeats its ids (see ``bulk_reading``), so what was stored before a refusal is
stored once. Bodies up to ``WHOLE_BYTES`` are read to their end before anything is stored; larger ones are
stored as they come.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from aiohttp import ClientError, web

from soc.gateway import bulk_answers
from soc.gateway.bulk_reading import BulkReader, Item
from soc.gateway.doorway import Doorway
from soc.gateway.inflating import Inflater
from soc.gateway.limits import Memory
from soc.gateway.visit import Visit
from soc.kernel.errors import AuthError, StoreBusy, StoreError, WireError
from soc.model.identity import Origin
from soc.model.record import Record
from soc.wire.messages import MAX_RECORDS

WHOLE_BYTES = 8 << 20
"""Each document counts ``ITEM_BYTES`` more."""
ITEM_BYTES = 1 << 10
"""What a document costs in memory until it is stored, however small it is."""
MAX_DOCUMENT_BYTES = 8 << 20
MAX_ITEMS = 200_000
READ_S = 30
"""How long a body may stand still."""
LATER = timedelta(seconds=4)
"""How long a busy centre is asked again: rsyslog comes again at once, 500 times a second, until it gives up.

elasticsearch-py waits 10 s for an answer, 5 of which may go by until there is a place at the desk."""
TOLD_YES = (
    "/_ilm/policy/{name}",
    "/_index_template/{name}",
    "/_component_template/{name}",
    "/_template/{name}",
    "/_ingest/{name:.+}",
    "/_data_stream",
    "/_data_stream/{name:.+}",
    "/_nodes/http",
    "/logstash",
)
"""What Beats and Logstash set up or ask before they send; nothing of it is needed here."""

_ORIGIN = web.RequestKey("origin", Origin)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Bulk:
    """The door's handlers; its application must run without aiohttp's own decompression."""

    doorway: Doorway
    version: str
    """Version of Elasticsearch that clients are told."""
    max_body_bytes: int
    """After decompression."""
    max_items: int = MAX_ITEMS
    """Documents of one body."""

    def application(self) -> web.Application:
        """Return the aiohttp application of the port."""
        app = web.Application(middlewares=[self._refusals])
        app.on_response_prepare.append(_name_the_product)
        router = app.router
        for path, body in bulk_answers.asked_first(self.version).items():
            router.add_get(path, _always(body))
        for path in TOLD_YES:
            router.add_route("*", path, _yes)
        for path in ("/_bulk", "/{index}/_bulk", "/{index}/{type}/_bulk"):
            router.add_post(path, self.bulk)
            router.add_put(path, self.bulk)
        return app

    async def bulk(self, request: web.Request) -> web.Response:
        """Store a body."""
        origin = request[_ORIGIN]
        with self.doorway.desk.upload(origin), self.doorway.visit() as visit:
            kept = _Kept(self.doorway, visit, origin, request.remote or "")
            try:
                answer = await self._store(request, kept)
            finally:
                kept.drop()
            if request.transport is not None and not request.transport.is_closing():
                visit.told()
            return answer

    async def _store(self, request: web.Request, kept: "_Kept") -> web.Response:
        clock = self.doorway.desk.clock
        begun = clock.monotonic()
        reading = BulkReader(request.match_info.get("index", ""))
        async for piece in _plain(request, self.max_body_bytes):
            kept.add(reading.feed(piece), len(piece))
            if kept.count > self.max_items:
                raise _too_large(f"more than {self.max_items} actions")
            if reading.waiting > MAX_DOCUMENT_BYTES:
                raise _too_large(f"a document is larger than {MAX_DOCUMENT_BYTES} bytes")
            if kept.waiting_bytes >= WHOLE_BYTES:
                await kept.store()
            await asyncio.sleep(0)  # a body of many small documents must not keep all others waiting
        kept.add(reading.end(), 0)
        await kept.store()
        took_ms = round((clock.monotonic() - begun) * 1000)
        return _json(bulk_answers.all_stored(kept.answers, took_ms))

    @web.middleware
    async def _refusals(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            request[_ORIGIN] = self._origin(request)
            return await handler(request)
        except AuthError as error:
            return _refused(401, str(error))
        except WireError as error:
            return _refused(400, str(error))
        except StoreBusy as error:
            return _busy(request, str(error), error.wait)
        except (StoreError, ClientError, OSError) as error:
            return _busy(request, str(error) or f"nothing came for {READ_S} s")
        except web.HTTPClientError as error:
            return _refused(error.status, error.text or error.reason)

    def _origin(self, request: web.Request) -> Origin:
        transport, address = request.transport, request.remote or ""
        peer = None if transport is None else transport.get_extra_info("peercert")
        if peer:
            return self.doorway.desk.by_certificate(peer, address)
        return self.doorway.desk.by_key(request.headers.get("Authorization", ""), address)


@dataclass(slots=True)
class _Kept:
    """What became of one body so far."""

    doorway: Doorway
    visit: Visit
    origin: Origin
    peer: str
    answers: list[bytes] = field(default_factory=list)
    """Of all items, stored or waiting; those that came together stand together."""
    count: int = 0
    """Of items."""
    waiting_bytes: int = 0
    """What is not stored yet costs in memory."""
    _answered_bytes: int = 0
    _waiting: list[Item] = field(default_factory=list)

    def add(self, items: list[Item], bytes_: int) -> None:
        """Keep *items*, and what of *bytes_* more is in none yet, until they are stored.

        Raises:
            StoreBusy: bodies on their way in hold as much memory as they may.
        """
        cost = bytes_ + ITEM_BYTES * len(items)
        self._memory.take(cost)
        self.waiting_bytes += cost
        self._waiting += items
        if items:
            answer = b",".join(map(bulk_answers.item_stored, items))
            self._memory.take(len(answer))
            self._answered_bytes += len(answer)
            self.answers.append(answer)
        self.count += len(items)

    async def store(self) -> None:
        """Store what waits."""
        records: list[Record] = []
        for count, item in enumerate(self._waiting, 1):
            records += self.doorway.records(item.document, self.peer, item.own_id)
            if count % MAX_RECORDS == 0:
                await asyncio.sleep(0)
        await self.visit.take(self.origin, records, patience=LATER)
        self._forget()

    def drop(self) -> None:
        """Keep nothing."""
        self._forget()
        self._memory.give(self._answered_bytes)
        self._answered_bytes = 0

    def _forget(self) -> None:
        """Keep no longer what waited."""
        self._memory.give(self.waiting_bytes)
        self.waiting_bytes = 0
        self._waiting.clear()

    @property
    def _memory(self) -> Memory:
        return self.doorway.desk.memory.of(self.origin.agency)


async def _plain(request: web.Request, limit: int) -> AsyncIterator[bytes]:
    """Yield the body in pieces, decompressed."""
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if encoding not in {"identity", "gzip", "deflate"}:
        raise web.HTTPUnsupportedMediaType(text=f"Content-Encoding {encoding[:20]}; accepted: gzip")
    inflater = Inflater()
    size = 0
    while chunk := await _read(request):
        for piece in (chunk,) if encoding == "identity" else inflater.feed(chunk):
            size += len(piece)
            if size > limit:
                raise _too_large(f"the body is larger than {limit} bytes")
            yield piece
    inflater.end()


async def _read(request: web.Request) -> bytes:
    async with asyncio.timeout(READ_S):
        return await request.content.readany()


async def _yes(request: web.Request) -> web.Response:
    return _json(b"{}" if request.method == "GET" else b'{"acknowledged":true}')


def _always(body: bytes) -> Handler:
    async def handler(_request: web.Request) -> web.Response:
        return _json(body)

    return handler


async def _name_the_product(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(bulk_answers.PRODUCT)


def _json(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json")


def _refused(status: int, why: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(status=status, text=f"{why}\n", headers=headers)


def _busy(request: web.Request, why: str, wait: timedelta = timedelta(seconds=2)) -> web.Response:
    """Refuse for now, in the way that its sender bears.

    rsyslog gives a batch up that is refused as often as it has documents, and bears any number of connections
    that are cut; it is the one sender that does not say its name.
    """
    if "User-Agent" not in request.headers and request.transport is not None:
        request.transport.close()
    return _refused(503, f"busy: {why}", {"Retry-After": str(math.ceil(wait.total_seconds()))})


def _too_large(why: str) -> web.HTTPRequestEntityTooLarge:
    return web.HTTPRequestEntityTooLarge(max_size=0, actual_size=0, text=why)
