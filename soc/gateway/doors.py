"""Doors that speak in streams: one conversation a connection; one that fails ends alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from soc.gateway.desk import Door
from soc.gateway.patience import in_hand
from soc.kernel.errors import SocError
from soc.kernel.logs import Log, Said

READ_AHEAD_BYTES = 256 << 10
GRACE = timedelta(seconds=5)


class StreamDoor(Protocol):
    """What speaks one protocol with its senders, in TLS, each with a client certificate of ours."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak with one sender until it ends.

        Raises:
            SocError: what the sender did was refused; the connection is ended.
            OSError: the connection is gone, or it took too long.
            EOFError: it ended in the middle.
        """
        ...


@dataclass(slots=True)
class Talks:
    """Conversations of one door."""

    name: Door
    door: StreamDoor
    log: Log
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _ended: asyncio.Event = field(default_factory=asyncio.Event)

    def protocol(self) -> asyncio.Protocol:
        """Return the protocol of a new connection."""
        return asyncio.StreamReaderProtocol(asyncio.StreamReader(READ_AHEAD_BYTES), self._talk)

    @asynccontextmanager
    async def ended_after(self) -> AsyncIterator[None]:
        """Cut in the end what still talks, and give it a while to leave the stores alone."""
        try:
            yield
        finally:
            for writer in self._open:
                writer.transport.abort()
            with suppress(TimeoutError):
                async with asyncio.timeout(GRACE.total_seconds()):
                    while self._open:
                        self._ended.clear()
                        await self._ended.wait()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = (writer.get_extra_info("peername") or ("",))[0]
        said = self.log.bind(door=self.name.value, address=address)
        self._open.add(writer)
        said.info(Said.DOOR, why="opened")
        try:
            with in_hand(writer.transport):
                await self.door.serve(reader, writer)
            said.info(Said.DOOR, why="ended")
        except (SocError, OSError, EOFError) as error:
            said.info(Said.DOOR, why=str(error) or type(error).__name__)
        finally:
            writer.close()
            self._open.discard(writer)
            self._ended.set()
