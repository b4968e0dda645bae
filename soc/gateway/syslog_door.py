"""The syslog door: lines or octet-counted messages in TLS (RFC 5425), from what can send nothing better.

The protocol has no answer. A busy centre is felt as a connection that is not read, for as long as it lasts;
what lies in the buffers of a connection that is cut is lost, and its sender never learns of it. RELP loses
nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from soc.gateway.doorway import Doorway, address_of
from soc.gateway.hearing import CHUNK_BYTES, Hearing
from soc.gateway.visit import Visit
from soc.kernel.errors import StoreBusy
from soc.wire.framing import Framer, Piece

MAX_MESSAGE_BYTES = 256 << 10
"""Longer messages are split."""
FOR_EVER = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Syslog:
    """The door; one conversation a connection."""

    doorway: Doorway

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Listen to one sender until it ends; what it leaves unfinished is kept as a part.

        Raises:
            AuthError: its certificate does not let it speak, or does no more.
            StoreError: the centre refuses for good.
        """
        framer = Framer(MAX_MESSAGE_BYTES, counted=True)
        visit = self.doorway.visit()
        with self.doorway.hearing(reader, writer) as hearing:
            async for data in _until_it_ends(hearing, framer):
                await self._take(visit, writer, framer.feed(data))
            await self._take(visit, writer, framer.rest())

    async def _take(self, visit: Visit, writer: asyncio.StreamWriter, pieces: Sequence[Piece]) -> None:
        address = address_of(writer)
        records = [
            record
            for piece in pieces
            if (raw := piece.raw.rstrip(b"\r\n\0"))  # rsyslog and syslog-ng count the line end, too
            for record in self.doorway.records(raw, address, split=piece.split)
        ]
        if records:
            await visit.take(self.doorway.origin(writer), records, patience=FOR_EVER)


async def _until_it_ends(hearing: Hearing, framer: Framer) -> AsyncIterator[bytes]:
    # What came before a reset is kept, and so is what came before there was no memory for more.
    with suppress(OSError, StoreBusy):
        while data := await hearing.reader.read(CHUNK_BYTES):
            yield data
            hearing.hold(framer.fed - framer.delivered)
