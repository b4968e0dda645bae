"""Who may pass: sessions, roles, scopes, CSRF and the headers of every answer."""

from collections.abc import Awaitable, Callable
from hmac import compare_digest
from urllib.parse import urlsplit

from aiohttp import web

from soc.console.parts import PARTS
from soc.model.identity import RetentionClass, Scope, province
from soc.ports.accounts import Session

COOKIE = "soc_session"
SESSION = web.RequestKey("SESSION", Session)
OPEN_PATHS = ("/sign-in", "/static/")
ACTING_ROLES = {"analyst", "lead", "administrator", "exercise"}
COMMENTING_ROLES = ACTING_ROLES | {"agency"}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let a request pass if its session may, and put the headers on the answer."""
    try:
        answer = await _answer(request, handler)
    except web.HTTPException as refusal:
        refusal.headers.update(HEADERS)
        raise
    if not answer.prepared:
        answer.headers.update(HEADERS)
    return answer


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path.startswith(OPEN_PATHS):
        if request.method == "POST":
            _check_origin(request)
        return await handler(request)
    parts = request.app[PARTS]
    cookie = request.cookies.get(COOKIE, "")
    session = await parts.accounts.session(cookie, parts.clock.now_ms()) if cookie else None
    if session is None:
        if request.path.startswith("/api/"):
            raise web.HTTPUnauthorized(text="sign in first\n")
        raise web.HTTPSeeOther("/sign-in")
    request[SESSION] = session
    if request.method != "GET":
        _check_origin(request)
        await _check_token(request, session)
    return await handler(request)


def scope_of(session: Session) -> Scope:
    """Return what *session*'s person may see: an agency's own, or the whole province, live."""
    person = session.person
    if person.role != "agency":
        return province(None)
    own = frozenset({person.agency} if person.agency else ())
    return Scope(agencies=own, exercise=None, classes=frozenset(RetentionClass))


def may(session: Session, action: str) -> bool:
    """Return whether *session*'s role may do *action*."""
    return session.person.role in (COMMENTING_ROLES if action == "comment" else ACTING_ROLES)


def _check_origin(request: web.Request) -> None:
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise web.HTTPForbidden(text="this request comes from another site\n")
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise web.HTTPForbidden(text="this request comes from another site\n")


async def _check_token(request: web.Request, session: Session) -> None:
    given = request.headers.get("X-CSRF-Token")
    if given is None and not request.path.startswith("/api/"):
        given = str((await request.post()).get("csrf", ""))
    # A header's bytes that are no UTF-8 arrive as lone surrogates.
    if not compare_digest((given or "").encode("utf-8", "surrogatepass"), session.csrf.encode()):
        raise web.HTTPForbidden(text="the form is too old or not ours; load the page again\n")
