# ruff: noqa: ASYNC240 - these tests are about files
"""A certificate is renewed in time, with a key that survives a lost answer; a refusal never enrols."""

import asyncio
import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from support.gateway import SmallGateway, small_gateway

from collectors.credential import Credential, load_credential, store_credential
from collectors.enrol import enrol, new_key
from collectors.renew import BEFORE, SPREAD, Renewal, asked_path
from soc.kernel.clock import ManualClock
from soc.kernel.logs import open_log


def public_key(csr_pem: str) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    key = x509.load_pem_x509_csr(csr_pem.encode()).public_key()
    return key.public_bytes(serialization.Encoding.DER, form)


async def enrolled(gateway: SmallGateway, folder: Path) -> Credential:
    key_pem, csr_pem = new_key()
    answer = await enrol([gateway.url], gateway.ca.path.read_text(), "token", csr_pem)
    store_credential(folder, key_pem, answer)
    return load_credential(folder)


async def run(
    gateway: SmallGateway, folder: Path, days_before_the_end: float, until: Callable[[], bool]
) -> tuple[Credential, bool, str]:
    """Run the renewal from so many days before the certificate's end; return whether it came to its end."""
    credential, said = await enrolled(gateway, folder), io.StringIO()
    clock = ManualClock(credential.expires_at - timedelta(days=days_before_the_end))
    renewal = Renewal([gateway.url], credential, clock, open_log(said), lambda: 0.5)
    task = asyncio.create_task(renewal.run())
    async with asyncio.timeout(8):
        while not (task.done() or until()):
            await clock.advance(timedelta(hours=1))
            await asyncio.sleep(0.01)
    ended = task.done()
    task.cancel()
    await asyncio.wait([task])
    return credential, ended, said.getvalue()


async def test_a_certificate_is_renewed_over_a_new_key_before_it_ends(tmp_path: Path) -> None:
    async with small_gateway(tmp_path) as gateway:
        old, ended, _ = await run(gateway, tmp_path / "credential", BEFORE.days, lambda: False)
    assert (ended, len(gateway.renewals), len(gateway.peers)) == (True, 1, 1)
    before = next(tmp_path.glob("credential.*.old")) / "key.pem"
    assert before.read_bytes() != (tmp_path / "credential" / "key.pem").read_bytes()
    assert not asked_path(old.folder).exists()
    load_credential(old.folder).tls()


async def test_nothing_is_asked_while_the_certificate_is_young(tmp_path: Path) -> None:
    async with small_gateway(tmp_path) as gateway:
        credential = await enrolled(gateway, tmp_path / "credential")
        clock = ManualClock(credential.expires_at - BEFORE - timedelta(days=1))
        renewal = Renewal([gateway.url], credential, clock, open_log(io.StringIO()), lambda: 0.5)
        task = asyncio.create_task(renewal.run())
        await clock.advance(timedelta(days=1))
        assert not task.done()
        await clock.advance(SPREAD)
        await asyncio.wait_for(task, 8)
    assert len(gateway.renewals) == 1


async def test_a_lost_answer_is_asked_for_again_with_the_same_key(tmp_path: Path) -> None:
    async with small_gateway(tmp_path) as gateway:
        gateway.renewal = lambda tries: web.Response(status=503) if tries < 3 else None
        _, ended, said = await run(gateway, tmp_path / "credential", 60, lambda: False)
    assert (ended, len(gateway.renewals)) == (True, 3)
    assert len({public_key(pem) for pem in gateway.renewals}) == 1
    assert "503" in said


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refusal_is_said_and_never_enrols(tmp_path: Path, status: int) -> None:
    async with small_gateway(tmp_path) as gateway:
        gateway.renewal = lambda _tries: web.Response(status=status, text="this certificate was revoked")
        old, ended, said = await run(gateway, tmp_path / "credential", 60, lambda: len(gateway.renewals) > 1)
    assert (ended, "revoked" in said) == (False, True)
    assert load_credential(old.folder) == old


async def test_another_identity_is_not_taken(tmp_path: Path) -> None:
    async with small_gateway(tmp_path) as gateway:
        credential = await enrolled(gateway, tmp_path / "credential")
        (credential.folder / "origin.json").write_bytes(
            msgspec.json.encode({"agency": "x", "collector": "y"})
        )
        other = load_credential(credential.folder)
        clock = ManualClock(other.expires_at)
        said = io.StringIO()
        task = asyncio.create_task(Renewal([gateway.url], other, clock, open_log(said), lambda: 0.5).run())
        async with asyncio.timeout(8):
            while "identity" not in said.getvalue():
                await clock.advance(timedelta(hours=1))
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
    assert load_credential(credential.folder) == other
