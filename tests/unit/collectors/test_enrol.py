# ruff: noqa: ASYNC240 - these tests are about files
"""Enrolment over real TLS: a credential is stored whole or not at all, its key for its owner alone."""

import hashlib
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from support.gateway import ORIGIN, SmallGateway, small_gateway
from support.pki import make_ca

from collectors.credential import load_credential, store_credential
from collectors.enrol import asked_key, authority_by_fingerprint, enrol, new_key
from soc.kernel.errors import AuthError, WireError
from soc.wire.messages import EnrolAnswer


def sha256_of(gateway: SmallGateway) -> str:
    return hashlib.sha256(gateway.ca.certificate.public_bytes(serialization.Encoding.DER)).hexdigest()


async def enrolled(gateway: SmallGateway, token: str = "token") -> tuple[bytes, EnrolAnswer]:
    key_pem, csr_pem = new_key()
    return key_pem, await enrol([gateway.url], gateway.ca.path.read_text(), token, csr_pem)


async def test_a_token_becomes_a_credential_that_tls_accepts(tmp_path: Path) -> None:
    async with small_gateway(tmp_path) as gateway:
        store_credential(tmp_path / "credential", *await enrolled(gateway))
    credential = load_credential(tmp_path / "credential")
    assert credential.origin == ORIGIN
    tls = credential.tls()
    assert (tls.minimum_version, tls.check_hostname) == (ssl.TLSVersion.TLSv1_3, True)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "credential").iterdir()}
    assert set(modes.values()) == {0o600}
    assert (tmp_path / "credential").stat().st_mode & 0o777 == 0o700
    assert "PRIVATE" not in repr(credential)


async def test_a_key_is_kept_until_the_answer_is_there(tmp_path: Path) -> None:
    first, request = asked_key(tmp_path / "asked.pem")
    again, other = asked_key(tmp_path / "asked.pem")
    assert (first == again, request == other) == (True, False)
    assert (tmp_path / "asked.pem").stat().st_mode & 0o777 == 0o600
    (tmp_path / "asked.pem").write_text("spoilt")
    with pytest.raises(AuthError, match="remove it"):
        asked_key(tmp_path / "asked.pem")


async def test_a_credential_is_read_without_a_library_for_certificates(tmp_path: Path) -> None:
    async with small_gateway(tmp_path) as gateway:
        store_credential(tmp_path / "credential", *await enrolled(gateway))
    expires_at = load_credential(tmp_path / "credential").expires_at
    program = (
        "import sys, pathlib; from collectors.credential import load_credential;"
        "found = load_credential(pathlib.Path(sys.argv[1]));"
        "print(found.expires_at.isoformat(), 'cryptography' in sys.modules)"
    )
    done = subprocess.run(  # noqa: ASYNC221 - nothing else runs here
        [sys.executable, "-c", program, tmp_path / "credential"], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [expires_at.isoformat(), "False"]
    (tmp_path / "credential" / "expires_at").unlink()  # as enrolled by an older collector
    assert load_credential(tmp_path / "credential").expires_at == expires_at


async def test_an_old_credential_is_kept_beside_the_new(tmp_path: Path) -> None:
    async with small_gateway(tmp_path) as gateway:
        for _ in range(2):
            store_credential(tmp_path / "credential", *await enrolled(gateway))
    assert len(list(tmp_path.glob("credential.*.old"))) == 1


async def test_a_refused_token_is_said_and_nothing_is_stored(tmp_path: Path) -> None:
    async with small_gateway(tmp_path) as gateway:
        with pytest.raises(AuthError, match="token is unknown") as caught:
            await enrolled(gateway, "stolen")
    assert "stolen" not in str(caught.value)


async def test_another_authority_is_not_believed_and_hears_no_token(tmp_path: Path) -> None:
    other = make_ca(tmp_path / "other", "Other CA")
    async with small_gateway(tmp_path) as gateway:
        with pytest.raises(WireError, match="no gateway could be reached"):
            await enrol([gateway.url], other.path.read_text(), "token", new_key()[1])


async def test_the_next_gateway_is_asked_when_one_is_away(tmp_path: Path) -> None:
    async with small_gateway(tmp_path) as gateway:
        ca_pem = gateway.ca.path.read_text()
        answer = await enrol(["https://127.0.0.1:9", gateway.url], ca_pem, "token", new_key()[1])
    assert answer.origin == ORIGIN


@pytest.mark.parametrize("colons", [True, False])
async def test_the_authority_is_found_by_its_fingerprint(tmp_path: Path, *, colons: bool) -> None:
    async with small_gateway(tmp_path) as gateway:
        wanted = sha256_of(gateway)
        if colons:
            wanted = ":".join(wanted[n : n + 2] for n in range(0, 64, 2)).upper()
        found = await authority_by_fingerprint([gateway.url], wanted)
        answer = await enrol([gateway.url], found, "token", new_key()[1])
    assert answer.origin == ORIGIN


async def test_another_fingerprint_finds_nothing(tmp_path: Path) -> None:
    async with small_gateway(tmp_path) as gateway:
        with pytest.raises(AuthError, match="shows other certificates"):
            await authority_by_fingerprint(["https://127.0.0.1:9", gateway.url], "00" * 32)


def test_a_ca_file_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(AuthError, match="no credential"):
        load_credential(tmp_path)


@pytest.mark.parametrize("spoilt", ["origin.json", "expires_at"])
async def test_a_spoilt_credential_is_said_in_words(tmp_path: Path, spoilt: str) -> None:
    async with small_gateway(tmp_path) as gateway:
        store_credential(tmp_path / "credential", *await enrolled(gateway))
    (tmp_path / "credential" / spoilt).write_text("spoilt")
    with pytest.raises(AuthError, match="enrol again"):
        load_credential(tmp_path / "credential")


async def test_a_key_that_does_not_fit_is_said_in_words(tmp_path: Path) -> None:
    async with small_gateway(tmp_path) as gateway:
        store_credential(tmp_path / "credential", *await enrolled(gateway))
    (tmp_path / "credential" / "key.pem").write_bytes(new_key()[0])
    with pytest.raises(AuthError, match="enrol again"):
        load_credential(tmp_path / "credential").tls()
