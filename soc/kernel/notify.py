"""Word to the service manager (``sd_notify``): ready, alive, stopping."""

import os
import socket


def notify(state: str) -> None:
    """Send *state* (``READY=1``, ``WATCHDOG=1``, ``STOPPING=1``) to systemd; without one nothing happens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.connect(address)
        channel.sendall(state.encode())
