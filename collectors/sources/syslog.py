"""Source syslog: messages that devices send over UDP or TCP.

UDP promises nothing, but what the kernel dropped because we were slow is counted and declared. TCP
promises no more than what was read from the socket: a full spool stops the reading, and the sender's
buffers fill. What a connection leaves unfinished is kept as a part.
"""

import asyncio
import os
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from collectors.framing import Framer, Piece
from collectors.reading import Reading, Stamp
from soc.kernel.channel import Channel
from soc.kernel.errors import ConfigError
from soc.spool.journal import Shed

DATAGRAM_BYTES = 65_535
RECEIVE_BUFFER_BYTES = 4 << 20
CHUNK_BYTES = 64 << 10
MAX_CONNECTIONS = 256
MAX_MESSAGE_BYTES = 256 << 10
"""Longer messages are split; with every connection in the middle of one, 64 MiB are held."""
LOOK_AT_DROPS_S = 1
ACCEPT_PAUSE = timedelta(milliseconds=100)
SILENT_S = 3600
"""A connection without a byte for this long is closed; a dead peer must not hold a place."""


@dataclass(slots=True)
class SyslogUdp:
    """One source of kind ``syslog_udp``; one datagram is one message."""

    listener: socket.socket
    stamp: Stamp
    _dropped: int = 0
    _looked_at: float = 0.0

    async def run(self, out: Channel[Reading]) -> None:
        """Read and send until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            raw, peer = await loop.sock_recvfrom(self.listener, DATAGRAM_BYTES)
            raw = raw.rstrip(b"\r\n\0")
            piece = Piece(raw, -1, -1, split=False)
            records = (self.stamp.sent(piece, peer[0]),) if raw else ()
            shed = self._shed()
            if records or shed:
                await out.send(Reading(records, shed=shed))

    def _shed(self) -> tuple[Shed, ...]:
        """Return what the kernel dropped since this was asked last; asks it at most once a second."""
        now = self.stamp.clock.monotonic()
        if now - self._looked_at < LOOK_AT_DROPS_S:
            return ()
        self._looked_at = now
        before, self._dropped = self._dropped, dropped(self.listener)
        count = self._dropped - before
        if count <= 0:
            return ()
        return (Shed(self.stamp.source, count, "datagrams came faster than read", self.stamp.clock.now_ms()),)

    def close(self) -> None:
        """Stop listening."""
        self.listener.close()


@dataclass(slots=True)
class SyslogTcp:
    """One source of kind ``syslog_tcp``; lines and octet-counted messages, mixed as they come."""

    listener: socket.socket
    stamp: Stamp
    limit: int = MAX_MESSAGE_BYTES
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


def dropped(listener: socket.socket) -> int:
    """Return how many datagrams the kernel dropped at *listener* so far; 0 where it does not tell."""
    inode = str(os.fstat(listener.fileno()).st_ino)
    table = Path("/proc/self/net/udp6" if listener.family == socket.AF_INET6 else "/proc/self/net/udp")
    try:
        rows = [line.split() for line in table.read_text().splitlines()]
    except OSError:
        return 0
    return next((int(row[12]) for row in rows if len(row) > 12 and row[9] == inode), 0)


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
