"""Two certificates of one line over the real port: both ship, and a revocation ends both where they stand."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import msgspec
from cryptography import x509
from support.centre import Receiving, listening, receiving
from support.delivered import COLLECTOR, a_batch, a_record

from collectors.credential import load_credential, store_credential
from collectors.enrol import enrol, new_key, renew
from soc.gateway.credentials import issue_token, revoke_line
from soc.wire import codec
from soc.wire.messages import EnrolAnswer


@asynccontextmanager
async def connected(tls: ssl.SSLContext) -> AsyncIterator[aiohttp.ClientSession]:
    """Yield a session that keeps its one connection alive."""
    connector = aiohttp.TCPConnector(ssl=tls, limit=1, keepalive_timeout=60)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


async def ship(session: aiohttp.ClientSession, url: str, seq: int) -> tuple[int, str]:
    body = codec.pack(a_batch(seq, [a_record(seq)], spool="s", acked_seq=seq))
    async with session.post(f"{url}/v1/batches", data=body) as answer:
        return answer.status, (await answer.read()).decode("utf-8", "replace")


async def enrolled(centre: Receiving, url: str, folder: Path) -> EnrolAnswer:
    expires_ms = centre.clock.now_ms() + 1000
    facts = issue_token("token", COLLECTOR, actor="user:an", now_ms=0, expires_ms=expires_ms)
    await centre.recorder.decide(lambda: facts)
    key, csr = new_key()
    answer = await enrol([url], centre.authority.pem(), "token", csr)
    store_credential(folder, key, answer)
    return answer


async def test_a_renewed_certificate_ships_beside_the_old_one_and_both_end_together(tmp_path: Path) -> None:
    centre = await receiving(tmp_path / "centre")
    async with listening(centre) as url:
        first = await enrolled(centre, url, tmp_path / "old")
        old = load_credential(tmp_path / "old").tls()
        key, csr = new_key()
        store_credential(tmp_path / "new", key, await renew([url], csr, old))
        new = load_credential(tmp_path / "new").tls()
        async with connected(old) as one, connected(new) as other:
            shipped = [
                await ship(session, url, seq) for seq, session in enumerate((one, other, one, other), 1)
            ]
            assert [status for status, _ in shipped] == [200] * 4, shipped
            serial = x509.load_pem_x509_certificate(first.certificate_pem.encode()).serial_number
            state = centre.recorder.state(centre.credentials)
            ended = revoke_line(state, f"{serial:X}", actor="user:an", why="stolen", now_ms=1)
            await centre.recorder.decide(lambda: ended)
            for session in (one, other):
                status, why = await ship(session, url, 9)
                assert (status, "revoked" in why) == (403, True)


async def test_the_same_request_again_gives_the_same_number(tmp_path: Path) -> None:
    centre = await receiving(tmp_path / "centre")
    async with listening(centre) as url:
        await enrolled(centre, url, tmp_path / "old")
        _, csr = new_key()
        tls = load_credential(tmp_path / "old").tls()
        answers = [await renew([url], csr, tls) for _ in range(2)]
    found = {msgspec.structs.asdict(answer)["certificate_pem"] for answer in answers}
    numbers = {x509.load_pem_x509_certificate(pem.encode()).serial_number for pem in found}
    assert len(numbers) == 1
