"""Reports as kept: received with a receipt, updated, moved along their life."""

import sqlite3
import uuid
from typing import Annotated, Any, Literal

import msgspec

from soc.ncsc_stub.bundle import incident_ids, reasons_against
from soc.ncsc_stub.content import decode, json_of
from soc.ncsc_stub.instants import instant, iso
from soc.ncsc_stub.lifecycle import State, forward, takes_updates
from soc.ncsc_stub.peer import Peer
from soc.ncsc_stub.problem import Problem, Refusal
from soc.ncsc_stub.submission import Submission

MAX_LISTED = 1_000
CaseNumber = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Update(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Further news of a reported incident: an intermediate or the final report, a bundle of its own."""

    type: Literal["update", "final"]
    bundle: dict[str, Any]


class Receipt(msgspec.Struct, frozen=True):
    """Proof that content with this SHA-256 was kept at this instant."""

    receipt_id: str
    received_at: str
    sha256: str
    status_url: str


def receive(connection: sqlite3.Connection, submission: Submission) -> bytes:
    """Keep a new report, check it at once and return its receipt.

    Raises:
        Problem: the content is not JSON; a bundle that falls short is kept, as rejected.
    """
    bundle = json_of(submission.body)
    reasons = reasons_against(bundle)
    receipt_id = _new_receipt_id()
    peer, at_ms = submission.peer, submission.received_ms
    checked = State.REJECTED if reasons else State.VALIDATED
    connection.execute(
        "INSERT INTO report VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
        (
            *(
                receipt_id,
                peer.province,
                peer.exercise,
                submission.run,
                next(iter(incident_ids(bundle)), None),
            ),
            *(
                at_ms,
                submission.sha256,
                submission.body,
                State.RECEIVED,
                msgspec.json.encode(reasons).decode(),
            ),
        ),
    )
    connection.execute("INSERT INTO move VALUES (?, ?, ?)", (receipt_id, State.RECEIVED, at_ms))
    _move(connection, receipt_id, checked, at_ms)
    return _receipt(receipt_id, submission, _status_url(receipt_id))


def update(connection: sqlite3.Connection, submission: Submission, receipt_id: str) -> bytes:
    """Keep an update of the report under *receipt_id* and return the update's own receipt.

    Raises:
        Problem: there is no such report of this peer, it takes no updates, or the content falls short.
    """
    news = decode(submission.body, Update)
    report = _owned(connection, submission.peer, receipt_id)
    if not takes_updates(State(report["state"])):
        raise Problem(Refusal.STATE, f"A report that is {report['state']} takes no updates.")
    final = "SELECT 1 FROM report_update WHERE parent = ? AND kind = 'final'"
    if connection.execute(final, (receipt_id,)).fetchone():
        raise Problem(Refusal.STATE, "The final report is in; it takes no updates.")
    reasons = reasons_against(news.bundle)
    if not reasons and report["incident_id"] not in incident_ids(news.bundle):
        reasons = (f"objects: not about {report['incident_id']}, which was reported",)
    if reasons:
        raise Problem(Refusal.UNPROCESSABLE, "The update's bundle falls short.", reasons=reasons)
    own_id = _new_receipt_id()
    connection.execute(
        "INSERT INTO report_update VALUES (?, ?, ?, ?, ?, ?)",
        (own_id, receipt_id, news.type, submission.received_ms, submission.sha256, submission.body),
    )
    return _receipt(own_id, submission, _status_url(receipt_id))


def status(connection: sqlite3.Connection, peer: Peer, receipt_id: str) -> dict[str, Any]:
    """Return where the report under *receipt_id* stands, with its history and updates.

    Raises:
        Problem: *peer* sent no such report.
    """
    report = _owned(connection, peer, receipt_id)
    moves = connection.execute(
        "SELECT state, at_ms FROM move WHERE receipt_id = ? ORDER BY rowid", (receipt_id,)
    )
    updates = connection.execute("SELECT * FROM report_update WHERE parent = ? ORDER BY rowid", (receipt_id,))
    return {
        **_summary(report),
        "history": [{"state": row["state"], "at": iso(row["at_ms"])} for row in moves],
        "updates": [
            {
                "receipt_id": row["receipt_id"],
                "type": row["kind"],
                "received_at": iso(row["received_ms"]),
                "sha256": row["sha256"],
            }
            for row in updates
        ],
    }


def advance(
    connection: sqlite3.Connection, receipt_id: str, at_ms: int, case_no: CaseNumber | None
) -> dict[str, Any]:
    """Move a report one step forward and return its summary; acknowledging gives it a case number.

    Raises:
        Problem: there is no such report, or it stands where nothing follows.
    """
    report = _found(
        connection.execute("SELECT * FROM report WHERE receipt_id = ?", (receipt_id,)), receipt_id
    )
    state = forward(State(report["state"]))
    if state is State.ACKNOWLEDGED:
        (known,) = connection.execute("SELECT count(*) FROM report WHERE case_no IS NOT NULL").fetchone()
        number = case_no or f"NCSC-{instant(at_ms).year}-{known + 1:06d}"
        connection.execute("UPDATE report SET case_no = ? WHERE receipt_id = ?", (number, receipt_id))
    _move(connection, receipt_id, state, at_ms)
    moved = connection.execute("SELECT * FROM report WHERE receipt_id = ?", (receipt_id,))
    return _summary(_found(moved, receipt_id))


def listing(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Return the summaries of the newest ``MAX_LISTED`` reports of all provinces, oldest first."""
    newest = connection.execute("SELECT * FROM report ORDER BY rowid DESC LIMIT ?", (MAX_LISTED,)).fetchall()
    return [{"province": row["province"], **_summary(row)} for row in reversed(newest)]


def _owned(connection: sqlite3.Connection, peer: Peer, receipt_id: str) -> sqlite3.Row:
    query = "SELECT * FROM report WHERE receipt_id = ? AND province = ? AND exercise = ?"
    return _found(connection.execute(query, (receipt_id, peer.province, peer.exercise)), receipt_id)


def _found(cursor: sqlite3.Cursor, receipt_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = cursor.fetchone()
    if row is None:
        raise Problem(Refusal.NOT_FOUND, f"No report under {receipt_id[:64]}.")
    return row


def _move(connection: sqlite3.Connection, receipt_id: str, state: State, at_ms: int) -> None:
    connection.execute("INSERT INTO move VALUES (?, ?, ?)", (receipt_id, state, at_ms))
    connection.execute("UPDATE report SET state = ? WHERE receipt_id = ?", (state, receipt_id))


def _summary(report: sqlite3.Row) -> dict[str, Any]:
    return {
        "receipt_id": report["receipt_id"],
        "state": report["state"],
        "reasons": msgspec.json.decode(report["reasons"]),
        "case_no": report["case_no"],
        "exercise_run": report["run"],
        "incident_id": report["incident_id"],
        "received_at": iso(report["received_ms"]),
        "sha256": report["sha256"],
    }


def _receipt(receipt_id: str, submission: Submission, status_url: str) -> bytes:
    received_at = iso(submission.received_ms)
    return msgspec.json.encode(Receipt(receipt_id, received_at, submission.sha256, status_url))


def _new_receipt_id() -> str:
    return str(uuid.uuid4())


def _status_url(receipt_id: str) -> str:
    return f"/api/v1/incidents/{receipt_id}"
