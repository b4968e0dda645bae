"""Source syslog over TCP, plain or inside TLS: lines and octet-counted messages, mixed as they come.

It promises no more than what was read from the socket: a full spool stops the reading, and the sender's
buffers fill. What a connection leaves unfinished is kept as a part. A connection that was quiet for long
is kept where seats are left (a sender learns of a closed one only by losing a message); one that has not
said anything yet is not.
"""

import asyncio
import socket
import ssl
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from collectors.reading import Reading, Stamp
from collectors.sources.seats import Seat, Seats
from soc.kernel.channel import Channel
from soc.wire.framing import Framer, Piece

CHUNK_BYTES = 64 << 10
MAX_MESSAGE_BYTES = 256 << 10
"""Longer messages are split; with every connection in the middle of one, 64 MiB are held."""
ACCEPT_PAUSE = timedelta(milliseconds=100)
HANDSHAKE_S = 10
FIRST_WORD_S = 60
SILENT_S = 3600
KEEPALIVE_S = 60
"""After this long without a byte the kernel asks whether the peer is still there."""


@dataclass(slots=True)
class SyslogTcp:
    """One source of kind ``syslog_tcp`` or ``syslog_tls``."""

    listener: socket.socket
    stamp: Stamp
    limit: int = MAX_MESSAGE_BYTES
    tls: ssl.SSLContext | None = None
    seats: Seats = field(default_factory=Seats)
    first_word_s: float = FIRST_WORD_S
    """Seconds a connection may take for its first byte."""

    async def run(self, out: Channel[Reading]) -> None:
        """Accept, read and send until cancelled."""
        async with asyncio.TaskGroup() as connections:
            while True:
                connection, peer = await self._accept()
                seat = self.seats.take(peer[0])
                if seat is None:
                    connection.close()
                    continue
                connections.create_task(self._serve(connection, seat, out), name=f"syslog {seat.peer}")

    def close(self) -> None:
        """Stop listening."""
        self.listener.close()

    async def _accept(self) -> tuple[socket.socket, tuple[str, int]]:
        while True:
            try:
                return await asyncio.get_running_loop().sock_accept(self.listener)
            except OSError:  # no descriptor left, or the peer is gone again
                await self.stamp.clock.sleep(ACCEPT_PAUSE)

    async def _serve(self, connection: socket.socket, seat: Seat, out: Channel[Reading]) -> None:
        framer = Framer(self.limit, counted=True)
        try:
            with suppress(OSError):  # a reset, a silent peer, a failed handshake: what came is kept
                async with asyncio.timeout(HANDSHAKE_S) as seat.patience:
                    await self._read(connection, seat, framer, out)
            seat.patience = None
            await self._send(framer.rest(), seat, out)
        finally:
            connection.close()
            self.seats.leave(seat)

    async def _read(
        self, connection: socket.socket, seat: Seat, framer: Framer, out: Channel[Reading]
    ) -> None:
        connection.setblocking(False)
        _keep_alive(connection)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(CHUNK_BYTES)
        transport, _ = await loop.connect_accepted_socket(
            lambda: asyncio.StreamReaderProtocol(reader),
            connection,
            ssl=self.tls,
            ssl_handshake_timeout=HANDSHAKE_S if self.tls else None,
        )
        try:
            seat.wait(self.first_word_s)
            while data := await reader.read(CHUNK_BYTES):
                seat.wait(None)
                await self._send(framer.feed(data), seat, out)
                seat.wait(SILENT_S)
        finally:
            transport.abort()

    async def _send(self, pieces: list[Piece], seat: Seat, out: Channel[Reading]) -> None:
        if pieces:
            await out.send(Reading(tuple(self.stamp.sent(piece, seat.peer) for piece in pieces)))


def _keep_alive(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if sys.platform == "linux":
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
