"""Credentials carry the identity the centre gave them, whatever the request asks for."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from soc.gateway.authority import open_authority, open_server, origin_of, requested_key, serial_for
from soc.kernel.errors import AuthError
from soc.model.identity import Origin, urn_of

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def a_request(curve: ec.EllipticCurve | None = None) -> str:
    key = ec.generate_private_key(curve or ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "urn:soc:collector:other:x:live")])
    csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return csr.public_bytes(serialization.Encoding.PEM).decode()


def uris(certificate: x509.Certificate) -> list[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return names.get_values_for_type(x509.UniformResourceIdentifier)


@pytest.mark.parametrize("exercise", [None, "drill-2026"])
def test_a_certificate_names_whom_the_token_named(tmp_path: Path, exercise: str | None) -> None:
    origin = Origin("so-y-te", "c1", exercise)
    certificate = open_authority(tmp_path, NOW).issue(a_request(), origin, NOW)
    assert origin_of(uris(certificate)) == origin
    assert certificate.not_valid_before_utc < NOW


def test_the_authority_is_the_same_after_a_restart(tmp_path: Path) -> None:
    assert open_authority(tmp_path, NOW).pem() == open_authority(tmp_path, NOW).pem()
    assert (tmp_path / "ca.key").stat().st_mode & 0o777 == 0o600


def test_the_server_certificate_is_renewed_only_when_names_change(tmp_path: Path) -> None:
    authority = open_authority(tmp_path, NOW)
    path, _ = open_server(tmp_path, authority, ["localhost", "127.0.0.1"], NOW)
    first = path.read_text()
    open_server(tmp_path, authority, ["localhost", "127.0.0.1"], NOW)
    assert path.read_text() == first
    open_server(tmp_path, authority, ["soc.tinh.gov.vn"], NOW)
    assert path.read_text() != first


def test_who_asks_again_with_the_same_key_gets_the_same_number(tmp_path: Path) -> None:
    pem, other = a_request(), a_request()
    serials = [serial_for(about, requested_key(csr)) for about, csr in [("t", pem), ("t", other), ("u", pem)]]
    assert serial_for("t", requested_key(pem)) == serials[0]
    assert len(set(serials)) == 3
    certificate = open_authority(tmp_path, NOW).issue(pem, Origin("a", "c"), NOW, serial=serials[0])
    assert certificate.serial_number == serials[0]


@pytest.mark.parametrize(
    "request_pem", ["nonsense", a_request(ec.SECP384R1())], ids=["no csr", "other curve"]
)
def test_a_bad_request_is_refused(tmp_path: Path, request_pem: str) -> None:
    with pytest.raises(AuthError):
        open_authority(tmp_path, NOW).issue(request_pem, Origin("a", "c"), NOW)


@pytest.mark.parametrize(
    "names",
    [[], ["urn:soc:collector:a:b"], [urn_of(Origin("a", "b")), urn_of(Origin("c", "d"))]],
    ids=["none", "short", "two"],
)
def test_a_certificate_without_one_identity_is_refused(names: list[str]) -> None:
    with pytest.raises(AuthError):
        origin_of(names)
