"""What pages and their JSON twins show: one function a resource, (parts, session, request) → data."""

from typing import Any

import msgspec
from aiohttp import web

from soc.alerts.queue import inside, queue
from soc.alerts.state import AlertView
from soc.console.guard import may, scope_of
from soc.console.parts import Parts
from soc.health.numbers import MAX_DAYS
from soc.kernel.errors import QueryError
from soc.model.episode import Member
from soc.ports.accounts import Session
from soc.ports.events import Query
from soc.response.runs import RunView
from soc.rulebook.attribution import attribution

MAX_ROWS = 500
MAX_TIMELINE = 100
PAGE = 50
HOUR_MS = 3_600_000


async def session(_parts: Parts, session: Session, _request: web.Request) -> dict[str, Any]:
    """Who is signed in."""
    return {"name": session.person.name, "role": session.person.role, "csrf": session.csrf}


async def overview(parts: Parts, session: Session, _request: web.Request) -> dict[str, Any]:
    """The day in numbers."""
    alerts = _queue(parts, session)
    levels = ["critical", "high", "medium", "low", "informational"]
    return {
        "open": {level: sum(alert.level == level for alert in alerts) for level in levels},
        "conditions": _conditions(parts, session),
        "counts": parts.counts() if scope_of(session).agencies is None else {},
        "approvals": len(_pending(parts)),
    }


async def alerts(parts: Parts, session: Session, _request: web.Request) -> dict[str, Any]:
    """The queue."""
    found = _queue(parts, session)
    return {
        "alerts": [_brief(session, alert) for alert in found[:MAX_ROWS]],
        "total": len(found),
        "position": parts.recorder.chain.next_n,
        "now_ms": parts.clock.now_ms(),
        "agencies": _agencies(parts, session),
    }


async def alert(parts: Parts, session: Session, request: web.Request) -> dict[str, Any]:
    """One alert with its timeline, rule, runs and history."""
    found = visible(parts, session, request.match_info["alert_id"])
    state = parts.recorder.state(parts.alerts)
    episode = state.episodes.get(found.episode_id)
    members = [m for m in episode.members if _sees(session, m.agency)] if episode else []
    timeline = [await _moment(parts, session, member) for member in members[:MAX_TIMELINE]]
    book = parts.rulebook()
    headings = {rule.id: rule.heading for rule in book.rules}
    headings |= {plan.id: plan.heading for plan in book.correlations}
    heading = headings.get(found.rule_id)
    return {
        "alert": _whole(session, found),
        "rule": None if heading is None else msgspec.to_builtins(heading),
        "titles": {
            id_: attribution(heading) if heading.licence else heading.title
            for id_, heading in headings.items()
            if id_ in {m.rule_id for m in members}
        },
        "timeline": timeline,
        "hidden": max(0, len(members) - MAX_TIMELINE),
        "runs": [
            msgspec.to_builtins(_shown(session, run))
            for run in parts.recorder.state(parts.runs).runs.values()
            if run.alert_id == found.id
        ],
        "playbooks": parts.playbooks,
        "agencies": _agencies(parts, session),
        "may_act": may(session, "acknowledge"),
        "may_comment": may(session, "comment"),
    }


async def approvals(parts: Parts, session: Session, _request: web.Request) -> dict[str, Any]:
    """What playbooks ask people."""
    titles = parts.recorder.state(parts.alerts).alerts
    asked = [
        {
            **msgspec.to_builtins(approval),
            "title": titles[approval.alert_id].title if approval.alert_id in titles else "",
        }
        for approval in _pending(parts)
    ]
    return {"approvals": asked if may(session, "approve") else []}


async def collectors(parts: Parts, session: Session, request: web.Request) -> dict[str, Any]:
    """The fleet's accounts, with the newest ``?days=`` of each."""
    asked = request.query.get("days", "")
    days = min(int(asked), MAX_DAYS) if asked.isdecimal() and len(asked) < len("1000") else 0
    rows = [row for row in parts.fleet(days) if _sees(session, row.origin.agency)]
    return {
        "collectors": [msgspec.to_builtins(row) for row in rows],
        "days": days,
        "agencies": _agencies(parts, session),
    }


async def events(parts: Parts, session: Session, request: web.Request) -> dict[str, Any]:
    """Search over the stored events."""
    text = request.query.get("q", "")
    scope = scope_of(session)
    try:
        page = await parts.events.search(
            scope, Query(text=text), limit=PAGE, cursor=request.query.get("cursor") or None
        )
        counts = await parts.events.histogram(scope, Query(text=text), step_ms=HOUR_MS)
    except QueryError as error:
        return {"q": text, "error": str(error), "events": [], "total": 0, "cursor": None, "histogram": []}
    return {
        "q": text,
        "error": "",
        "events": [msgspec.to_builtins(event) for event in page.events],
        "total": page.total,
        "cursor": page.cursor,
        "histogram": sorted(counts.items())[-48:],
    }


def visible(parts: Parts, session: Session, alert_id: str) -> AlertView:
    """Return an alert inside the session's scope.

    Raises:
        HTTPNotFound: none of this id, or another agency's: the two look the same.
    """
    found = parts.recorder.state(parts.alerts).alerts.get(alert_id)
    if found is None or not inside(found, scope_of(session)):
        raise web.HTTPNotFound(text="no such alert\n")
    return found


def _queue(parts: Parts, session: Session) -> list[AlertView]:
    return queue(parts.recorder.state(parts.alerts), scope_of(session))


def _whole(session: Session, alert: AlertView) -> dict[str, Any]:
    """Return *alert*; an agency sees its own part of what joins agencies."""
    agencies = tuple(agency for agency in alert.agencies if _sees(session, agency))
    found: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(alert, agencies=agencies))
    return found


def _shown(session: Session, run: RunView) -> RunView:
    """Return *run*; what it fills into its steps names every agency, which is for the province alone."""
    if scope_of(session).agencies is None:
        return run
    steps = {
        id_: msgspec.structs.replace(step, command={"name": step.command.get("name", "")}, variables={})
        for id_, step in run.steps.items()
    }
    return msgspec.structs.replace(run, variables={}, steps=steps)


def _brief(session: Session, alert: AlertView) -> dict[str, Any]:
    found = _whole(session, alert)
    return {name: value for name, value in found.items() if name not in {"comments", "history"}}


def _agencies(parts: Parts, session: Session) -> dict[str, str]:
    """Return the names of the agencies that *session* may know of."""
    return {id_: name for id_, name in parts.agencies.items() if _sees(session, id_)}


def _sees(session: Session, agency: str) -> bool:
    scope = scope_of(session)
    return scope.agencies is None or agency in scope.agencies


def _pending(parts: Parts) -> list[Any]:
    return list(parts.recorder.state(parts.runs).pending(parts.clock.now_ms()))


def _conditions(parts: Parts, session: Session) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in parts.fleet(0):
        if _sees(session, row.origin.agency):
            found[row.condition.value] = found.get(row.condition.value, 0) + 1
    return found


async def _moment(parts: Parts, session: Session, member: Member) -> dict[str, Any]:
    event = None
    if member.event_id:
        event = await parts.events.get(scope_of(session), f"{member.event_day}/{member.event_id}")
    return {
        "at_ms": member.at_ms,
        "rule_id": member.rule_id,
        "agency": member.agency,
        "layer": member.layer,
        "original": event.original if event else "",
        "fields": event.fields if event else {},
        "key": event.key if event else "",
        "child": member.child_first_ms is not None,
    }
