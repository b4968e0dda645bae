"""Certificates for tries and demos: an authority, a server, a province live and in exercises."""

import os
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from soc.ncsc_stub.instants import Clock, instant

LIFE = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Authority:
    """Who signs: key and certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def make(folder: Path, province: str, now_ms: Clock) -> None:
    """Write ``ca``, ``server``, ``live`` and ``exercise``, each as ``.pem`` and ``.key``, into *folder*.

    Raises:
        FileExistsError: one of them is there already; nothing is overwritten.
    """
    folder.mkdir(parents=True, exist_ok=True)
    authority = _authority(now_ms)
    _write(folder, "ca", authority.certificate, authority.key)
    here = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    _issue(folder, "server", authority, here, now_ms)
    for side in ("live", "exercise"):
        uri = x509.UniformResourceIdentifier(f"urn:ncsc:province:{province}:{side}")
        _issue(folder, side, authority, [uri], now_ms)


def _authority(now_ms: Clock) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("NCSC stand-in CA")
    certificate = (
        _builder(name, name, key.public_key(), now_ms)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(key, certificate)


def _issue(
    folder: Path, stem: str, authority: Authority, names: list[x509.GeneralName], now_ms: Clock
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if stem == "server" else ExtendedKeyUsageOID.CLIENT_AUTH
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    certificate = (
        _builder(_name(stem), authority.certificate.subject, key.public_key(), now_ms)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    _write(folder, stem, certificate, key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now_ms: Clock
) -> x509.CertificateBuilder:
    now = instant(now_ms())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # Clocks of neighbours differ a little.
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _write(folder: Path, stem: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for name, content, mode in (
        (f"{stem}.key", secret, 0o600),
        (f"{stem}.pem", certificate.public_bytes(pem), 0o644),
    ):
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
