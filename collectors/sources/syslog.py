"""Source syslog over UDP: one datagram is one message.

UDP promises nothing, but what the kernel dropped because we were slow is counted and declared.
"""

import asyncio
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from collectors.reading import Reading, Stamp
from soc.kernel.channel import Channel
from soc.spool.journal import Shed
from soc.wire.framing import Piece

DATAGRAM_BYTES = 65_535
LOOK_AT_DROPS_S = 1


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


def dropped(listener: socket.socket) -> int:
    """Return how many datagrams the kernel dropped at *listener* so far; 0 where it does not tell."""
    inode = str(os.fstat(listener.fileno()).st_ino)
    table = Path("/proc/self/net/udp6" if listener.family == socket.AF_INET6 else "/proc/self/net/udp")
    try:
        rows = [line.split() for line in table.read_text().splitlines()]
    except OSError:
        return 0
    return next((int(row[12]) for row in rows if len(row) > 12 and row[9] == inode), 0)
