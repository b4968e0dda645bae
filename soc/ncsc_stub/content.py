"""Content of a request: bounded, of an accepted type, and exactly what its sender digested."""

import asyncio
import base64
import hashlib
import re
from typing import Any, TypeVar

import msgspec
from aiohttp import web
from multidict import CIMultiDictProxy

from soc.ncsc_stub.problem import Problem, Refusal

MAX_BODY_BYTES = 2 * 1024 * 1024
READ_TIMEOUT_S = 20
_TYPES = frozenset({"application/json", "application/stix+json"})
# A structured-field string (RFC 8941) without escapes.
_KEY = re.compile(r'"([ !#-\[\]-~]{1,128})"')
T = TypeVar("T")


def idempotency_key(headers: CIMultiDictProxy[str]) -> str:
    """Return the key of ``Idempotency-Key``, a quoted string of 1-128 characters.

    Raises:
        Problem: the header is missing, repeated or not such a string.
    """
    given = headers.getall("Idempotency-Key", [])
    match = _KEY.fullmatch(given[0].strip()) if len(given) == 1 else None
    if match is None:
        raise Problem(Refusal.KEY_MISSING, 'Send one Idempotency-Key: "<1-128 printable ASCII characters>".')
    return match[1]


async def read_json_body(request: web.Request) -> bytes:
    """Return the content, at most ``MAX_BODY_BYTES``.

    Raises:
        Problem: it is not JSON by its type, is encoded, or does not arrive within ``READ_TIMEOUT_S``.
        HTTPRequestEntityTooLarge: it is larger.
    """
    if request.content_type not in _TYPES:
        raise Problem(Refusal.MEDIA_TYPE, f"Accepted are {', '.join(sorted(_TYPES))}.")
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Problem(Refusal.MEDIA_TYPE, "Content-Encoding is not accepted.")
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            return await request.read()
    except TimeoutError as error:
        raise Problem(Refusal.TOO_SLOW, f"The content must arrive within {READ_TIMEOUT_S} s.") from error


def check_digest(headers: CIMultiDictProxy[str], body: bytes) -> str:
    """Return the SHA-256 of *body* in hex if ``Content-Digest`` (RFC 9530) says the same.

    Raises:
        Problem: there is no sha-256 in the header, or another one.
    """
    members = ",".join(headers.getall("Content-Digest", [])).split(",")
    digest = hashlib.sha256(body)
    expected = f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    given = [member.strip() for member in members if member.strip().startswith("sha-256=")]
    if given != [expected]:
        raise Problem(Refusal.DIGEST, "Send Content-Digest: sha-256=:<base64>: over the content as sent.")
    return digest.hexdigest()


def decode(body: bytes, kind: type[T]) -> T:
    """Return *body* as a value of *kind*.

    Raises:
        Problem: it is not JSON (400), or JSON of another shape (422).
    """
    try:
        return msgspec.convert(json_of(body), kind)
    except msgspec.ValidationError as error:
        raise Problem(Refusal.UNPROCESSABLE, str(error)) from error


def json_of(body: bytes) -> Any:
    """Return what *body* says in JSON.

    Raises:
        Problem: it is not JSON, or nested deeper than can be read.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(Refusal.MALFORMED, f"Not JSON: {str(error)[:200]}") from error
