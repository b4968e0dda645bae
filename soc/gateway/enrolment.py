"""Enrolment and renewal: a token, or a certificate that holds, becomes a certificate over one's own key.

First the fact, then the certificate, whose number follows from the key and from what it is due to. An
answer that was lost is therefore asked for again: same number, no second fact, nothing spent twice.
"""

from dataclasses import dataclass
from typing import TypeVar

import msgspec
from aiohttp import web

from soc.gateway.authority import Authority, key_hash, pem_of, requested_key, serial_for
from soc.gateway.bodies import read
from soc.gateway.credentials import CredentialsFold, enrol, hashed, origin_for, renew
from soc.gateway.signing import Signer
from soc.kernel.clock import Clock
from soc.kernel.errors import WireError
from soc.kernel.logs import Log, Said
from soc.model.identity import Origin
from soc.pipeline.recorder import Recorder
from soc.wire import codec
from soc.wire.messages import EnrolAnswer, EnrolRequest, RenewRequest

MAX_BYTES = 16 << 10
S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Answers ``/v1/enrol`` and ``/v1/renew``."""

    recorder: Recorder
    credentials: CredentialsFold
    authority: Authority
    signer: Signer
    clock: Clock
    log: Log

    async def enrol(self, request: web.Request) -> web.Response:
        """Turn a one-time token and a CSR into a client certificate."""
        asked = _understood(await read(request, MAX_BYTES), EnrolRequest)
        await self.recorder.catch_up()
        now_ms, state = self.clock.now_ms(), self.recorder.state(self.credentials)
        origin = origin_for(state, asked.token, now_ms)
        key = requested_key(asked.csr_pem)
        serial = serial_for(hashed(asked.token), key)
        await self.recorder.decide(
            lambda: enrol(
                self.recorder.state(self.credentials),
                asked.token,
                f"{serial:X}",
                key_hash(key),
                now_ms=now_ms,
            )
        )
        self._say(Said.ENROLLED, origin, serial)
        return self._answer(asked.csr_pem, origin, serial)

    async def renew(self, request: web.Request, origin: Origin, old_serial: str) -> web.Response:
        """Turn the certificate *old_serial* of *origin*, which was checked, and a CSR into a new one.

        The old one holds until it ends: what is under way with it need not be said again.
        """
        asked = _understood(await read(request, MAX_BYTES), RenewRequest)
        serial = serial_for(old_serial, requested_key(asked.csr_pem))
        await self.recorder.decide(
            lambda: renew(
                self.recorder.state(self.credentials),
                old_serial,
                f"{serial:X}",
                origin,
                now_ms=self.clock.now_ms(),
            )
        )
        self._say(Said.RENEWED, origin, serial)
        return self._answer(asked.csr_pem, origin, serial)

    def _say(self, event: Said, origin: Origin, serial: int) -> None:
        self.log.info(event, agency=origin.agency, collector=origin.collector, serial=f"{serial:X}")

    def _answer(self, csr_pem: str, origin: Origin, serial: int) -> web.Response:
        certificate = self.authority.issue(csr_pem, origin, self.clock.now(), serial=serial)
        answer = EnrolAnswer(
            version=codec.VERSION,
            origin=origin,
            certificate_pem=pem_of(certificate),
            ca_pem=self.authority.pem(),
            signing_key_pem=self.signer.public_pem(),
        )
        return web.Response(body=msgspec.json.encode(answer), content_type="application/json")


def _understood(body: bytes, kind: type[S]) -> S:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WireError(f"{kind.__name__}: {error}") from error
