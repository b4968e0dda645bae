"""The console's routes: each page has a JSON twin of the same name under ``/api/v1``."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web

from soc.console import views
from soc.console.actions import COMMANDS, act_on_alert, act_on_approval
from soc.console.guard import SESSION, guard
from soc.console.live import live
from soc.console.parts import PARTS, Parts
from soc.console.sign_in import add_sign_in
from soc.console.words import LANGUAGES, Words, read_words
from soc.model.alert import CloseReason
from soc.ports.accounts import Session

View = Callable[[Parts, Session, web.Request], Awaitable[dict[str, Any]]]
FOLDER = Path(__file__).parent
TEMPLATES = web.AppKey("TEMPLATES", jinja2.Environment)
WORDS = web.AppKey("WORDS", dict[str, Words])
RESOURCES: tuple[tuple[str, View, str], ...] = (
    ("overview", views.overview, "overview.html"),
    ("alerts", views.alerts, "alerts.html"),
    ("alerts/{alert_id}", views.alert, "alert.html"),
    ("approvals", views.approvals, "approvals.html"),
    ("collectors", views.collectors, "collectors.html"),
    ("events", views.events, "events.html"),
)


def application(parts: Parts) -> web.Application:
    """Return the console's aiohttp application."""
    app = web.Application(middlewares=[guard], client_max_size=256 << 10)
    app[PARTS] = parts
    app[WORDS] = read_words(parts.zone)
    app[TEMPLATES] = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    app.router.add_static("/static/", FOLDER / "static")
    app.router.add_get("/", _home)
    app.router.add_get("/live", live)
    app.router.add_get("/language/{language}", _language)
    app.router.add_get("/api/v1/session", _api(views.session))
    for name, view, template in RESOURCES:
        app.router.add_get(f"/{name}", _page(view, template))
        app.router.add_get(f"/api/v1/{name}", _api(view))
    for prefix in ("", "/api/v1"):
        app.router.add_post(f"{prefix}/alerts/{{alert_id}}/{{command}}", act_on_alert)
        app.router.add_post(
            f"{prefix}/runs/{{run_id}}/steps/{{step_id}}/{{answer:approve|refuse}}", act_on_approval
        )
    add_sign_in(app, render)
    return app


def render(request: web.Request, template: str, data: dict[str, Any]) -> web.Response:
    """Return *template* in the browser's language."""
    words = request.app[WORDS][_language_of(request)]
    session = request.get(SESSION)
    html = (
        request.app[TEMPLATES]
        .get_template(template)
        .render(
            **data,
            _=words.say,
            time=words.time,
            language=words.language,
            person=session.person if session else None,
            csrf=session.csrf if session else "",
            path=request.path,
            commands=tuple(COMMANDS),
            reasons=[reason.value for reason in CloseReason],
        )
    )
    return web.Response(text=html, content_type="text/html")


def _page(view: View, template: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def page(request: web.Request) -> web.StreamResponse:
        return render(request, template, await view(request.app[PARTS], request[SESSION], request))

    return page


def _api(view: View) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def api(request: web.Request) -> web.StreamResponse:
        return web.json_response(await view(request.app[PARTS], request[SESSION], request))

    return api


async def _home(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPSeeOther("/alerts")


async def _language(request: web.Request) -> web.StreamResponse:
    chosen = request.match_info["language"]
    if chosen not in LANGUAGES:
        raise web.HTTPNotFound(text="no such language\n")
    back = web.HTTPSeeOther("/alerts")
    back.set_cookie("soc_language", chosen, httponly=True, samesite="Strict", max_age=365 * 86_400)
    raise back


def _language_of(request: web.Request) -> str:
    chosen = request.cookies.get("soc_language", "")
    return chosen if chosen in LANGUAGES else request.app[PARTS].language
