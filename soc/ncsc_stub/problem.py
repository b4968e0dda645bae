"""Refusals: every way the interface says no, written as problem details (RFC 9457)."""

import sqlite3
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import TypeAlias

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware


class Refusal(Enum):
    """Why a request is refused: its name on the wire and in the counts, its status, its title."""

    MALFORMED = ("malformed", 400, "The request cannot be read")
    KEY_MISSING = ("key-missing", 400, "Idempotency-Key is missing or is not one string")
    DIGEST = ("digest", 400, "Content-Digest is missing or does not fit the content")
    IDENTITY = ("identity", 403, "The client certificate names no province")
    EXERCISE = ("exercise", 403, "Exercise and live must not meet")
    NOT_FOUND = ("not-found", 404, "There is no such thing here")
    METHOD = ("method", 405, "The method is not offered here")
    TOO_SLOW = ("too-slow", 408, "The request took too long to arrive")
    RUNNING = ("running", 409, "A request with this Idempotency-Key is still running")
    STATE = ("state", 409, "The report's state does not allow this")
    TOO_LARGE = ("too-large", 413, "The content is too large")
    MEDIA_TYPE = ("media-type", 415, "The content is not of an accepted type")
    KEY_REUSED = ("key-reused", 422, "This Idempotency-Key belongs to another request")
    UNPROCESSABLE = ("unprocessable", 422, "The content does not say what it must")
    TOO_MANY = ("too-many", 429, "Too many requests")
    UNAVAILABLE = ("unavailable", 503, "The service is not available for now")

    def __init__(self, label: str, status: int, title: str) -> None:
        """Name the three parts of a member's value."""
        self.label, self.status, self.title = label, status, title


class Problem(Exception):
    """A refusal with what it is about; ``retry_after_s`` is whole seconds."""

    def __init__(
        self,
        refusal: Refusal,
        detail: str,
        *,
        reasons: tuple[str, ...] = (),
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.refusal = refusal
        self.detail = detail
        self.reasons = reasons
        self.retry_after_s = retry_after_s

    def response(self) -> web.Response:
        """Return the answer that carries this problem."""
        refusal = self.refusal
        body: dict[str, object] = {
            "type": f"urn:ncsc:problem:{refusal.label}",
            "title": refusal.title,
            "status": refusal.status,
            "detail": self.detail,
        }
        if self.reasons:
            body["reasons"] = self.reasons
        headers = {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
        return web.Response(
            status=refusal.status,
            body=msgspec.json.encode(body),
            headers=headers,
            content_type="application/problem+json",
        )


Count: TypeAlias = Callable[[Refusal], Awaitable[None]]


def answer_problems(count: Count | None = None) -> Middleware:
    """Return the outermost middleware: whatever refuses becomes a problem, told to *count* first."""

    @web.middleware
    async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except Problem as problem:
            refused = problem
        except web.HTTPException as error:
            refused = _translated(error)
        except sqlite3.OperationalError:
            # The disk is full or busy: nothing was committed, so the same request may come again.
            return Problem(Refusal.UNAVAILABLE, "The store does not answer.", retry_after_s=5).response()
        if count is not None:
            await count(refused.refusal)
        return refused.response()

    return problems


def _translated(error: web.HTTPException) -> Problem:
    detail = f"{error.status} {error.reason}"
    for refusal in (Refusal.NOT_FOUND, Refusal.METHOD, Refusal.TOO_LARGE):
        if refusal.status == error.status:
            return Problem(refusal, detail)
    return Problem(Refusal.MALFORMED, detail)
