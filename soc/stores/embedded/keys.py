"""Keys: which events the store has, and where; a SQLite file that is rebuilt from the segments.

An event counts only at the position that stands here: bytes of a batch that was never acknowledged,
and then written once more, are never seen twice. How far each shard's segments are entered stands in
the same transaction, so after a crash only what lies behind is read again.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from soc.model.event import Event
from soc.stores.embedded.shard import Position, Shard, read_folder, unpack
from soc.stores.sqlite import Database

_SCHEMA = """
CREATE TABLE IF NOT EXISTS shard (
    number INTEGER PRIMARY KEY, folder TEXT NOT NULL UNIQUE, covered INTEGER NOT NULL DEFAULT -1,
    events INTEGER NOT NULL DEFAULT 0, first_ms INTEGER, last_ms INTEGER
);
CREATE TABLE IF NOT EXISTS key (
    id BLOB NOT NULL, shard INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (id, shard)
) WITHOUT ROWID;
PRAGMA synchronous=NORMAL;
"""
_BATCH = 500
"""Ids of one lookup; SQLite takes 32,766 at most."""


@dataclass(frozen=True, slots=True)
class Span:
    """What a shard holds."""

    events: int
    first_ms: int
    """Oldest event time."""
    last_ms: int
    covered: Position
    """First position that may not be entered yet."""


class Keys:
    """Id → shards and positions."""

    def __init__(self, database: Database) -> None:
        """Use :meth:`open`."""
        self._database = database
        self._numbers: dict[Shard, int] = {}
        self._shards: dict[int, Shard] = {}
        for number, folder in database.run(_all_shards):
            if shard := read_folder(folder):
                self._numbers[shard], self._shards[number] = number, shard

    @classmethod
    def open(cls, path: Path) -> "Keys":
        """Open or create *path*.

        Raises:
            Corrupt: the file is damaged; delete it, and it is rebuilt.
        """
        return cls(Database.open(path, _SCHEMA))

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def shards(self) -> list[Shard]:
        """Return every shard that has a number here."""
        return list(self._numbers)

    def where(self, ids: Sequence[str]) -> dict[str, dict[Shard, Position]]:
        """Return where the events of *ids* lie; ids that are nowhere are left out."""
        found: dict[str, dict[Shard, Position]] = {}
        for first in range(0, len(ids), _BATCH):
            batch = [bytes.fromhex(event_id) for event_id in ids[first : first + _BATCH]]
            for event_id, number, position in self._database.run(_lookup, batch):
                shards = found.setdefault(event_id.hex(), {})
                shards[self._shards[number]] = unpack(position)
        return found

    def add(self, shard: Shard, placed: Sequence[tuple[Position, Event]]) -> None:
        """Enter events of *shard*, in the order of their positions; one that stands already stays."""
        number = self._numbers.get(shard)
        if number is None:
            number = self._database.write(_number, shard.folder)
            self._numbers[shard], self._shards[number] = number, shard
        rows = [(bytes.fromhex(event.id), number, position.pack()) for position, event in placed]
        times = [event.at_ms for _, event in placed]
        self._database.write(_enter, number, rows, times)

    def remove(self, shard: Shard, ids: Sequence[str]) -> None:
        """Let the events of *ids* count no more in *shard*."""
        number = self._numbers.get(shard, -1)
        self._database.write(_remove, [(bytes.fromhex(event_id), number) for event_id in ids], number)

    def in_both(self, shard: Shard, other: Shard) -> dict[str, Position]:
        """Return where in *shard* those events lie that stand in *other* too."""
        numbers = (self._numbers.get(shard, -1), self._numbers.get(other, -1))
        return {event_id.hex(): unpack(at) for event_id, at in self._database.run(_in_both, *numbers)}

    def canonical(
        self, shard: Shard, placed: Iterable[tuple[Position, Event]]
    ) -> list[tuple[Position, Event]]:
        """Return those of *placed* that count."""
        pairs = list(placed)
        where = self.where([event.id for _, event in pairs])
        return [(at, event) for at, event in pairs if where.get(event.id, {}).get(shard) == at]

    def span(self, shard: Shard) -> Span:
        """Return what *shard* holds."""
        row = self._database.run(_span, self._numbers.get(shard, -1))
        if row is None:
            return Span(0, 0, -1, Position(0, 0, 0))
        events, first_ms, last_ms, covered = row
        return Span(events, first_ms or 0, -1 if last_ms is None else last_ms, unpack(covered + 1))

    def drop(self, shard: Shard) -> int:
        """Forget *shard*; return how many events it had."""
        number = self._numbers.pop(shard, None)
        if number is None:
            return 0
        events = self._database.write(_drop, number)
        del self._shards[number]
        return events


def _all_shards(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    return connection.execute("SELECT number, folder FROM shard").fetchall()


def _number(connection: sqlite3.Connection, folder: str) -> int:
    connection.execute("INSERT OR IGNORE INTO shard (folder) VALUES (?)", (folder,))
    return int(connection.execute("SELECT number FROM shard WHERE folder = ?", (folder,)).fetchone()[0])


def _lookup(connection: sqlite3.Connection, ids: Sequence[bytes]) -> list[tuple[bytes, int, int]]:
    marks = ",".join("?" * len(ids))
    select = f"SELECT id, shard, position FROM key WHERE id IN ({marks})"  # noqa: S608 - only marks
    return connection.execute(select, ids).fetchall()


def _enter(
    connection: sqlite3.Connection, number: int, rows: Sequence[tuple[bytes, int, int]], times: Sequence[int]
) -> None:
    insert = "INSERT OR IGNORE INTO key VALUES (?, ?, ?)"
    entered = connection.executemany(insert, rows).rowcount
    update = """UPDATE shard SET covered = max(covered, :covered), events = events + :entered,
        first_ms = min(coalesce(first_ms, :first), :first), last_ms = max(coalesce(last_ms, :last), :last)
        WHERE number = :number"""
    told = {"covered": rows[-1][2], "entered": entered, "first": min(times), "last": max(times)}
    connection.execute(update, {**told, "number": number})


def _remove(connection: sqlite3.Connection, rows: Sequence[tuple[bytes, int]], number: int) -> None:
    gone = connection.executemany("DELETE FROM key WHERE id = ? AND shard = ?", rows).rowcount
    connection.execute("UPDATE shard SET events = events - ? WHERE number = ?", (gone, number))


def _in_both(connection: sqlite3.Connection, number: int, other: int) -> list[tuple[bytes, int]]:
    select = """SELECT id, position FROM key WHERE shard = ?
        AND id IN (SELECT id FROM key WHERE shard = ?)"""
    return connection.execute(select, (number, other)).fetchall()


def _span(connection: sqlite3.Connection, number: int) -> tuple[int, int | None, int | None, int] | None:
    select = "SELECT events, first_ms, last_ms, covered FROM shard WHERE number = ?"
    row: tuple[int, int | None, int | None, int] | None = connection.execute(select, (number,)).fetchone()
    return row


def _drop(connection: sqlite3.Connection, number: int) -> int:
    events = connection.execute("SELECT events FROM shard WHERE number = ?", (number,)).fetchone()
    connection.execute("DELETE FROM key WHERE shard = ?", (number,))
    connection.execute("DELETE FROM shard WHERE number = ?", (number,))
    return int(events[0])
