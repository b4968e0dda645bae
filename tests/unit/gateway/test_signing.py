"""A revision is signed for one collector by a key of its own."""

from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from soc.gateway.authority import write_key
from soc.gateway.signing import open_signer
from soc.kernel.errors import AuthError
from soc.model.identity import Origin
from soc.wire.revision import SIGNATURE_BYTES, signed_bytes

ORIGIN = Origin("so-y-te", "c1")


def test_what_is_signed_verifies_for_its_addressee_alone(tmp_path: Path) -> None:
    signer = open_signer(tmp_path)
    key = load_pem_public_key(signer.public_pem().encode())
    assert isinstance(key, Ed25519PublicKey)
    sent = signer.sign(ORIGIN, 3, b"[collector]")
    assert len(sent.signature) == SIGNATURE_BYTES
    key.verify(sent.signature, signed_bytes(ORIGIN, sent.number, sent.body))
    with pytest.raises(InvalidSignature):
        key.verify(sent.signature, signed_bytes(Origin("khac", "c1"), sent.number, sent.body))


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    folder = tmp_path / "pki"
    assert open_signer(folder).public_pem() == open_signer(folder).public_pem()
    assert (folder / "signing.key").stat().st_mode & 0o777 == 0o600


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    write_key(tmp_path / "signing.key", ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(AuthError, match="Ed25519"):
        open_signer(tmp_path)
