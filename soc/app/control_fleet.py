"""Words about collectors: who may enrol, how each is, what settings it is sent, whose certificate ends."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import msgspec
from aiohttp import web

from soc.app.asking import Name, Site, actor_of, body_of, unknown_agencies
from soc.gateway.credentials import CredentialsFold, issue_token, revoke_line
from soc.gateway.revisions import RevisionsFold, revise
from soc.gateway.signing import Signer
from soc.health.fleet import Row
from soc.health.numbers import MAX_DAYS
from soc.kernel.clock import Clock
from soc.kernel.errors import ConfigError
from soc.ledger.fact import Fact
from soc.model.identity import Origin
from soc.pipeline.recorder import Recorder

TOKEN_LIFE = timedelta(days=7)
MAX_SITES = 5000


class TokensAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may enrol, all or none of them."""

    sites: Annotated[list[Site], msgspec.Meta(min_length=1, max_length=MAX_SITES)]


class Revoked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A certificate to end."""

    serial: str
    why: str


class Configured(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for the collectors of an agency."""

    agency: Name
    body: str
    collector: Name | None = None
    """One of them; None: all."""
    exercise: Name | None = None


@dataclass(frozen=True, slots=True)
class FleetVerbs:
    """What the verbs need."""

    recorder: Recorder
    credentials: CredentialsFold
    revisions: RevisionsFold
    signer: Signer
    fleet: Callable[[int], list[Row]]
    """Rows with so many days."""
    agencies: frozenset[str]
    clock: Clock

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Answer ``collectors``, ``enrol-token(s)``, ``revoke`` and ``configure``."""
        router.add_get("/collectors", self.collectors)
        router.add_post("/enrol-token", self.enrol_token)
        router.add_post("/enrol-tokens", self.enrol_tokens)
        router.add_post("/revoke", self.revoke)
        router.add_post("/configure", self.configure)

    async def collectors(self, request: web.Request) -> web.Response:
        """Return the fleet's accounts with the newest ``?days=`` (none unless told)."""
        asked = request.query.get("days", "0")
        if not asked.isdecimal() or int(asked) > MAX_DAYS:
            return web.Response(status=422, text=f"days {asked!r}; accepted: 0 to {MAX_DAYS}")
        credentials = self.recorder.state(self.credentials)
        serials = {
            origin: serial
            for serial, origin in credentials.serials.items()
            if serial not in credentials.revoked
        }
        return web.json_response([self._shown(row, serials) for row in self.fleet(int(asked))])

    async def enrol_token(self, request: web.Request) -> web.Response:
        """Make a one-time enrolment token."""
        (token,) = await self._tokens([await body_of(request, Site)], actor_of(request))
        return web.json_response({"token": token})

    async def enrol_tokens(self, request: web.Request) -> web.Response:
        """Make a one-time enrolment token for each of many sites."""
        asked = await body_of(request, TokensAsked)
        return web.json_response({"tokens": await self._tokens(asked.sites, actor_of(request))})

    async def revoke(self, request: web.Request) -> web.Response:
        """End a certificate, and those renewed from it, at the next request."""
        asked = await body_of(request, Revoked)
        serial = asked.serial.replace(":", "").lstrip("0").upper()
        if serial not in self.recorder.state(self.credentials).serials:
            return web.Response(status=422, text=f"no certificate {asked.serial!r} was issued here")
        ended = await self.recorder.decide(
            lambda: revoke_line(
                self.recorder.state(self.credentials),
                serial,
                actor=actor_of(request),
                why=asked.why,
                now_ms=self.clock.now_ms(),
            )
        )
        return web.json_response({"revoked": [fact.payload["serial"] for fact in ended if fact.payload]})

    async def configure(self, request: web.Request) -> web.Response:
        """Sign settings for the collectors of an agency; each gets them with its next heartbeat."""
        asked = await body_of(request, Configured)
        origins = self._enrolled(asked)
        if not origins:
            return web.Response(status=422, text=f"no collector of {asked.agency!r} that fits has enrolled")
        try:
            facts = await self.recorder.decide(lambda: self._revised(origins, asked.body, actor_of(request)))
        except ConfigError as error:
            return web.Response(status=422, text=str(error))
        sent = [
            {"collector": fact.collector, "number": fact.payload["number"]} for fact in facts if fact.payload
        ]
        return web.json_response({"sent": sent, "same": len(origins) - len(sent)})

    async def _tokens(self, sites: list[Site], actor: str) -> list[str]:
        if fault := unknown_agencies({site.agency for site in sites}, self.agencies):
            raise web.HTTPUnprocessableEntity(text=fault)
        now_ms = self.clock.now_ms()
        tokens = [secrets.token_urlsafe(24) for _ in sites]
        expires_ms = now_ms + int(TOKEN_LIFE.total_seconds() * 1000)
        facts = [
            fact
            for token, site in zip(tokens, sites, strict=True)
            for fact in issue_token(token, site.origin(), actor=actor, now_ms=now_ms, expires_ms=expires_ms)
        ]
        await self.recorder.decide(lambda: facts)
        return tokens

    def _shown(self, row: Row, serials: dict[Origin, str]) -> dict[str, Any]:
        revisions = self.recorder.state(self.revisions)
        issued = revisions.newest.get(row.origin)
        return {
            **msgspec.to_builtins(row),
            "serial": serials.get(row.origin, ""),
            "revision": 0 if issued is None else issued.revision.number,
            "drifted": revisions.drifted(row.origin, row.configuration),
        }

    def _enrolled(self, asked: Configured) -> list[Origin]:
        credentials = self.recorder.state(self.credentials)
        live = {origin for serial, origin in credentials.serials.items() if serial not in credentials.revoked}
        fitting = {
            origin
            for origin in live
            if origin.agency == asked.agency
            and origin.exercise == asked.exercise
            and asked.collector in (None, origin.collector)
        }
        return sorted(fitting, key=lambda origin: origin.collector)

    def _revised(self, origins: list[Origin], body: str, actor: str) -> list[Fact]:
        state, now_ms = self.recorder.state(self.revisions), self.clock.now_ms()
        return [
            fact
            for origin in origins
            for fact in revise(state, origin, body, self.signer, actor=actor, now_ms=now_ms)
        ]
