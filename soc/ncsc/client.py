"""The national centre over HTTPS with a client certificate; safe to repeat, bounded in time and size.

The interface is our own assumption (no official one was found): ``POST /api/v1/incidents`` with
``Idempotency-Key`` and ``Content-Digest``, receipts, states, messages; see the stub's README.
"""

import base64
import hashlib
import ssl
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from soc.kernel.errors import NcscError, NcscUnavailable
from soc.ports.national import NationalMessage, NcscReceipt, Report, ReportStatus

TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10)
MAX_ANSWER_BYTES = 8 << 20
MAX_WAIT = timedelta(hours=1)
"""No ``Retry-After`` keeps a report longer."""
PAGE = 100
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_BUSY = {408, 409, 425, 429, 500, 502, 503, 504}


class _ReceiptAnswer(msgspec.Struct):
    receipt_id: str
    received_at: str
    sha256: str


class _StatusAnswer(msgspec.Struct):
    state: str
    case_no: str | None = None


class _Message(msgspec.Struct):
    id: str
    kind: str
    sent_at: str
    body: msgspec.Raw
    due_at: str | None = None
    exercise: bool = False


class _MessagesAnswer(msgspec.Struct):
    messages: list[_Message]
    more: bool = False


class HttpNationalCentre:
    """Port ``NationalCentre`` for one credential: live, or one exercise."""

    def __init__(
        self, *, url: str, ca: Path, certificate: Path, key: Path, exercise: str | None = None
    ) -> None:
        """Speak to *url*; *exercise* is the run that the certificate is for, None for a live one."""
        context = ssl.create_default_context(cafile=str(ca))
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(certificate, key)
        self._url = url.rstrip("/")
        self._context = context
        self._exercise = exercise
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """End the connections."""
        if self._session is not None:
            await self._session.close()

    async def submit(self, report: Report) -> NcscReceipt:
        """Send *report*; the same report may be sent again and counts once."""
        if report.exercise != self._exercise:
            raise NcscError(
                "an exercise report never goes to a live endpoint, nor a live one to an exercise's"
            )
        digest = hashlib.sha256(report.body)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": f'"{report.id}"',
            "Content-Digest": f"sha-256=:{base64.b64encode(digest.digest()).decode()}:",
        }
        answer = await self._ask(
            "POST", "/api/v1/incidents", _ReceiptAnswer, body=report.body, headers=headers
        )
        if answer.sha256 != digest.hexdigest():
            raise NcscError(f"receipt {answer.receipt_id} is for other bytes than were sent")
        return NcscReceipt(report.id, answer.receipt_id, answer.received_at, answer.sha256)

    async def status(self, receipt_id: str) -> ReportStatus:
        """Return where a report stands."""
        answer = await self._ask("GET", f"/api/v1/incidents/{quote(receipt_id, safe='')}", _StatusAnswer)
        return ReportStatus(receipt_id, answer.state, answer.case_no)

    async def messages(self, after: str) -> list[NationalMessage]:
        """Return the next messages behind *after*."""
        parameters = {"limit": str(PAGE), **({"after": after} if after else {})}
        answer = await self._ask("GET", "/api/v1/messages", _MessagesAnswer, parameters=parameters)
        return [
            NationalMessage(m.id, m.kind, m.sent_at, m.due_at, m.exercise, bytes(m.body))
            for m in answer.messages
        ]

    async def acknowledge(self, message_id: str) -> None:
        """Tell the centre that a message was received."""
        await self._ask("POST", f"/api/v1/messages/{quote(message_id, safe='')}/ack", msgspec.Raw)

    async def _ask(
        self,
        method: str,
        path: str,
        kind: Any,
        *,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        parameters: dict[str, str] | None = None,
    ) -> Any:
        if self._exercise is not None and method == "POST":
            headers = {**(headers or {}), "Soc-Exercise": self._exercise}
        if self._session is None:
            connector = aiohttp.TCPConnector(ssl=self._context)
            self._session = aiohttp.ClientSession(connector=connector, timeout=TIMEOUT)
        url = URL(self._url + path, encoded=True)
        try:
            async with self._session.request(
                method, url, data=body, headers=headers, params=parameters, allow_redirects=False
            ) as answer:
                text = await _bounded(answer)
                status, wait = answer.status, _wait(answer.headers)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NcscUnavailable(f"{method} {path}: {type(error).__name__}") from error
        what = f"{method} {path}"
        if status in _BUSY:
            raise NcscUnavailable(f"{what}: {status}", wait)
        return _read(status, text, kind, what)


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    """Return the whole body; one beyond the bound is no answer."""
    found = bytearray()
    async for part in answer.content.iter_any():
        found += part
        if len(found) > MAX_ANSWER_BYTES:
            raise NcscUnavailable(f"an answer of more than {MAX_ANSWER_BYTES} bytes")
    return bytes(found)


def _wait(headers: Mapping[str, str]) -> timedelta:
    """Return what ``Retry-After`` asks for, in seconds or as a date (against the answer's own), bounded."""
    asked = headers.get("Retry-After", "")
    if asked.isascii() and asked.isdigit():
        return timedelta(seconds=min(int(asked[:9]), MAX_WAIT.total_seconds()))
    try:
        wait = parsedate_to_datetime(asked) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError):
        return timedelta(0)
    return min(max(wait, timedelta(0)), MAX_WAIT)


def _read(status: int, text: bytes, kind: Any, what: str) -> Any:
    if status >= 300:
        raise NcscError(f"{what}: {status} {_problem(text)}")
    if kind is msgspec.Raw:
        return text
    try:
        return msgspec.json.decode(text, type=kind)
    except _UNREADABLE as error:
        raise NcscUnavailable(f"{what}: the answer is not what was agreed: {error}") from error


def _problem(text: bytes) -> str:
    """Return the words of an RFC 9457 problem, shortened."""
    try:
        problem = msgspec.json.decode(text, type=dict[str, Any])
    except _UNREADABLE:
        return ""
    return str(problem.get("detail") or problem.get("title") or "")[:200]
