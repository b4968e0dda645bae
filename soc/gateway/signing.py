"""The key that signs configuration revisions: its own, so that what issues credentials signs nothing else."""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from soc.gateway.authority import write_key
from soc.kernel.errors import AuthError
from soc.model.identity import Origin
from soc.wire.messages import SignedRevision
from soc.wire.revision import signed_bytes


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for one collector at a time."""

    key: Ed25519PrivateKey

    def public_pem(self) -> str:
        """Return the key that verifies what this one signs; collectors get it when they enrol."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()

    def sign(self, origin: Origin, number: int, body: bytes) -> SignedRevision:
        """Return the settings *body* as revision *number* for *origin*, and for nobody else."""
        return SignedRevision(number, body, self.key.sign(signed_bytes(origin, number, body)))


def open_signer(folder: Path) -> Signer:
    """Return the signer kept in *folder*, made on first use (key 0600).

    Raises:
        AuthError: the file holds another kind of key.
    """
    path = folder / "signing.key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_key(path, Ed25519PrivateKey.generate())
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise AuthError(f"{path} is no Ed25519 key")
    return Signer(key)
