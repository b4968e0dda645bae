"""Source syslog: messages that devices send over UDP or TCP.

UDP promises nothing. TCP promises no more than what was read from the socket: a full spool stops the
reading, and the sender's buffers fill. What a connection leaves unfinished is kept as a part.
"""

import asyncio
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from collectors.framing import Framer, Piece
from collectors.reading import Reading, Stamp
from soc.kernel.channel import Channel
from soc.kernel.errors import ConfigError
from soc.wire.codec import MAX_RECORD_BYTES

DATAGRAM_BYTES = 65_535
RECEIVE_BUFFER_BYTES = 4 << 20
CHUNK_BYTES = 64 << 10
MAX_CONNECTIONS = 256
ACCEPT_PAUSE = timedelta(milliseconds=100)
SILENT_S = 3600
"""A connection without a byte for this long is closed; a dead peer must not hold a place."""


@dataclass(slots=True)
class SyslogUdp:
    """One source of kind ``syslog_udp``; one datagram is one message."""

    listener: socket.socket
    stamp: Stamp

    async def run(self, out: Channel[Reading]) -> None:
        """Read and send until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            raw, peer = await loop.sock_recvfrom(self.listener, DATAGRAM_BYTES)
            raw = raw.rstrip(b"\r\n\0")
            if raw:
                piece = Piece(raw, -1, -1, split=False)
                await out.send(Reading((self.stamp.sent(piece, peer[0]),)))

    def close(self) -> None:
        """Stop listening."""
        self.listener.close()


@dataclass(slots=True)
class SyslogTcp:
    """One source of kind ``syslog_tcp``; lines and octet-counted messages, mixed as they come."""

    listener: socket.socket
    stamp: Stamp
    limit: int = MAX_RECORD_BYTES
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_CONNECTIONS))

    async def run(self, out: Channel[Reading]) -> None:
        """Accept, read and send until cancelled."""
        async with asyncio.TaskGroup() as connections:
            while True:
                await self._places.acquire()
                connection, peer = await self._accept()
                connection.setblocking(False)
                connections.create_task(self._serve(connection, peer[0], out), name=f"syslog {peer[0]}")

    def close(self) -> None:
        """Stop listening."""
        self.listener.close()

    async def _accept(self) -> tuple[socket.socket, tuple[str, int]]:
        while True:
            try:
                return await asyncio.get_running_loop().sock_accept(self.listener)
            except OSError:  # no descriptor left, or the peer is gone again
                await self.stamp.clock.sleep(ACCEPT_PAUSE)

    async def _serve(self, connection: socket.socket, peer: str, out: Channel[Reading]) -> None:
        framer = Framer(self.limit, counted=True)
        try:
            with suppress(OSError):  # a reset or a silent peer: what came is kept
                while data := await self._receive(connection):
                    await self._send(framer.feed(data), peer, out)
            await self._send(framer.rest(), peer, out)
        finally:
            connection.close()
            self._places.release()

    async def _receive(self, connection: socket.socket) -> bytes:
        async with asyncio.timeout(SILENT_S):
            return await asyncio.get_running_loop().sock_recv(connection, CHUNK_BYTES)

    async def _send(self, pieces: list[Piece], peer: str, out: Channel[Reading]) -> None:
        if pieces:
            await out.send(Reading(tuple(self.stamp.sent(piece, peer) for piece in pieces)))


def listen_udp(host: str, port: int) -> socket.socket:
    """Return a bound datagram socket.

    Raises:
        ConfigError: the address cannot be had.
    """
    channel = _bound(host, port, socket.SOCK_DGRAM)
    channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    return channel


def listen_tcp(host: str, port: int) -> socket.socket:
    """Return a listening stream socket.

    Raises:
        ConfigError: the address cannot be had.
    """
    channel = _bound(host, port, socket.SOCK_STREAM)
    channel.listen(MAX_CONNECTIONS)
    return channel


def _bound(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE)[0]
        channel = socket.socket(family, kind)
    except OSError as error:
        raise ConfigError(f"listen {host}:{port}: {error.strerror}") from error
    try:
        if kind == socket.SOCK_STREAM:
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        channel.bind(address)
    except OSError as error:
        channel.close()
        raise ConfigError(f"listen {host}:{port}: {error.strerror}") from error
    channel.setblocking(False)
    return channel
