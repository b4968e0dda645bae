"""The credential: key, certificate, the centre's authority and the identity they give, in one folder.

A running collector has no need of a library for certificates (8 MB): OpenSSL reads the files, and until
when they hold is written beside them.
"""

import os
import shutil
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from soc.kernel.errors import AuthError
from soc.model.identity import Origin
from soc.spool.segment import sync_folder
from soc.wire.messages import EnrolAnswer

KEY, CERTIFICATE, AUTHORITY, ORIGIN, SIGNER, EXPIRY = (
    "key.pem",
    "certificate.pem",
    "ca.pem",
    "origin.json",
    "signer.pem",
    "expires_at",
)


@dataclass(frozen=True, slots=True)
class Credential:
    """What enrolment left; the key itself stays in its file."""

    folder: Path
    origin: Origin
    expires_at: datetime

    def tls(self) -> ssl.SSLContext:
        """Return TLS 1.3 that trusts this centre alone and shows this certificate.

        Raises:
            AuthError: the files do not fit together.
        """
        context = tls_trusting((self.folder / AUTHORITY).read_text())
        try:
            context.load_cert_chain(self.folder / CERTIFICATE, self.folder / KEY)
        except (OSError, ssl.SSLError) as error:
            raise AuthError(f"{self.folder}: key and certificate cannot be used; enrol again") from error
        return context


def tls_trusting(ca_pem: str) -> ssl.SSLContext:
    """Return TLS 1.3 that trusts the authority in *ca_pem* and nobody else.

    Raises:
        AuthError: that is no certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_verify_locations(cadata=ca_pem)
    except (ssl.SSLError, ValueError) as error:
        raise AuthError("the CA file holds no certificate in PEM") from error
    return context


def load_credential(folder: Path) -> Credential:
    """Return the credential in *folder*.

    Raises:
        AuthError: there is none, or it cannot be read.
    """
    try:
        origin = msgspec.json.decode((folder / ORIGIN).read_bytes(), type=Origin)
        expires_at = _expiry(folder)
    except FileNotFoundError as error:
        raise AuthError(f"{folder} holds no credential; run: soc-collector enrol --help") from error
    except (OSError, ValueError, msgspec.DecodeError) as error:
        raise AuthError(f"{folder}: the credential cannot be read; enrol again") from error
    return Credential(folder, origin, expires_at)


def store_credential(folder: Path, key_pem: bytes, answer: EnrolAnswer) -> None:
    """Write everything into *folder* at once or not at all; the key is readable by its owner alone.

    Raises:
        AuthError: it cannot be written, or holds no certificate.
    """
    fresh = folder.with_suffix(".new")
    files = {
        KEY: key_pem,
        CERTIFICATE: answer.certificate_pem.encode(),
        AUTHORITY: answer.ca_pem.encode(),
        SIGNER: answer.signing_key_pem.encode(),
        ORIGIN: msgspec.json.encode(answer.origin),
        EXPIRY: _end_of(answer.certificate_pem.encode()).isoformat().encode(),
    }
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True, mode=0o700)
        for name, content in files.items():
            _write(fresh / name, content)
        if folder.exists():
            folder.rename(folder.with_suffix(f".{folder.stat().st_mtime_ns}.old"))
        fresh.rename(folder)
        sync_folder(folder.parent)
    except OSError as error:
        raise AuthError(f"{folder}: {error.strerror}; the credential was not stored") from error


def kept_key(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return the key in *path*, made and kept there first where there is none.

    While an answer of the centre is awaited: asked again with the same key, it costs nothing.

    Raises:
        AuthError: it cannot be kept or read.
    """
    try:
        if not path.exists():
            fresh = path.with_suffix(".new")
            fresh.unlink(missing_ok=True)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write(fresh, make())
            fresh.rename(path)
            sync_folder(path.parent)
        return path.read_bytes()
    except OSError as error:
        raise AuthError(f"{path}: {error.strerror}") from error


def _expiry(folder: Path) -> datetime:
    if (folder / EXPIRY).exists():
        return datetime.fromisoformat((folder / EXPIRY).read_text()).astimezone(UTC)
    return _end_of((folder / CERTIFICATE).read_bytes())


def _end_of(certificate_pem: bytes) -> datetime:
    from cryptography import x509  # noqa: PLC0415 - a running collector does without it

    try:
        return x509.load_pem_x509_certificate(certificate_pem).not_valid_after_utc
    except ValueError as error:
        raise AuthError("that is no certificate in PEM; enrol again") from error


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
