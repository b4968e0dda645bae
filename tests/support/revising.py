"""A centre's key that signs settings, and a collector's file that they come after."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.gateway import ORIGIN

from collectors.configuration import Configuration
from soc.model.identity import Origin
from soc.wire.messages import SignedRevision
from soc.wire.revision import signed_bytes


def settings_text(
    *, gateways: Sequence[str] = ("https://127.0.0.1:9",), paths: str = "logs/*.log", more: str = ""
) -> str:
    quoted = ", ".join(f'"{gateway}"' for gateway in gateways)
    return f"""
[collector]
data_dir = "data"
gateways = [{quoted}]
{more}
[[source]]
id = "file"
kind = "tail"
format = "syslog"
paths = ["{paths}"]
"""


@dataclass(frozen=True)
class Revising:
    """One folder with a local file and the public key of a centre."""

    folder: Path
    key: Ed25519PrivateKey

    @property
    def path(self) -> Path:
        return self.folder / "collector.toml"

    @property
    def signer(self) -> Path:
        return self.folder / "signer.pem"

    def configuration(self) -> Configuration:
        """Read it all anew, as a start of the process does."""
        return Configuration(self.path, ORIGIN, self.signer)

    def signed(self, number: int, body: str, *, to: Origin = ORIGIN) -> SignedRevision:
        content = body.encode()
        return SignedRevision(number, content, self.key.sign(signed_bytes(to, number, content)))


def revising(folder: Path, local: str = "") -> Revising:
    folder.mkdir(parents=True, exist_ok=True)
    made = Revising(folder, Ed25519PrivateKey.generate())
    made.path.write_text(local or settings_text())
    pem = made.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    made.signer.write_bytes(pem)
    return made
