"""A lost answer costs nothing: whoever asks again with the same key gets a certificate of the same number."""

from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from cryptography import x509
from support.centre import NOW, Receiving, receiving

from collectors.enrol import new_key
from soc.gateway.credentials import issue_token
from soc.kernel.clock import to_ms
from soc.kernel.errors import AuthError
from soc.model.identity import Origin
from soc.wire.messages import EnrolAnswer, EnrolRequest, RenewRequest

ORIGIN = Origin("so-y-te", "c1")


async def with_token(folder: Path) -> Receiving:
    centre = await receiving(folder)
    facts = issue_token("token", ORIGIN, actor="user:an", now_ms=0, expires_ms=to_ms(NOW) + 1000)
    await centre.recorder.decide(lambda: facts)
    return centre


async def asked(centre: Receiving, question: EnrolRequest | RenewRequest, old_serial: str = "") -> str:
    """Ask as over the port and return the certificate's serial number."""

    async def renew(request: web.Request) -> web.Response:
        return await centre.gateway.enrolment.renew(request, ORIGIN, old_serial)

    app = web.Application()
    app.router.add_post("/", renew if old_serial else centre.gateway.enrolment.enrol)
    async with (
        TestClient(TestServer(app)) as client,
        client.post("/", data=msgspec.json.encode(question)) as answer,
    ):
        body = await answer.read()
        if answer.status != 200:
            raise AuthError(str(answer.status))
    given = msgspec.json.decode(body, type=EnrolAnswer)
    assert given.origin == ORIGIN
    return f"{x509.load_pem_x509_certificate(given.certificate_pem.encode()).serial_number:X}"


async def facts_of(centre: Receiving) -> list[str]:
    return [fact.type async for _, fact in centre.recorder.facts_from(0)]


async def test_a_lost_answer_is_asked_for_again(tmp_path: Path) -> None:
    centre = await with_token(tmp_path)
    question = EnrolRequest(1, "token", new_key()[1])
    assert await asked(centre, question) == await asked(centre, question)
    assert await facts_of(centre) == ["EnrolTokenIssued", "CollectorEnrolled"]


async def test_another_key_gets_nothing_for_a_spent_token(tmp_path: Path) -> None:
    centre = await with_token(tmp_path)
    await asked(centre, EnrolRequest(1, "token", new_key()[1]))
    with pytest.raises(AuthError):
        await asked(centre, EnrolRequest(1, "token", new_key()[1]))


async def test_a_renewal_gives_a_second_certificate_and_asking_again_no_third(tmp_path: Path) -> None:
    centre = await with_token(tmp_path)
    old = await asked(centre, EnrolRequest(1, "token", new_key()[1]))
    question = RenewRequest(1, new_key()[1])
    new = await asked(centre, question, old)
    assert await asked(centre, question, old) == new
    state = centre.recorder.state(centre.credentials)
    state.check(old, ORIGIN)
    state.check(new, ORIGIN)
    assert await facts_of(centre) == ["EnrolTokenIssued", "CollectorEnrolled", "CredentialRenewed"]
