"""Listening: sockets bound to an address from the settings, or one plain reason why not."""

import socket

from soc.kernel.errors import ConfigError

RECEIVE_BUFFER_BYTES = 4 << 20
BACKLOG = 256


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
    channel.listen(BACKLOG)
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
