"""Readiness told to systemd (``sd_notify``), where systemd asked for it."""

import os
import socket


def notify(state: str) -> None:
    """Send *state*, e.g. ``READY=1``; without ``NOTIFY_SOCKET`` in the environment nobody asked."""
    path = os.environ.get("NOTIFY_SOCKET")
    if not path:
        return
    # A leading @ stands for the abstract name space.
    address = "\0" + path[1:] if path.startswith("@") else path
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as outbound:
        outbound.sendto(state.encode(), address)
