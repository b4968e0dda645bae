"""Messages as kept: warnings for all provinces and requests for one, each read in order and acknowledged."""

import sqlite3
from enum import StrEnum
from typing import Any

import msgspec

from soc.ncsc_stub.instants import iso
from soc.ncsc_stub.peer import Peer
from soc.ncsc_stub.problem import Problem, Refusal

MAX_PAGE = 100


class MessageKind(StrEnum):
    """What a message asks of its reader."""

    WARNING = "warning"
    """Its body is a STIX bundle: look for these."""
    REQUEST = "request"
    """Its body names a receipt and says what the national centre wants to know about it."""


class Message(msgspec.Struct, frozen=True):
    """One message before it has a number; ``addressee`` None: every province of that side."""

    kind: MessageKind
    exercise: bool
    addressee: str | None
    sent_ms: int
    due_ms: int
    body: dict[str, Any]


def publish(connection: sqlite3.Connection, message: Message) -> str:
    """Keep *message* and return its id."""
    cursor = connection.execute(
        "INSERT INTO message (kind, exercise, addressee, sent_ms, due_ms, body) VALUES (?, ?, ?, ?, ?, ?)",
        (
            *(message.kind, message.exercise, message.addressee, message.sent_ms, message.due_ms),
            msgspec.json.encode(message.body).decode(),
        ),
    )
    return str(cursor.lastrowid)


def page(connection: sqlite3.Connection, peer: Peer, after: int, limit: int) -> dict[str, Any]:
    """Return at most *limit* messages for *peer* whose id is beyond *after*, and whether there are more."""
    rows = connection.execute(
        "SELECT * FROM message WHERE id > ? AND exercise = ? AND (addressee IS NULL OR addressee = ?)"
        " ORDER BY id LIMIT ?",
        (after, peer.exercise, peer.province, limit + 1),
    ).fetchall()
    return {"messages": [_shown(row) for row in rows[:limit]], "more": len(rows) > limit}


def acknowledge(connection: sqlite3.Connection, peer: Peer, number: int, at_ms: int) -> dict[str, str]:
    """Keep that *peer* took note of a message and return when it first did.

    Raises:
        Problem: there is no such message for *peer*.
    """
    for_peer = connection.execute(
        "SELECT 1 FROM message WHERE id = ? AND exercise = ? AND (addressee IS NULL OR addressee = ?)",
        (number, peer.exercise, peer.province),
    ).fetchone()
    if for_peer is None:
        raise Problem(Refusal.NOT_FOUND, f"No message {number} for this province.")
    connection.execute("INSERT OR IGNORE INTO ack VALUES (?, ?, ?)", (number, peer.province, at_ms))
    (acked_ms,) = connection.execute(
        "SELECT acked_ms FROM ack WHERE message_id = ? AND province = ?", (number, peer.province)
    ).fetchone()
    return {"id": str(number), "acked_at": iso(acked_ms)}


def _shown(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "kind": row["kind"],
        "sent_at": iso(row["sent_ms"]),
        "due_at": iso(row["due_ms"]),
        "exercise": bool(row["exercise"]),
        "body": msgspec.json.decode(row["body"]),
    }
