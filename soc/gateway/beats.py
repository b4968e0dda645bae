"""The Beats door: Lumberjack version 2, for Winlogbeat, Filebeat and whatever else speaks it.

Documents are acknowledged when they are stored and fed, and never before; while that takes long the sender
is told every few seconds that somebody is still here, so that it does not send all of it again.
"""

import asyncio
import hashlib
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from soc.gateway.desk import MAX_TAKE_BYTES
from soc.gateway.doorway import PATIENCE, Doorway, address_of
from soc.gateway.hearing import Hearing
from soc.gateway.lumberjack import Document, LumberjackReader, Window, acknowledged
from soc.gateway.visit import Visit
from soc.kernel.errors import StoreError, WireError
from soc.kernel.ids import digest
from soc.model.identity import Origin
from soc.model.record import Record
from soc.wire.messages import MAX_RECORDS

STILL_HERE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Beats:
    """The door; one conversation a connection."""

    doorway: Doorway

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak with one sender until it ends.

        Raises:
            AuthError: its certificate does not let it speak, or does no more.
            WireError: it does not speak Lumberjack version 2.
            StoreError: the centre stays busy.
            OSError: the connection is gone, or stood still in the middle of a window.
            EOFError: it ended there.
        """
        frames = LumberjackReader()
        with self.doorway.hearing(reader, writer) as hearing, self.doorway.visit() as visit:
            talk = _Talk(self.doorway, visit, writer, hearing)
            while data := await hearing.more(frames.held + talk.waiting_bytes, expected=talk.owed > 0):
                for frame in frames.feed(data):
                    match frame:
                        case Window():
                            await talk.begin(frame)
                        case Document():
                            await talk.hear(frame)


@dataclass(slots=True)
class _Talk:
    """What one sender said and was not told to be stored."""

    doorway: Doorway
    visit: Visit
    writer: asyncio.StreamWriter
    hearing: Hearing
    owed: int = 0
    """Documents of the window that did not come yet."""
    waiting_bytes: int = 0
    """Of documents that came and are not stored."""
    _waiting: list[Record] = field(default_factory=list)
    _last_seq: int = 0
    _said: "hashlib.blake2b" = field(default_factory=lambda: hashlib.blake2b(digest_size=16))
    """Of all documents since the last acknowledgement."""

    async def begin(self, window: Window) -> None:
        """Expect a window, whether or not the one before came whole."""
        await self._store()
        if not self.owed:
            self.visit.told()  # a sender goes on when it was told
        self.owed = window.count

    async def hear(self, document: Document) -> None:
        """Keep *document*; store when the window is whole, or there is enough."""
        if not self.owed:
            raise WireError("a Lumberjack document without a window")
        self.owed -= 1
        self._last_seq = document.seq
        self._said.update(len(document.raw).to_bytes(4) + document.raw)
        own_id = _own_id(document.raw) or f"body:{self._said.hexdigest()}"
        self._waiting += self.doorway.records(document.raw, address_of(self.writer), own_id)
        self.waiting_bytes += len(document.raw)
        if not self.owed or len(self._waiting) >= MAX_RECORDS or self.waiting_bytes >= MAX_TAKE_BYTES:
            await self._store()

    async def _store(self) -> None:
        if not self._waiting:
            return
        origin = self.doorway.origin(self.writer)
        async with asyncio.TaskGroup() as group:
            still_here = group.create_task(self._still_here(), name="beats: still here")
            failed = await self._take(origin)
            still_here.cancel()
        if failed is not None:
            raise failed
        self.writer.write(acknowledged(self._last_seq))
        await self.writer.drain()
        self.hearing.stored()
        self._waiting.clear()
        self.waiting_bytes = 0
        self._said = hashlib.blake2b(digest_size=16)

    async def _take(self, origin: Origin) -> StoreError | None:
        """Return why what waits was not taken: an error would come out of the group in a wrapping."""
        try:
            await self.visit.take(origin, self._waiting, patience=PATIENCE)
        except StoreError as error:
            return error
        return None

    async def _still_here(self) -> None:
        while True:
            await self.doorway.desk.clock.sleep(STILL_HERE)
            self.writer.write(acknowledged(0))


class _Metadata(msgspec.Struct, frozen=True):
    id: str = msgspec.field(default="", name="_id")


class _Own(msgspec.Struct, frozen=True):
    metadata: _Metadata = msgspec.field(default=_Metadata(), name="@metadata")


_OWN = msgspec.json.Decoder(_Own)


def _own_id(raw: bytes) -> str:
    """Return the id that the sender gave to a document; empty: none."""
    try:
        own = _OWN.decode(raw).metadata.id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return own and f"id:{digest(own)}"
