"""The operators' socket: while ``soc serve`` runs, CLI verbs are words to it; the peer's uid is the actor."""

import os
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec
from aiohttp import web

from soc.app.asking import body_of
from soc.app.centre import Centre
from soc.app.control_fleet import FleetVerbs
from soc.app.control_quarantine import QuarantineVerbs
from soc.app.control_senders import SenderVerbs
from soc.kernel.clock import Clock
from soc.pipeline.replay import Replay
from soc.ports.accounts import Accounts, Person

MAX_BYTES = 4 << 20
GRACE_S = 5


class Verbs(Protocol):
    """Some of the socket's words."""

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Answer them."""
        ...


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


@dataclass(frozen=True, slots=True)
class PeopleVerbs:
    """Who may look at the console."""

    accounts: Accounts
    console_url: Callable[[], str]
    clock: Clock

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Answer ``sign-in`` and ``password``."""
        router.add_post("/sign-in", self.sign_in)
        router.add_post("/password", self.password)

    async def sign_in(self, request: web.Request) -> web.Response:
        """Make a one-time sign-in link."""
        asked = await body_of(request, SignInAsked)
        person = Person(asked.name, asked.role, asked.agency)
        token = await self.accounts.one_time(person, self.clock.now_ms())
        return web.json_response({"url": f"{self.console_url()}/sign-in/once#{token}", "token": token})

    async def password(self, request: web.Request) -> web.Response:
        """Give a person a password."""
        asked = await body_of(request, PasswordSet)
        await self.accounts.set_password(Person(asked.name, asked.role, asked.agency), asked.password)
        return web.json_response({})


def control(verbs: Sequence[Verbs]) -> web.Application:
    """Return the socket's aiohttp application."""
    app = web.Application(client_max_size=MAX_BYTES)
    for some in verbs:
        some.add_to(app.router)
    return app


async def open_control(edges: AsyncExitStack, centre: Centre, console: str) -> Path:
    """Listen on ``data_dir/soc.sock``, for its owner alone; *console* is where people are sent to."""
    agencies = frozenset(agency.id for agency in centre.settings.agency)
    app = control(
        [
            PeopleVerbs(centre.accounts, lambda: console, centre.clock),
            FleetVerbs(
                recorder=centre.recorder,
                credentials=centre.folds.credentials,
                revisions=centre.folds.revisions,
                signer=centre.signer,
                fleet=lambda days: centre.fleet.rows(centre.clock.now_ms(), days=days),
                agencies=agencies,
                clock=centre.clock,
            ),
            SenderVerbs(centre.recorder, centre.folds.keys, centre.authority, agencies, centre.clock),
            QuarantineVerbs(
                centre.events,
                Replay(centre.events, centre.intake, centre.recorder, centre.clock, centre.log),
            ),
        ]
    )
    path = centre.settings.data_dir / "soc.sock"
    path.unlink(missing_ok=True)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=GRACE_S)
    await runner.setup()
    edges.push_async_callback(runner.cleanup)
    before = os.umask(0o177)
    try:
        await web.UnixSite(runner, str(path)).start()
    finally:
        os.umask(before)
    return path
