"""Words about senders without a collector: API keys, and certificates for their own signing requests."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

import msgspec
from aiohttp import web

from soc.app.asking import Name, Site, actor_of, body_of, unknown_agencies
from soc.gateway.authority import Authority, pem_of
from soc.gateway.credentials import issue_credential
from soc.gateway.keys import ApiKeysFold, issue_key, revoke_key
from soc.kernel.clock import Clock, to_ms
from soc.kernel.errors import AuthError
from soc.pipeline.recorder import Recorder

Days = Annotated[int, msgspec.Meta(ge=1, le=1100)]


class KeyAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is to send with a key, and for how long."""

    agency: Name
    collector: Name
    exercise: Name | None = None
    days: Days = 397


class CertificateAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is to send with a certificate over the key of its request."""

    agency: Name
    collector: Name
    csr_pem: str
    exercise: Name | None = None


class KeyRevoked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key to end."""

    key_id: str
    why: str


@dataclass(frozen=True, slots=True)
class SenderVerbs:
    """What the verbs need."""

    recorder: Recorder
    keys: ApiKeysFold
    authority: Authority
    agencies: frozenset[str]
    clock: Clock

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Answer ``api-key``, ``revoke-key`` and ``certificate``."""
        router.add_post("/api-key", self.api_key)
        router.add_post("/revoke-key", self.revoke_key)
        router.add_post("/certificate", self.certificate)

    async def api_key(self, request: web.Request) -> web.Response:
        """Make an API key; its secret is shown this once."""
        asked = await body_of(request, KeyAsked)
        self._check(asked.agency)
        key_id, secret, now_ms = secrets.token_hex(8), secrets.token_urlsafe(32), self.clock.now_ms()
        facts = issue_key(
            key_id,
            secret,
            Site(asked.agency, asked.collector, asked.exercise).origin(),
            actor=actor_of(request),
            now_ms=now_ms,
            expires_ms=now_ms + int(timedelta(days=asked.days).total_seconds() * 1000),
        )
        await self.recorder.decide(lambda: facts)
        return web.json_response({"id": key_id, "secret": secret})

    async def revoke_key(self, request: web.Request) -> web.Response:
        """End an API key at the next request."""
        asked = await body_of(request, KeyRevoked)
        key = self.recorder.state(self.keys).keys.get(asked.key_id)
        if key is None:
            return web.Response(status=422, text=f"no API key {asked.key_id!r} was issued here")
        now_ms = self.clock.now_ms()
        facts = revoke_key(asked.key_id, key.origin, actor=actor_of(request), why=asked.why, now_ms=now_ms)
        await self.recorder.decide(lambda: facts)
        return web.json_response({})

    async def certificate(self, request: web.Request) -> web.Response:
        """Sign the request of a program that is no collector of ours."""
        asked = await body_of(request, CertificateAsked)
        self._check(asked.agency)
        origin = Site(asked.agency, asked.collector, asked.exercise).origin()
        try:
            certificate = self.authority.issue(asked.csr_pem, origin, self.clock.now())
        except AuthError as error:
            return web.Response(status=422, text=str(error))
        facts = issue_credential(
            f"{certificate.serial_number:X}",
            origin,
            actor=actor_of(request),
            now_ms=self.clock.now_ms(),
            until_ms=to_ms(certificate.not_valid_after_utc),
        )
        await self.recorder.decide(lambda: facts)
        return web.json_response({"certificate": pem_of(certificate), "ca": self.authority.pem()})

    def _check(self, agency: str) -> None:
        if fault := unknown_agencies({agency}, self.agencies):
            raise web.HTTPUnprocessableEntity(text=fault)
