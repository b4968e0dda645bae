"""What people do: the same commands from a form and from the JSON API, each a fact in the ledger."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from aiohttp import web

from soc.alerts import triage
from soc.alerts.state import Alerts
from soc.console.guard import SESSION, may
from soc.console.parts import PARTS, Parts
from soc.console.views import visible
from soc.kernel.errors import SocError
from soc.ledger.fact import Fact
from soc.model.alert import CloseReason
from soc.ports.accounts import Session
from soc.response.approvals import approve, refuse

MAX_TEXT = 10_000
MAX_NAME = 200
Given = Mapping[str, str]
Command = Callable[[Alerts, str, str, int, Given], Sequence[Fact]]


def _reason(given: Given) -> CloseReason:
    try:
        return CloseReason(given.get("reason", ""))
    except ValueError as error:
        raise web.HTTPUnprocessableEntity(text=f"reason: one of {', '.join(CloseReason)}\n") from error


def _said(given: Given, name: str, limit: int = MAX_TEXT) -> str:
    text = given.get(name, "").strip()
    if not text or len(text) > limit:
        raise web.HTTPUnprocessableEntity(text=f"{name}: 1 to {limit} characters\n")
    return text


COMMANDS: Mapping[str, Command] = {
    "acknowledge": lambda state, id_, actor, now, _: triage.acknowledge(state, id_, actor, now),
    "start": lambda state, id_, actor, now, _: triage.start(state, id_, actor, now),
    "contain": lambda state, id_, actor, now, _: triage.contain(state, id_, actor, now),
    "comment": lambda state, id_, actor, now, given: triage.comment(
        state, id_, actor, now, _said(given, "text")
    ),
    "assign": lambda state, id_, actor, now, given: triage.assign(
        state, id_, actor, now, _said(given, "assignee", MAX_NAME)
    ),
    "close": lambda state, id_, actor, now, given: triage.close(
        state, id_, actor, now, _reason(given), given.get("text", "")[:MAX_TEXT]
    ),
    "reopen": lambda state, id_, actor, now, given: triage.reopen(
        state, id_, actor, now, given.get("text", "")[:MAX_TEXT]
    ),
}


async def act_on_alert(request: web.Request) -> web.Response:
    """Do one of ``COMMANDS`` to an alert."""
    parts, session = request.app[PARTS], request[SESSION]
    name = request.match_info["command"]
    command = COMMANDS.get(name)
    if command is None:
        raise web.HTTPNotFound(text=f"no such action; one of {', '.join(COMMANDS)}\n")
    alert = visible(parts, session, request.match_info["alert_id"])
    given = await _given(request)
    await _decide(
        parts,
        session,
        name,
        lambda actor, now: command(parts.recorder.state(parts.alerts), alert.id, actor, now, given),
    )
    return _done(request, f"/alerts/{alert.id}")


async def act_on_approval(request: web.Request) -> web.Response:
    """Approve or refuse exactly what a playbook showed."""
    parts, session = request.app[PARTS], request[SESSION]
    run_id, step_id = request.match_info["run_id"], request.match_info["step_id"]
    given = await _given(request)
    approving = request.match_info["answer"] == "approve"

    def decide(actor: str, now_ms: int) -> Sequence[Fact]:
        state = parts.recorder.state(parts.runs)
        _check_role(
            session,
            next(
                (p.roles for p in state.pending(now_ms) if (p.run_id, p.step_id) == (run_id, step_id)), None
            ),
        )
        if approving:
            return approve(state, run_id, step_id, given.get("digest", ""), actor, now_ms)
        return refuse(state, run_id, step_id, given.get("digest", ""), actor, now_ms)

    await _decide(parts, session, "approve", decide)
    return _done(request, "/approvals")


def _check_role(session: Session, roles: tuple[str, ...] | None) -> None:
    """An approval may name who can give it; what is not pending is refused by the command itself."""
    if roles is not None and session.person.role not in {*roles, "administrator"}:
        raise web.HTTPForbidden(text=f"role {session.person.role} may not answer; {', '.join(roles)} may\n")


async def _decide(
    parts: Parts, session: Session, action: str, decider: Callable[[str, int], Sequence[Fact]]
) -> None:
    if not may(session, action):
        raise web.HTTPForbidden(text=f"role {session.person.role} may not {action}\n")
    actor = f"user:{session.person.name}"
    try:
        await parts.recorder.decide(lambda: decider(actor, parts.clock.now_ms()))
    except SocError as error:
        if error.retryable:
            raise web.HTTPServiceUnavailable(text=f"{error}\n") from error
        raise web.HTTPConflict(text=f"{error}\n") from error


async def _given(request: web.Request) -> Given:
    if not request.path.startswith("/api/"):
        return {name: str(value) for name, value in (await request.post()).items()}
    try:
        found: Any = msgspec.json.decode(await request.read() or b"{}", type=dict[str, str])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise web.HTTPUnprocessableEntity(text=f"{error}\n") from error
    return dict(found)


def _done(request: web.Request, page: str) -> web.Response:
    if request.path.startswith("/api/"):
        return web.json_response({"done": True})
    raise web.HTTPSeeOther(page)
