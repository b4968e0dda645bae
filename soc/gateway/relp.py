"""The RELP door: rsyslog's own reliable protocol, for Linux machines without a collector.

A message is answered when it is stored and fed, and never before. While the centre is busy nothing is
answered, and after a while the connection is ended: a sender keeps what was not answered and sends it again.
What was stored and whose answer was lost comes again too, by the protocol's design: it is stored twice, and
counted as a possible repeat.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from soc.gateway.doorway import PATIENCE, Doorway, address_of
from soc.gateway.relp_frames import Frame, RelpReader, framed
from soc.gateway.visit import Visit
from soc.kernel.errors import WireError

OFFER = b"200 OK\nrelp_version=0\nrelp_software=soc\ncommands=syslog"


@dataclass(frozen=True, slots=True)
class Relp:
    """The door; one conversation a connection."""

    doorway: Doorway

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak with one sender until it closes.

        Raises:
            AuthError: its certificate does not let it speak, or does no more.
            WireError: it speaks no RELP.
            StoreError: the centre stays busy.
            OSError: the connection is gone, or stood still in the middle of a frame.
            EOFError: it ended there.
        """
        frames = RelpReader()
        with self.doorway.hearing(reader, writer) as hearing, self.doorway.visit() as visit:
            talk = _Talk(self.doorway, visit, writer)
            while not talk.closed and (data := await hearing.more(frames.held)):
                for command, group in groupby(frames.feed(data), key=_command):
                    await talk.hear(command, list(group))
                    await writer.drain()
                    hearing.stored()


@dataclass(slots=True)
class _Talk:
    """What was agreed on with one sender."""

    doorway: Doorway
    visit: Visit
    writer: asyncio.StreamWriter
    opened: bool = False
    closed: bool = False

    async def hear(self, command: str, frames: Sequence[Frame]) -> None:
        """Do what *frames*, all of one *command*, ask for, and answer each."""
        match command:
            case "open":
                self.opened = True
                self._answer(frames, OFFER)
            case "syslog" if self.opened:
                await self._take([frame.data.rstrip(b"\r\n\0") for frame in frames])
                self._answer(frames, b"200 OK")
            case "close":
                self.closed = True
                self.visit.told()
                self._answer(frames)
                self.writer.write(framed(0, "serverclose"))
            case _ if self.opened:
                self._answer(frames, b"500 unknown command")
            case _:
                raise WireError("RELP begins with open")

    async def _take(self, messages: Sequence[bytes]) -> None:
        address = address_of(self.writer)
        records = [
            record for message in messages if message for record in self.doorway.records(message, address)
        ]
        await self.visit.take(self.doorway.origin(self.writer), records, patience=PATIENCE)

    def _answer(self, frames: Sequence[Frame], data: bytes = b"") -> None:
        self.writer.write(b"".join(framed(frame.txnr, "rsp", data) for frame in frames))


def _command(frame: Frame) -> str:
    return frame.command
