"""The desk: who is asking, whether there is room, and the one way in for every door.

A door (``_bulk``, Beats, RELP, syslog) frames what its senders say and makes records of it; it knows of
the centre only this. What ``take`` returned for is stored and fed; what it raised for is promised nothing.
"""

import asyncio
import base64
import binascii
import itertools
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from soc.gateway.authority import origin_of
from soc.gateway.bodies import MEMORY_BYTES
from soc.gateway.credentials import CredentialsFold
from soc.gateway.keys import ApiKeysFold
from soc.gateway.limits import Allowances, Failures, Memory, Rates, Shares
from soc.kernel.clock import Clock
from soc.kernel.errors import AuthError, StoreBusy, WireError
from soc.kernel.logs import Log, Said
from soc.model.identity import Origin, urn_of
from soc.model.record import Record
from soc.pipeline.intake import Intake
from soc.pipeline.recorder import Recorder
from soc.wire import codec
from soc.wire.feed import Receipt
from soc.wire.messages import MAX_RECORDS, Batch, Beat

UPLOADS_AT_ONCE = 8
"""Bodies that one sender may have under way."""
UPLOADS_EACH = 128
"""Bodies that all senders of one agency may: many collectors on slow lines, and no crowd of keys."""
MAX_TAKE_BYTES = 1 << 20
REFUSED_BYTES = 1 << 20
"""What a body is booked with that was refused: looking into a bomb takes as long as this much of events."""
AT_DESK = 16
"""Bodies of one agency at work or waiting for a place."""
PLACE_WITHIN = timedelta(seconds=5)
BEATS_BURST = 60
BEATS = Rates(events_per_second=1, bytes_per_second=16 << 10, burst_seconds=BEATS_BURST)
"""Heartbeats of one collector: it sends one every 30 s, and never more than one a second."""
LONGEST_WAIT = timedelta(minutes=5)
SAID_EVERY = 20
"""Of failures from one address in a minute the first is said, and then each of so many."""


class Door(StrEnum):
    """A way in besides the collectors' own."""

    BULK = "bulk"
    BEATS = "beats"
    RELP = "relp"
    SYSLOG = "syslog"


@dataclass(slots=True)
class Desk:
    """What doors know of the centre; wired by the composition root."""

    intake: Intake
    recorder: Recorder
    credentials: CredentialsFold
    keys: ApiKeysFold
    clock: Clock
    log: Log
    boot: str
    """Random per start of this process."""
    allowances: Allowances = field(default_factory=lambda: Allowances(Rates(5000, 8 << 20, 10)))
    beats: Allowances = field(default_factory=lambda: Allowances(BEATS))
    """Of collectors in the place of agencies: a late agency's heartbeats are heard all the same."""
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(4))
    """Bodies worked on at once; whoever waits gets in in order."""
    places_each: int = 2
    """Of them, for one agency."""
    shares: Shares = field(default_factory=lambda: Shares(AT_DESK))
    memory: Memory = field(default_factory=lambda: Memory(MEMORY_BYTES))
    failures: Failures = field(default_factory=Failures)
    _limited: Failures = field(default_factory=Failures)
    """Of agencies in the place of addresses: each is said once a minute."""
    _own_places: dict[str, asyncio.Semaphore] = field(default_factory=dict)
    _uploads: Shares = field(default_factory=lambda: Shares(UPLOADS_AT_ONCE))
    _agency_uploads: Shares = field(default_factory=lambda: Shares(UPLOADS_EACH))
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def by_certificate(self, peer: Mapping[str, Any] | None, address: str) -> Origin:
        """Return whom the client certificate *peer* (as ``getpeercert`` gives it) speaks for.

        Raises:
            AuthError: none, unknown, revoked, or of another identity.
        """
        with self.told(address):
            if not peer:
                raise AuthError("a client certificate is needed; enrol this collector first")
            origin = origin_of([value for kind, value in peer.get("subjectAltName", ()) if kind == "URI"])
            state = self.recorder.state(self.credentials)
            state.check(peer["serialNumber"].lstrip("0"), origin)
            return origin

    def by_key(self, authorization: str, address: str) -> Origin:
        """Return whom the header speaks for: ``ApiKey`` or ``Basic`` and base64 of ``id:secret``.

        Raises:
            AuthError: malformed, unknown, wrong, revoked or expired.
        """
        with self.told(address):
            key_id, secret = _parts(authorization)
            return self.recorder.state(self.keys).check(key_id, secret, self.clock.now_ms())

    @contextmanager
    def upload(self, origin: Origin) -> Iterator[None]:
        """Count a body while it arrives: one sender's connections cannot fill the memory of all.

        Raises:
            StoreBusy: too many are under way.
        """
        with self._uploads.place(urn_of(origin)), self._agency_uploads.place(origin.agency):
            yield

    @asynccontextmanager
    async def admit(self, origin: Origin, *, bytes_: int, begun: bool = False) -> AsyncIterator[None]:
        """Hold one of the places while *bytes_* of *origin* are worked on.

        What was *begun* before goes on, however far it brings its agency ahead of its share.

        Raises:
            StoreBusy: there is no room now; ``wait`` says when to ask again.
        """
        if not begun:
            self._within_share(origin)
        agency = origin.agency
        with self._waiting(agency, bytes_):
            async with self._place(agency):
                try:
                    yield
                except WireError:
                    self._book(origin, 0, REFUSED_BYTES)
                    raise

    def _within_share(self, origin: Origin) -> None:
        agency, now = origin.agency, self.clock.monotonic()
        wait_s = self.allowances.wait_s(agency, now)
        if wait_s > 0:
            if self._limited.count(agency, now) == 1:
                self.log.info(Said.LIMITED, agency=agency, collector=origin.collector, wait_s=wait_s)
            wait = min(timedelta(seconds=wait_s), LONGEST_WAIT)
            raise StoreBusy(f"agency {agency} sends more than its share", wait)

    @asynccontextmanager
    async def _place(self, agency: str) -> AsyncIterator[None]:
        """Hold a place: in order among the agency's own bodies first, then among all."""
        own = self._own_places.setdefault(agency, asyncio.Semaphore(self.places_each))
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(PLACE_WITHIN.total_seconds()):
                    await held.enter_async_context(own)
                    await held.enter_async_context(self.places)
            except TimeoutError as error:
                raise StoreBusy("no place was free for a while") from error
            yield

    @contextmanager
    def _waiting(self, agency: str, bytes_: int) -> Iterator[None]:
        with self.shares.place(agency), self.memory.of(agency).held(bytes_):
            yield

    def hear(self, body: bytes, origin: Origin) -> Beat:
        """Return the heartbeat in *body*, booked to its collector and to its agency.

        Raises:
            StoreBusy: the collector's heartbeats come faster than they are heard.
            WireError: it is none; it is booked as it was sent, for nothing of it is kept.
        """
        who, now, bytes_ = urn_of(origin), self.clock.monotonic(), len(body)
        wait_s = self.beats.wait_s(who, now)
        if wait_s > 0:
            raise StoreBusy("heartbeats come too fast", min(timedelta(seconds=wait_s), LONGEST_WAIT))
        try:
            beat = codec.unpack(body, Beat)
            bytes_ = codec.weight(beat)
        finally:
            self.beats.spend(who, events=1, bytes_=bytes_, now=now)
            self._book(origin, 1, bytes_)
        return beat

    def fresh_id(self) -> str:
        """Return an ``own_id`` for a record that brings none; a record taken twice keeps its id."""
        return f"{self.boot}/{next(self._numbers)}"

    async def take(
        self, origin: Origin, door: Door, records: Sequence[Record], *, repeats: int = 0
    ) -> Receipt:
        """Store and feed *records*: at most 1,000, each with an ``own_id``, 1 MiB of raw bytes in all.

        *repeats* of them may have been stored before under other ids.

        Raises:
            StoreBusy: nothing is promised; the same records may be taken again.
            WireError: a record is beyond a limit of the wire.
        """
        if len(records) > MAX_RECORDS or not all(record.own_id for record in records):
            raise ValueError(f"{len(records)} records; accepted: {MAX_RECORDS}, each with its own id")
        if len(records) > 1 and sum(len(record.raw) for record in records) > MAX_TAKE_BYTES:
            raise ValueError(f"more than {MAX_TAKE_BYTES} bytes at once")
        for record in records:
            codec.check_record(record)
        batch = Batch(codec.VERSION, origin, self.boot, self.clock.now_ms(), 1, tuple(records))
        return await self.accept(batch, origin, door=door, repeats=repeats)

    async def accept(
        self, batch: Batch, origin: Origin, *, door: Door | None = None, repeats: int = 0
    ) -> Receipt:
        """Store and feed *batch*, which came with *origin*'s credential, and book it to its agency.

        Raises:
            StoreBusy: nothing is promised; the same batch must come again.
        """
        name = "" if door is None else door.value
        receipt = await self.intake.accept(batch, origin, door=name, repeats=repeats)
        self._book(origin, len(batch.records) + len(batch.gaps), codec.weight(batch))
        self.log.info(
            Said.BATCH_STORED,
            agency=origin.agency,
            collector=origin.collector,
            door=name,
            first_seq=receipt.first_seq,
            last_seq=receipt.last_seq,
            stored=receipt.stored,
            quarantined=receipt.quarantined,
        )
        return receipt

    def _book(self, origin: Origin, events: int, bytes_: int) -> None:
        now = self.clock.monotonic()
        self.allowances.spend(origin.agency, events=events, bytes_=bytes_, now=now)

    @contextmanager
    def told(self, address: str) -> Iterator[None]:
        """Count what fails inside as *address*'s failure to prove who it is."""
        try:
            yield
        except AuthError as error:
            count = self.failures.count(address, self.clock.monotonic())
            if count == 1 or count % SAID_EVERY == 0:
                self.log.warning(Said.AUTH_FAILED, address=address, count=count, why=str(error))
            raise


def _parts(authorization: str) -> tuple[str, str]:
    scheme, _, coded = authorization.partition(" ")
    if scheme.lower() not in {"apikey", "basic"}:
        raise AuthError("an API key is needed: Authorization: ApiKey …")
    try:
        key_id, colon, secret = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise AuthError("the API key is no base64 of id:secret") from error
    if not colon:
        raise AuthError("the API key is no base64 of id:secret")
    return key_id, secret
