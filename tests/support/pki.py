"""Certificates made on the spot: an authority, servers, clients."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class CertificateAuthority:
    """Issues into its own folder."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def path(self) -> Path:
        return self.folder / "ca.pem"


@dataclass(frozen=True, slots=True)
class Issued:
    """Paths of a key and of the certificate over it."""

    certificate: Path
    key: Path


def make_ca(folder: Path, name: str = "Test CA") -> CertificateAuthority:
    """Return a new authority whose certificate lies in ``folder/ca.pem``."""
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(key.public_key(), _name(name), _name(name), timedelta(days=30))
    usage = x509.KeyUsage(
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
    certificate = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return CertificateAuthority(folder, key, certificate)


def issue(ca: CertificateAuthority, name: str, *, life: timedelta = timedelta(days=1)) -> Issued:
    """Return key and chain for *name*: a URI (client), an address or a host (server)."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = sign(ca, key.public_key(), name, life=life)
    stem = name.replace("/", "_").replace(":", "_")
    issued = Issued(ca.folder / f"{stem}.pem", ca.folder / f"{stem}.key")
    issued.certificate.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM) + ca.path.read_bytes()
    )
    issued.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return issued


def sign(
    ca: CertificateAuthority,
    key: ec.EllipticCurvePublicKey,
    name: str,
    *,
    life: timedelta = timedelta(days=1),
) -> x509.Certificate:
    """Return a certificate of *ca* for *name* over *key*."""
    return (
        _builder(key, _name(name), ca.certificate.subject, life)
        .add_extension(x509.SubjectAlternativeName([_general_name(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.key.public_key()), critical=False
        )
        .sign(ca.key, hashes.SHA256())
    )


def server_tls(ca: CertificateAuthority, issued: Issued) -> ssl.SSLContext:
    """Return a server's TLS 1.3 that verifies client certificates where given."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(issued.certificate, issued.key)
    context.load_verify_locations(ca.path)
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


def _builder(
    key: ec.EllipticCurvePublicKey, subject: x509.Name, issuer: x509.Name, life: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _general_name(name: str) -> x509.GeneralName:
    if ":" in name and not name.startswith("["):
        return x509.UniformResourceIdentifier(name)
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
