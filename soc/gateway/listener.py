"""A listener: connections are counted before their first byte, then led through TLS to a protocol.

A server of asyncio knows of a connection only after its handshake; half a handshake from each of ten
thousand sockets would be held by nobody's count. So sockets are accepted here.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from soc.gateway.limits import Crowd, Failures
from soc.gateway.patience import Guarded, Patience
from soc.kernel.clock import Clock
from soc.kernel.errors import ConfigError
from soc.kernel.logs import Log, Said

BACKLOG = 512
KEEP_ALIVE = {socket.TCP_KEEPIDLE: 60, socket.TCP_KEEPINTVL: 15, socket.TCP_KEEPCNT: 4}
"""Quiet for a minute, a peer is asked by TCP whether it is still there; after another one it is not."""
TLS_END_S = 5
EXHAUSTED = timedelta(seconds=1)
"""Pause when the process has no descriptor for another connection."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Lets connections in; all its addresses share one count."""

    crowd: Crowd
    patience: Patience
    clock: Clock
    log: Log
    strangers: Failures = field(default_factory=Failures)
    """Connections that came to nothing, per address."""

    async def accept(
        self, door: socket.socket, tls: ssl.SSLContext, protocol: Callable[[], asyncio.Protocol]
    ) -> None:
        """Give each connection at *door* a *protocol* of its own, until cancelled.

        Connections that stand then are left to their protocols.
        """
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    connection, peer = await loop.sock_accept(door)
                except OSError:
                    await self.clock.sleep(EXHAUSTED)
                    continue
                if not self.crowd.enter(peer[0]):
                    connection.close()
                    self._say(Said.LIMITED, peer[0], f"no place beside {self.crowd.inside} connections")
                    continue
                group.create_task(self._lead(connection, peer[0], tls, protocol), name=f"from {peer[0]}")

    async def _lead(
        self,
        connection: socket.socket,
        address: str,
        tls: ssl.SSLContext,
        protocol: Callable[[], asyncio.Protocol],
    ) -> None:
        """Shake hands and hold the connection's place until it is lost."""
        loop = asyncio.get_running_loop()
        try:
            _keep_alive(connection)
            _, guarded = await loop.connect_accepted_socket(
                lambda: Guarded(protocol(), self.patience),
                connection,
                ssl=tls,
                ssl_handshake_timeout=self.patience.handshake.total_seconds(),
                ssl_shutdown_timeout=TLS_END_S,
            )
            await guarded.lost
        except OSError as error:
            self._say(Said.DOOR, address, f"no handshake: {type(error).__name__}")
        finally:
            self.crowd.leave(address)

    def _say(self, event: Said, address: str, why: str) -> None:
        """Say what an address did once a minute, however often it does so."""
        if self.strangers.count(address, self.clock.monotonic()) == 1:
            self.log.info(event, address=address, why=why)


async def bind(listen: str) -> socket.socket:
    """Return a listening socket at *listen*: ``HOST:PORT``, of a name's addresses the first.

    Raises:
        ConfigError: the address cannot be listened on.
    """
    host, _, port = listen.rpartition(":")
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, _, _, _, address = found[0]
        door = socket.create_server((str(address[0]), int(address[1])), family=family, backlog=BACKLOG)
    except OSError as error:
        raise ConfigError(f"cannot listen on {listen}: {error.strerror or error}") from error
    door.setblocking(False)
    return door


def _keep_alive(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in KEEP_ALIVE.items():
        connection.setsockopt(socket.IPPROTO_TCP, option, value)
