"""Enrolment: a one-time token becomes a certificate over a key that never leaves this machine."""

import asyncio
import hashlib
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from collectors.credential import kept_key, tls_trusting
from soc.kernel.errors import AuthError, WireError
from soc.wire.messages import EnrolAnswer, EnrolRequest, RenewRequest

VERSION = 1
TIMEOUT = aiohttp.ClientTimeout(total=30)
MAX_ANSWER_BYTES = 64 << 10
_DER = 2


def new_key() -> tuple[bytes, str]:
    """Return a fresh P-256 key and a certificate signing request over it, both PEM."""
    pem = _fresh_key()
    return pem, _request_over(pem)


def asked_key(path: Path) -> tuple[bytes, str]:
    """Return the key in *path*, made and kept there first where there is none, and a request over it.

    An answer may be lost, and the token is good once: who asks again with this key gets the certificate.

    Raises:
        AuthError: the file cannot be written, or holds no key.
    """
    pem = kept_key(path, _fresh_key)
    try:
        return pem, _request_over(pem)
    except (ValueError, TypeError) as error:
        raise AuthError(f"{path} holds no key; remove it") from error


async def enrol(gateways: list[str], ca_pem: str, token: str, csr_pem: str) -> EnrolAnswer:
    """Return the credential that the first gateway that can be reached gives for *token*.

    Raises:
        AuthError: the centre refuses; asking another gateway would not help.
        WireError: no gateway could be reached, or its answer cannot be understood.
    """
    question = EnrolRequest(VERSION, token, csr_pem)
    return await _ask(gateways, "enrol", question, tls_trusting(ca_pem))


async def renew(gateways: list[str], csr_pem: str, tls: ssl.SSLContext) -> EnrolAnswer:
    """Return the credential over the key in *csr_pem* that is due to the certificate which *tls* shows.

    Raises:
        AuthError: the centre refuses.
        WireError: no gateway could be reached, or its answer cannot be understood.
    """
    return await _ask(gateways, "renew", RenewRequest(VERSION, csr_pem), tls)


async def _ask(
    gateways: list[str], what: str, question: EnrolRequest | RenewRequest, tls: ssl.SSLContext
) -> EnrolAnswer:
    body, faults = msgspec.json.encode(question), list[str]()
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        for gateway in gateways:
            try:
                url = f"{gateway}/v1/{what}"
                async with session.post(url, data=body, ssl=tls, allow_redirects=False) as answer:
                    return _understood(answer.status, await answer.content.read(MAX_ANSWER_BYTES), gateway)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                faults.append(f"{gateway}: {str(error) or type(error).__name__}")
    raise WireError("no gateway could be reached: " + "; ".join(faults))


async def authority_by_fingerprint(gateways: list[str], sha256: str) -> str:
    """Return the CA certificate (PEM) with that SHA-256 among those a gateway shows; nothing else is trusted.

    Raises:
        AuthError: no gateway shows it.
    """
    wanted = sha256.replace(":", "").strip().lower()
    faults: list[str] = []
    for gateway in gateways:
        try:
            shown = await asyncio.wait_for(_shown_by(gateway), TIMEOUT.total)
        except (OSError, TimeoutError) as error:
            faults.append(f"{gateway}: {str(error) or type(error).__name__}")
            continue
        for der in shown:
            if hashlib.sha256(der).hexdigest() == wanted:
                return ssl.DER_cert_to_PEM_cert(der)
        faults.append(f"{gateway} shows other certificates")
    raise AuthError(f"no certificate with SHA-256 {wanted[:16]}… was found: " + "; ".join(faults))


def _fresh_key() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _request_over(key_pem: bytes) -> str:
    key = serialization.load_pem_private_key(key_pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("no EC key")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "collector")])  # the centre names us
    csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return csr.public_bytes(serialization.Encoding.PEM).decode()


async def _shown_by(gateway: str) -> list[bytes]:
    """Return the certificates that a gateway sends, unverified; the connection carries nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    address = urlsplit(gateway)
    _, writer = await asyncio.open_connection(address.hostname, address.port, ssl=context)
    try:
        connection = writer.get_extra_info("ssl_object")
        # The public method for this came with Python 3.13.
        return [shown.public_bytes(_DER) for shown in connection._sslobj.get_unverified_chain()]  # noqa: SLF001
    finally:
        writer.close()


def _understood(status: int, body: bytes, gateway: str) -> EnrolAnswer:
    if status in (401, 403):
        raise AuthError(f"{gateway} refuses: {body[:200].decode('utf-8', 'replace').strip()}")
    if status != 200:
        raise WireError(f"{gateway} answered {status}; accepted: 200")
    try:
        return msgspec.json.decode(body, type=EnrolAnswer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WireError(f"{gateway}: the answer is no credential: {error}") from error
