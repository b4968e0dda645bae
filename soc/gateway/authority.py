"""The province's certificate authority for collectors: issues, names and recognises credentials."""

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from soc.kernel.errors import AuthError
from soc.model.identity import URN, Origin, urn_of

BACKDATED = timedelta(hours=24)
"""Agencies' clocks are wrong; a certificate of this minute must hold there too."""
COLLECTOR_LIFE = timedelta(days=397)
AUTHORITY_LIFE = timedelta(days=3650)
SERIAL_BYTES = 19
"""Positive in the 20 that a certificate's number may have."""


@dataclass(frozen=True, slots=True)
class Authority:
    """The key that issues credentials, with its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def pem(self) -> str:
        """Return the authority's certificate."""
        return pem_of(self.certificate)

    def issue(
        self, csr_pem: str, origin: Origin, now: datetime, *, serial: int | None = None
    ) -> x509.Certificate:
        """Return a client certificate for *origin* over the key in *csr_pem*; its own names are ignored.

        Its number is *serial*, a random one unless told.

        Raises:
            AuthError: the request is no CSR, is not signed by its own key, or uses another curve.
        """
        wish = _Wish(
            requested_key(csr_pem),
            origin.collector,
            [x509.UniformResourceIdentifier(urn_of(origin))],
            ExtendedKeyUsageOID.CLIENT_AUTH,
            serial or x509.random_serial_number(),
        )
        return self._sign(wish, now)

    def issue_server(
        self, key: ec.EllipticCurvePublicKey, names: list[str], now: datetime
    ) -> x509.Certificate:
        """Return a server certificate for host *names* and addresses."""
        general = [_general_name(name) for name in names]
        serial = x509.random_serial_number()
        return self._sign(_Wish(key, names[0], general, ExtendedKeyUsageOID.SERVER_AUTH, serial), now)

    def _sign(self, wish: "_Wish", now: datetime) -> x509.Certificate:
        builder = (
            _builder(wish.key, wish.common_name, self.certificate.subject, now, COLLECTOR_LIFE)
            .serial_number(wish.serial)
            .add_extension(x509.SubjectAlternativeName(wish.names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([wish.usage]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
            )
        )
        return builder.sign(self.key, hashes.SHA256())


@dataclass(frozen=True, slots=True)
class _Wish:
    """A certificate to be."""

    key: ec.EllipticCurvePublicKey
    common_name: str
    names: list[x509.GeneralName]
    usage: x509.ObjectIdentifier
    serial: int


def open_authority(folder: Path, now: datetime) -> Authority:
    """Return the authority kept in *folder*, made on first use (key 0600)."""
    key_path, certificate_path = folder / "ca.key", folder / "ca.pem"
    if certificate_path.exists():
        key = serialization.load_pem_private_key(key_path.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise AuthError(f"{key_path} is no EC key")
        return Authority(key, x509.load_pem_x509_certificate(certificate_path.read_bytes()))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SOC collectors")])
    builder = _builder(key.public_key(), "SOC collectors", name, now, AUTHORITY_LIFE).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.add_extension(_AUTHORITY_USAGE, critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    write_key(key_path, key)
    certificate_path.write_text(pem_of(certificate))
    return Authority(key, certificate)


def open_server(folder: Path, authority: Authority, names: list[str], now: datetime) -> tuple[Path, Path]:
    """Return (certificate chain, key) files of the gateway, renewed when names or time ask for it."""
    key_path, certificate_path = folder / "gateway.key", folder / "gateway.pem"
    if certificate_path.exists() and key_path.exists():
        found = x509.load_pem_x509_certificate(certificate_path.read_bytes())
        fresh = found.not_valid_after_utc - now > timedelta(days=30)
        if fresh and _names(found) == names and found.issuer == authority.certificate.subject:
            return certificate_path, key_path
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = authority.issue_server(key.public_key(), names, now)
    write_key(key_path, key)
    certificate_path.write_text(pem_of(certificate) + authority.pem())
    return certificate_path, key_path


def write_key(path: Path, key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey) -> None:
    """Write a private key readable by its owner alone."""
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(pem)


def origin_of(uris: list[str]) -> Origin:
    """Return the identity in a certificate's SAN URIs.

    Raises:
        AuthError: there is not exactly one of ours.
    """
    ours = [uri.removeprefix(URN).split(":") for uri in uris if uri.startswith(URN)]
    match ours:
        case [[agency, collector, run]] if agency and collector and run:
            return Origin(agency, collector, None if run == "live" else run)
        case _:
            raise AuthError("the certificate names no collector")


_AUTHORITY_USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _builder(
    key: ec.EllipticCurvePublicKey, common_name: str, issuer: x509.Name, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])]))
        .issuer_name(issuer)
        .public_key(key)
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def requested_key(csr_pem: str) -> ec.EllipticCurvePublicKey:
    """Return the key that *csr_pem* asks a certificate for.

    Raises:
        AuthError: it is no CSR, is not signed by its own key, or uses another curve.
    """
    try:
        csr = x509.load_pem_x509_csr(csr_pem.encode())
        signed = csr.is_signature_valid
    except (ValueError, InvalidSignature) as error:
        raise AuthError("the certificate signing request cannot be read") from error
    key = csr.public_key()
    if not signed or not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise AuthError("the certificate signing request must be signed by its own P-256 key")
    return key


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _names(certificate: x509.Certificate) -> list[str]:
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(name.value) for name in found]


def pem_of(certificate: x509.Certificate) -> str:
    """Return *certificate* in PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def key_hash(key: ec.EllipticCurvePublicKey) -> str:
    """Return the SHA-256 of a public key."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return hashlib.sha256(key.public_bytes(serialization.Encoding.DER, form)).hexdigest()


def serial_for(about: str, key: ec.EllipticCurvePublicKey) -> int:
    """Return the number of the certificate over *key* that is due to *about*.

    Whoever asks again, because the answer was lost, gets a certificate of the same number.
    """
    digest = hashlib.sha256(f"{about}\0{key_hash(key)}".encode()).digest()
    return int.from_bytes(digest[:SERIAL_BYTES], "big") | 1
