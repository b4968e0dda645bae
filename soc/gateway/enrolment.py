"""Enrolment: a one-time token and a signing request become a client certificate."""

from dataclasses import dataclass

import msgspec
from aiohttp import web

from soc.gateway.authority import Authority, key_hash, pem_of
from soc.gateway.bodies import read
from soc.gateway.credentials import CredentialsFold, enrol, origin_for
from soc.gateway.signing import Signer
from soc.kernel.clock import Clock
from soc.kernel.errors import AuthError, WireError
from soc.kernel.logs import Log, Said
from soc.pipeline.recorder import Recorder
from soc.wire import codec
from soc.wire.messages import EnrolAnswer, EnrolRequest

MAX_BYTES = 16 << 10


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Answers ``/v1/enrol``."""

    recorder: Recorder
    credentials: CredentialsFold
    authority: Authority
    signer: Signer
    clock: Clock
    log: Log

    async def enrol(self, request: web.Request) -> web.Response:
        """Turn a one-time token and a CSR into a client certificate."""
        body = await read(request, MAX_BYTES)
        try:
            asked = msgspec.json.decode(body, type=EnrolRequest)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise WireError(f"enrolment request: {error}") from error
        await self.recorder.catch_up()
        origin = origin_for(self.recorder.state(self.credentials), asked.token)
        if origin is None:
            raise AuthError("this enrolment token is unknown; ask the centre for a new one")
        certificate = self.authority.issue(asked.csr_pem, origin, self.clock.now())
        serial, key = f"{certificate.serial_number:X}", key_hash(certificate)
        await self.recorder.decide(
            lambda: enrol(
                self.recorder.state(self.credentials), asked.token, serial, key, now_ms=self.clock.now_ms()
            )
        )
        self.log.info(Said.ENROLLED, agency=origin.agency, collector=origin.collector, serial=serial)
        answer = EnrolAnswer(
            version=codec.VERSION,
            origin=origin,
            certificate_pem=pem_of(certificate),
            ca_pem=self.authority.pem(),
            signing_key_pem=self.signer.public_pem(),
        )
        return web.Response(body=msgspec.json.encode(answer), content_type="application/json")
