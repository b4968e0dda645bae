"""Port ``Log`` in one SQLite file, shared by every process of a machine.

A stream's length stands in its own row and moves in the transaction that adds the record, so a
record that went missing is found even at the end. Each record carries a check over its stream, its
number and its bytes: a flipped byte is ``Corrupt``, never a wrong fact.
"""

import hashlib
import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec

from soc.kernel.errors import Conflict, Corrupt, StoreError
from soc.ports.log import LogRecord, StreamEnd
from soc.stores.sqlite import Database

MAX_PAGE = 64
"""Records fetched at a time while reading; the first page is one record, as many want no more."""


class SqliteLog:
    """Append-only streams in a file."""

    def __init__(self, database: Database) -> None:
        """Use :meth:`open`."""
        self._database = database

    @classmethod
    def open(cls, path: Path | str, *, read_only: bool = False) -> "SqliteLog":
        """Open or create *path*.

        Raises:
            StoreError: the file cannot be used.
        """
        return cls(Database.open(path, _SCHEMA, read_only=read_only))

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    async def append(self, stream: str, n: int, head: bytes, parts: Sequence[bytes] = ()) -> None:
        """Write record *n* durably, all or nothing.

        Raises:
            Conflict: record *n* exists.
            StoreError: *n* would leave a hole.
            StoreBusy: try again.
        """
        record = LogRecord(n, head, tuple(parts))
        await self._database.writing(_append, stream, record)

    async def read(self, stream: str, start: int) -> AsyncIterator[LogRecord]:
        """Yield the records from *start* on that stood when the reading began.

        Raises:
            Corrupt: a record fails its check, or is missing.
        """
        length = await self._database.reading(_length, stream)
        expected, page = start, 1
        while expected < length:
            until = min(expected + page, length)
            page = min(page * 2, MAX_PAGE)
            rows = await self._database.reading(_rows, stream, expected, until)
            for record in (_record(stream, row) for row in rows):
                if record.n != expected:
                    break
                expected += 1
                yield record
            if expected != until:
                raise Corrupt(f"{stream}: record {expected} is missing; the stream has {length}")

    async def streams(self, prefix: str) -> list[StreamEnd]:
        """Return the streams under *prefix*, by name."""
        return await self._database.reading(_streams, prefix)

    async def erase(self, stream: str, n: int, part: int) -> None:
        """Remove one payload for ever, from the file and its journal.

        Raises:
            StoreError: there is no such payload.
        """
        await self._database.writing(_erase, stream, n, part)
        await self._database.reading(_empty_journal)

    async def drop(self, stream: str) -> None:
        """Remove a whole stream."""
        await self._database.writing(_drop, stream)


_SCHEMA = """
CREATE TABLE IF NOT EXISTS stream (name TEXT PRIMARY KEY, length INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS record (
    stream TEXT NOT NULL, n INTEGER NOT NULL, head BLOB NOT NULL, parts BLOB NOT NULL, sum BLOB NOT NULL,
    PRIMARY KEY (stream, n)
);
"""
_Row = tuple[int, bytes, bytes, bytes]
_PARTS = msgspec.msgpack.Decoder(tuple[bytes | None, ...])


def _append(connection: sqlite3.Connection, stream: str, record: LogRecord) -> None:
    length = _length(connection, stream)
    if record.n < length:
        raise Conflict(f"{stream}: record {record.n} exists")
    if record.n > length:
        raise StoreError(f"{stream}: record {record.n} would leave a hole behind {length}")
    parts = msgspec.msgpack.encode(record.parts)
    row = (stream, record.n, record.head, parts, _sum(stream, record.n, record.head, parts))
    connection.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?)", row)
    connection.execute("INSERT OR REPLACE INTO stream VALUES (?, ?)", (stream, record.n + 1))


def _length(connection: sqlite3.Connection, stream: str) -> int:
    row = connection.execute("SELECT length FROM stream WHERE name = ?", (stream,)).fetchone()
    return int(row[0]) if row else 0


def _streams(connection: sqlite3.Connection, prefix: str) -> list[StreamEnd]:
    select = "SELECT name, length FROM stream WHERE substr(name, 1, ?) = ? ORDER BY name"
    return [StreamEnd(*row) for row in connection.execute(select, (len(prefix), prefix))]


def _rows(connection: sqlite3.Connection, stream: str, start: int, until: int) -> list[_Row]:
    statement = "SELECT n, head, parts, sum FROM record WHERE stream = ? AND n >= ? AND n < ? ORDER BY n"
    return connection.execute(statement, (stream, start, until)).fetchall()


def _record(stream: str, row: _Row) -> LogRecord:
    n, head, parts, found = row
    try:
        if _sum(stream, n, head, parts) == found:
            return LogRecord(n, head, _PARTS.decode(parts))
    except (TypeError, msgspec.DecodeError) as error:
        raise Corrupt(f"{stream}: record {n} cannot be read: {error}") from error
    raise Corrupt(f"{stream}: record {n} fails its check")


def _erase(connection: sqlite3.Connection, stream: str, n: int, part: int) -> None:
    rows = _rows(connection, stream, n, n + 1)
    record = _record(stream, rows[0]) if rows else LogRecord(n, b"", ())
    if not 0 <= part < len(record.parts):
        raise StoreError(f"{stream}: no payload {part} in record {n}")
    kept = msgspec.msgpack.encode([None if i == part else data for i, data in enumerate(record.parts)])
    update = "UPDATE record SET parts = ?, sum = ? WHERE stream = ? AND n = ?"
    connection.execute(update, (kept, _sum(stream, n, record.head, kept), stream, n))


def _empty_journal(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _drop(connection: sqlite3.Connection, stream: str) -> None:
    connection.execute("DELETE FROM record WHERE stream = ?", (stream,))
    connection.execute("DELETE FROM stream WHERE name = ?", (stream,))


def _sum(stream: str, n: int, head: bytes, parts: bytes) -> bytes:
    state = hashlib.blake2b(f"{stream}\0{n}\0{len(head)}\0".encode(), digest_size=8)
    state.update(head)
    state.update(parts)
    return state.digest()
