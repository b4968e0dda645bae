"""What comes over the operators' socket: a JSON body of a known shape, from a person the kernel names."""

import pwd
import socket
import struct
from typing import Annotated, TypeVar

import msgspec
from aiohttp import web

from soc.model.identity import Origin

S = TypeVar("S", bound=msgspec.Struct)
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
"""Of an agency, a collector, an exercise: it becomes part of a certificate's name."""


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is to send."""

    agency: Name
    collector: Name
    exercise: Name | None = None

    def origin(self) -> Origin:
        """Return the identity that a credential for it carries."""
        return Origin(self.agency, self.collector, self.exercise)


async def body_of(request: web.Request, kind: type[S]) -> S:
    """Return the body.

    Raises:
        HTTPUnprocessableEntity: it has another shape; says where.
    """
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise web.HTTPUnprocessableEntity(text=str(error)) from error


def actor_of(request: web.Request) -> str:
    """Return who asks, by the credentials of the socket's other end."""
    transport = request.transport
    peer = None if transport is None else transport.get_extra_info("socket")
    if peer is None:
        return "user:unknown"
    raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    uid = struct.unpack("3i", raw)[1]
    try:
        return f"user:{pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"user:uid-{uid}"


def unknown_agencies(asked: set[str], known: frozenset[str]) -> str:
    """Return what to say of agencies that the settings do not name; empty where there is none."""
    strangers = ", ".join(repr(agency) for agency in sorted(asked - known))
    return f"no agency {strangers} in the settings; known: {', '.join(sorted(known))}" if strangers else ""
