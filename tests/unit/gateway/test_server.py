"""The collectors' port: a certificate decides who speaks; everything refused says why."""

import asyncio
import io
import ssl
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from support.centre import NOW, Receiving, listening, receiving

from soc.gateway.authority import write_key
from soc.gateway.credentials import issue_token, revoke
from soc.gateway.desk import BEATS_BURST, UPLOADS_AT_ONCE
from soc.kernel.clock import to_ms
from soc.model.heartbeat import SourceState
from soc.model.identity import Origin, province
from soc.model.record import Record
from soc.ports.events import Query
from soc.wire import codec
from soc.wire.messages import Batch, Beat, EnrolAnswer, EnrolRequest, RenewRequest

ORIGIN = Origin("so-y-te", "c1")


@dataclass
class Agency:
    """A collector's side of the wire, by hand."""

    centre: Receiving
    url: str
    serial: str = ""

    async def token(self, token: str = "token", origin: Origin = ORIGIN) -> None:
        facts = issue_token(token, origin, actor="user:an", now_ms=0, expires_ms=to_ms(NOW) + 1000)
        await self.centre.recorder.decide(lambda: facts)

    async def enrol(self, token: str = "token") -> tuple[int, bytes]:
        key = ec.generate_private_key(ec.SECP256R1())
        pem = a_request(key)
        status, body = await self.post("enrol", msgspec.json.encode(EnrolRequest(1, token, pem)))
        if status == 200:
            answer = msgspec.json.decode(body, type=EnrolAnswer)
            write_key(self.centre.folder / "client.key", key)
            (self.centre.folder / "client.pem").write_text(answer.certificate_pem)
            found = x509.load_pem_x509_certificate(answer.certificate_pem.encode())
            self.serial = f"{found.serial_number:X}"
        return status, body

    async def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        context = ssl.create_default_context(cafile=str(self.centre.folder / "ca.pem"))
        if self.serial:
            context.load_cert_chain(self.centre.folder / "client.pem", self.centre.folder / "client.key")
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/v1/{path}", data=io.BytesIO(body), ssl=context) as answer,
        ):
            return answer.status, await answer.read()


def a_request(key: ec.EllipticCurvePrivateKey) -> str:
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    return csr.public_bytes(serialization.Encoding.PEM).decode()


def a_beat(origin: Origin = ORIGIN, *, sources: tuple[SourceState, ...] = ()) -> bytes:
    return codec.pack(Beat(1, origin, "boot", 1, 2, 2, sources, 0, "0.1.0"))


def a_batch(origin: Origin = ORIGIN) -> bytes:
    raw = b"Nov 24 08:00:00 h sshd[1]: Failed password for root from 203.0.113.66 port 5 ssh2"
    record = Record("auth", "syslog", raw, to_ms(NOW), "2026-11-24", "UTC", fingerprint="f", offset=0)
    return codec.pack(Batch(1, origin, "boot", to_ms(NOW), 1, (record,)))


async def test_an_enrolled_collector_delivers(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    async with listening(centre) as url:
        agency = Agency(centre, url)
        await agency.token()
        assert (await agency.enrol())[0] == 200
        status, body = await agency.post("batches", a_batch())
        assert (status, codec.unpack_answer(body).time_ms) == (200, to_ms(NOW))
        assert (await agency.post("heartbeats", a_beat()))[0] == 200
    (event,) = (await centre.events.search(province(None), Query(), limit=2)).events
    assert event.origin == ORIGIN


async def test_a_certificate_is_renewed_by_whoever_shows_it(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    async with listening(centre) as url:
        agency = Agency(centre, url)
        asked = msgspec.json.encode(RenewRequest(1, a_request(ec.generate_private_key(ec.SECP256R1()))))
        assert (await agency.post("renew", asked))[0] == 403
        await agency.token()
        await agency.enrol()
        status, body = await agency.post("renew", asked)
        assert (status, msgspec.json.decode(body, type=EnrolAnswer).origin) == (200, ORIGIN)
        assert (await agency.post("batches", a_batch()))[0] == 200


async def test_answers_carry_what_the_centre_asks_for(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    gateway = replace(centre.gateway, orders=replace(centre.gateway.orders, resend_from=lambda *_: 7))
    async with listening(replace(centre, gateway=gateway)) as url:
        agency = Agency(centre, url)
        await agency.token()
        await agency.enrol()
        assert codec.unpack_answer((await agency.post("batches", a_batch()))[1]).resend_from == 7


async def test_a_token_is_good_once(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    async with listening(centre) as url:
        agency = Agency(centre, url)
        await agency.token()
        assert (await agency.enrol())[0] == 200
        status, body = await agency.enrol()
        assert (status, b"spent" in body) == (403, True)
        assert (await agency.enrol("guess"))[0] == 403


async def test_without_a_certificate_nothing_but_enrolment_is_heard(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    async with listening(centre) as url:
        for path in ("batches", "heartbeats"):
            status, body = await Agency(centre, url).post(path, a_batch())
            assert (status, b"certificate" in body) == (403, True)


async def test_a_batch_in_another_name_is_refused(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    async with listening(centre) as url:
        agency = Agency(centre, url)
        await agency.token()
        await agency.enrol()
        for other in (Origin("khac", "c1"), Origin("so-y-te", "c1", "drill")):
            assert (await agency.post("batches", a_batch(other)))[0] == 403
    assert (await centre.events.search(province(None), Query(), limit=2)).total == 0


async def test_heartbeats_are_booked_to_the_agency_and_one_that_beats_wildly_holds_up_only_itself(
    tmp_path: Path,
) -> None:
    centre = await receiving(tmp_path)
    other = Origin("ubnd", "c2")
    async with listening(centre) as url:
        agency = Agency(centre, url)
        await agency.token()
        await agency.enrol()
        large = a_beat(sources=tuple(SourceState(f"{n}" * 60, 1) for n in range(900)))
        statuses = [(await agency.post("heartbeats", large))[0] for _ in range(20)]
        assert (statuses[0], statuses[-1]) == (200, 503)
        assert [end.length for end in await centre.feeds.streams("feed/")] == [statuses.count(200)]
        await centre.clock.advance(timedelta(minutes=2))
        for body in (b"junk", a_beat()):
            statuses = [(await agency.post("heartbeats", body))[0] for _ in range(BEATS_BURST + 2)]
            assert statuses.index(503) == BEATS_BURST + 1
            await centre.clock.advance(timedelta(minutes=2))
        assert (await agency.post("batches", a_batch()))[0] == 200
        assert centre.desk.hear(a_beat(origin=other), other).origin == other


async def test_a_revoked_certificate_is_refused_at_its_next_request(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    async with listening(centre) as url:
        agency = Agency(centre, url)
        await agency.token()
        await agency.enrol()
        facts = revoke(agency.serial, ORIGIN, actor="user:an", why="stolen", now_ms=1)
        await centre.recorder.decide(lambda: facts)
        status, body = await agency.post("batches", a_batch())
        assert (status, b"revoked" in body) == (403, True)


@pytest.mark.parametrize(
    "body", [b"", b"junk", bytes(codec.MAX_BODY_BYTES + 10)], ids=["empty", "junk", "large"]
)
async def test_an_unusable_body_is_refused_with_a_line(tmp_path: Path, body: bytes) -> None:
    centre = await receiving(tmp_path)
    async with listening(centre) as url:
        agency = Agency(centre, url)
        await agency.token()
        await agency.enrol()
        status, said = await agency.post("batches", body)
        assert status == 400
        assert said.endswith(b"\n")


@dataclass
class Slow:
    """Uploads that never end."""

    centre: Receiving
    url: str

    async def begin(self, count: int) -> list[asyncio.StreamWriter]:
        folder = self.centre.folder
        tls = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        tls.load_cert_chain(folder / "client.pem", folder / "client.key")
        port, begun = int(self.url.rsplit(":", 1)[1]), []
        for _ in range(count):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
            writer.write(
                b"POST /v1/batches HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n"
            )
            assert (await reader.readline()).startswith(b"HTTP/1.1 100")
            begun.append(writer)
        return begun


async def test_a_collector_on_slow_lines_holds_up_only_itself(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    other = Origin("ubnd", "c2")
    async with listening(centre) as url:
        agency = Agency(centre, url)
        await agency.token()
        await agency.enrol()
        slow = await Slow(centre, url).begin(UPLOADS_AT_ONCE)
        status, said = await agency.post("batches", a_batch())
        assert (status, b"under way" in said) == (503, True)
        await agency.token("second", other)
        await agency.enrol("second")
        assert (await agency.post("batches", a_batch(other)))[0] == 200
        for writer in slow:
            writer.transport.abort()
