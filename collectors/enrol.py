"""Enrolment: a one-time token becomes a certificate over a key that never leaves this machine."""

import asyncio
import hashlib
import ssl
from urllib.parse import urlsplit

import aiohttp
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from collectors.credential import tls_trusting
from soc.kernel.errors import AuthError, WireError
from soc.wire.messages import EnrolAnswer, EnrolRequest

VERSION = 1
TIMEOUT = aiohttp.ClientTimeout(total=30)
MAX_ANSWER_BYTES = 64 << 10
_DER = 2


def new_key() -> tuple[bytes, str]:
    """Return a fresh P-256 key and a certificate signing request over it, both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "collector")])  # the centre names us
    csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem, csr.public_bytes(serialization.Encoding.PEM).decode()


async def enrol(gateways: list[str], ca_pem: str, token: str, csr_pem: str) -> EnrolAnswer:
    """Return the credential that the first gateway that can be reached gives for *token*.

    Raises:
        AuthError: the centre refuses; asking another gateway would not help.
        WireError: no gateway could be reached, or its answer cannot be understood.
    """
    body = msgspec.json.encode(EnrolRequest(VERSION, token, csr_pem))
    context = tls_trusting(ca_pem)
    faults: list[str] = []
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        for gateway in gateways:
            try:
                url = f"{gateway}/v1/enrol"
                async with session.post(url, data=body, ssl=context, allow_redirects=False) as answer:
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
