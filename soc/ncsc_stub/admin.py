"""The hand behind the stand-in: publishes, moves reports, arms faults, tells what happened; loopback only."""

import sqlite3
from functools import partial
from typing import Annotated, Any

import msgspec
from aiohttp import web

from soc.ncsc_stub import reports
from soc.ncsc_stub.content import decode, read_json_body
from soc.ncsc_stub.database import Database
from soc.ncsc_stub.faults import Fault, FaultKind, Faults
from soc.ncsc_stub.instants import Clock
from soc.ncsc_stub.messages import Message, MessageKind, publish
from soc.ncsc_stub.problem import Problem, Refusal
from soc.ncsc_stub.submission import Running
from soc.ncsc_stub.warning import Observable, warning_bundle

_HOUR_MS = 3_600_000
Hours = Annotated[float, msgspec.Meta(gt=0, le=8_760)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]


class WarningOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A warning to publish to every province."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=250)]
    indicators: Annotated[list[Observable], msgspec.Meta(min_length=1, max_length=100)]
    due_in_hours: Hours
    exercise: bool = False


class RequestOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question to the province that sent a report."""

    receipt_id: str
    text: Text
    due_in_hours: Hours


class FaultOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Faults for the next submissions."""

    kind: FaultKind
    times: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 1
    seconds: Annotated[int, msgspec.Meta(ge=1, le=60)] = 1


class Advance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a report moves on; without a case number one is made when it is acknowledged."""

    case_no: reports.CaseNumber | None = None


class Admin:
    """The routes under ``/admin``."""

    def __init__(self, database: Database, faults: Faults, running: Running, now_ms: Clock) -> None:
        self._database = database
        self._faults = faults
        self._running = running
        self._now_ms = now_ms

    def routes(self) -> list[web.RouteDef]:
        """Return what is offered where."""
        return [
            web.post("/admin/warnings", self._warn),
            web.post("/admin/requests", self._ask),
            web.post("/admin/incidents/{receipt_id}/advance", self._advance),
            web.post("/admin/faults", self._arm),
            web.get("/admin/state", self._state),
            web.get("/admin/incidents", self._incidents),
        ]

    async def _warn(self, request: web.Request) -> web.Response:
        order = decode(await read_json_body(request), WarningOrder)
        at_ms = self._now_ms()
        due_ms = at_ms + round(order.due_in_hours * _HOUR_MS)
        body = warning_bundle(order.title, order.indicators, at_ms, due_ms)
        message = Message(MessageKind.WARNING, order.exercise, None, at_ms, due_ms, body)
        return _json({"id": await self._database.run(partial(publish, message=message))}, status=201)

    async def _ask(self, request: web.Request) -> web.Response:
        order = decode(await read_json_body(request), RequestOrder)
        message_id = await self._database.run(partial(_ask, order=order, at_ms=self._now_ms()))
        return _json({"id": message_id}, status=201)

    async def _advance(self, request: web.Request) -> web.Response:
        order = decode(await read_json_body(request), Advance) if request.body_exists else Advance()
        receipt_id, at_ms = request.match_info["receipt_id"], self._now_ms()
        work = partial(reports.advance, receipt_id=receipt_id, at_ms=at_ms, case_no=order.case_no)
        return _json(await self._database.run(work))

    async def _arm(self, request: web.Request) -> web.Response:
        order = decode(await read_json_body(request), FaultOrder)
        return _json({"waiting": self._faults.arm(Fault(order.kind, order.seconds), order.times)})

    async def _state(self, _: web.Request) -> web.Response:
        return _json({**await self._database.run(_counts), "running": len(self._running)})

    async def _incidents(self, _: web.Request) -> web.Response:
        return _json({"incidents": await self._database.run(reports.listing)})


def _ask(connection: sqlite3.Connection, order: RequestOrder, at_ms: int) -> str:
    query = "SELECT province, exercise FROM report WHERE receipt_id = ?"
    report = connection.execute(query, (order.receipt_id,)).fetchone()
    if report is None:
        raise Problem(Refusal.NOT_FOUND, f"No report under {order.receipt_id[:64]}.")
    body = {"receipt_id": order.receipt_id, "text": order.text}
    due_ms = at_ms + round(order.due_in_hours * _HOUR_MS)
    exercise, province = bool(report["exercise"]), report["province"]
    return publish(connection, Message(MessageKind.REQUEST, exercise, province, at_ms, due_ms, body))


def _counts(connection: sqlite3.Connection) -> dict[str, Any]:
    (incidents,) = connection.execute("SELECT count(*) FROM report").fetchone()
    (updates,) = connection.execute("SELECT count(*) FROM report_update").fetchone()
    (published,) = connection.execute("SELECT count(*) FROM message").fetchone()
    (acks,) = connection.execute("SELECT count(*) FROM ack").fetchone()
    tallies = {row["name"]: row["n"] for row in connection.execute("SELECT name, n FROM tally")}
    duplicates = tallies.pop("duplicate", 0)
    return {
        "incidents": incidents,
        "receipts": incidents + updates,
        "duplicates": duplicates,
        "refusals": sum(tallies.values()),
        "refused": tallies,
        "messages": published,
        "acks": acks,
    }


def _json(body: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(body), content_type="application/json")
