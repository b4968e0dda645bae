"""Signing in and out: a password, or a one-time link whose token stays out of the server's logs."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from soc.console.guard import COOKIE, SESSION
from soc.console.parts import PARTS
from soc.ports.accounts import Session

Render = Callable[[web.Request, str, dict[str, Any]], web.Response]
MAX_FIELD = 1000


def add_sign_in(app: web.Application, render: Render) -> None:
    """Add the sign-in routes to *app*."""

    async def form(request: web.Request) -> web.Response:
        return render(request, "sign_in.html", {"failed": False, "once": False})

    async def once_form(request: web.Request) -> web.Response:
        # The token is behind the '#': the browser's script puts it into the form, by POST.
        return render(request, "sign_in.html", {"failed": False, "once": True})

    async def submit(request: web.Request) -> web.Response:
        parts = request.app[PARTS]
        name, password = await _fields(request, "name", "password")
        session = await parts.accounts.sign_in(name, password, parts.clock.now_ms())
        return _welcome(request, session, render)

    async def once(request: web.Request) -> web.Response:
        parts = request.app[PARTS]
        (token,) = await _fields(request, "token")
        session = await parts.accounts.redeem(token, parts.clock.now_ms())
        return _welcome(request, session, render)

    app.router.add_get("/sign-in", form)
    app.router.add_post("/sign-in", submit)
    app.router.add_get("/sign-in/once", once_form)
    app.router.add_post("/sign-in/once", once)
    app.router.add_post("/sign-out", _sign_out)


def _welcome(request: web.Request, session: Session | None, render: Render) -> web.Response:
    if session is None:
        answer = render(request, "sign_in.html", {"failed": True, "once": False})
        answer.set_status(403)
        return answer
    welcome = web.HTTPSeeOther("/alerts")
    welcome.set_cookie(
        COOKIE, session.id, httponly=True, samesite="Strict", secure=request.app[PARTS].secure, path="/"
    )
    raise welcome


async def _sign_out(request: web.Request) -> web.Response:
    parts = request.app[PARTS]
    await parts.accounts.session(request[SESSION].id, parts.clock.now_ms(), revoke=True)
    leave = web.HTTPSeeOther("/sign-in")
    leave.del_cookie(COOKIE, path="/")
    raise leave


async def _fields(request: web.Request, *names: str) -> list[str]:
    form = await request.post()
    return [str(form.get(name, ""))[:MAX_FIELD] for name in names]
