"""The operators' socket: while ``soc serve`` runs, CLI verbs are words to it; the peer's uid is the actor."""

import pwd
import secrets
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import msgspec
from aiohttp import web

from soc.gateway.credentials import CredentialsFold, issue_token, revoke
from soc.health.fleet import Row
from soc.kernel.clock import Clock
from soc.model.identity import Origin
from soc.pipeline.recorder import Recorder
from soc.ports.accounts import Accounts, Person

S = TypeVar("S", bound=msgspec.Struct)
TOKEN_LIFE = timedelta(days=7)


class TokenAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may enrol."""

    agency: str
    collector: str
    exercise: str | None = None


class SignInAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who wants a one-time link."""

    name: str
    role: str
    agency: str | None = None


class PasswordSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person and a new password."""

    name: str
    role: str
    password: str
    agency: str | None = None


class Revoked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A certificate to end."""

    serial: str
    why: str


@dataclass(frozen=True, slots=True)
class Control:
    """What the verbs need."""

    recorder: Recorder
    credentials: CredentialsFold
    accounts: Accounts
    fleet: Callable[[], list[Row]]
    agencies: frozenset[str]
    console_url: Callable[[], str]
    clock: Clock

    def application(self) -> web.Application:
        """Return the socket's aiohttp application."""
        app = web.Application(client_max_size=64 << 10)
        app.router.add_post("/enrol-token", self.enrol_token)
        app.router.add_post("/sign-in", self.sign_in)
        app.router.add_post("/password", self.password)
        app.router.add_post("/revoke", self.revoke)
        app.router.add_get("/collectors", self.collectors)
        return app

    async def enrol_token(self, request: web.Request) -> web.Response:
        """Make a one-time enrolment token."""
        asked = await _body(request, TokenAsked)
        if asked.agency not in self.agencies:
            known = ", ".join(sorted(self.agencies))
            return web.Response(
                status=422, text=f"no agency {asked.agency!r} in the settings; known: {known}"
            )
        token = secrets.token_urlsafe(24)
        now_ms = self.clock.now_ms()
        facts = issue_token(
            token,
            Origin(asked.agency, asked.collector, asked.exercise),
            actor=_actor(request),
            now_ms=now_ms,
            expires_ms=now_ms + int(TOKEN_LIFE.total_seconds() * 1000),
        )
        await self.recorder.decide(lambda: facts)
        return web.json_response({"token": token})

    async def sign_in(self, request: web.Request) -> web.Response:
        """Make a one-time sign-in link."""
        asked = await _body(request, SignInAsked)
        person = Person(asked.name, asked.role, asked.agency)
        token = await self.accounts.one_time(person, self.clock.now_ms())
        return web.json_response({"url": f"{self.console_url()}/sign-in/once#{token}", "token": token})

    async def password(self, request: web.Request) -> web.Response:
        """Give a person a password."""
        asked = await _body(request, PasswordSet)
        await self.accounts.set_password(Person(asked.name, asked.role, asked.agency), asked.password)
        return web.json_response({})

    async def revoke(self, request: web.Request) -> web.Response:
        """End a collector's certificate at its next request."""
        asked = await _body(request, Revoked)
        origin = self.recorder.state(self.credentials).serials.get(asked.serial)
        if origin is None:
            return web.Response(status=422, text=f"no certificate {asked.serial!r} was issued here")
        now_ms = self.clock.now_ms()
        facts = revoke(asked.serial, origin, actor=_actor(request), why=asked.why, now_ms=now_ms)
        await self.recorder.decide(lambda: facts)
        return web.json_response({})

    async def collectors(self, _request: web.Request) -> web.Response:
        """Return the fleet's accounts."""
        serials = {origin: serial for serial, origin in self.recorder.state(self.credentials).serials.items()}
        rows = [{**msgspec.to_builtins(row), "serial": serials.get(row.origin, "")} for row in self.fleet()]
        return web.json_response(rows)


async def _body(request: web.Request, kind: type[S]) -> S:
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise web.HTTPUnprocessableEntity(text=str(error)) from error


def _actor(request: web.Request) -> str:
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
