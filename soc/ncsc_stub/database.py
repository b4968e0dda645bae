"""Database: one SQLite file on one thread; what is answered was committed before."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self, TypeVar

T = TypeVar("T")
VERSION = 1
BUSY_TIMEOUT_S = 1
_SCHEMA = """
CREATE TABLE report (
  receipt_id TEXT PRIMARY KEY,
  province TEXT NOT NULL,
  exercise INTEGER NOT NULL,
  run TEXT,
  incident_id TEXT,
  received_ms INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  body BLOB NOT NULL,
  state TEXT NOT NULL,
  reasons TEXT NOT NULL,
  case_no TEXT
) STRICT;
CREATE TABLE report_update (
  receipt_id TEXT PRIMARY KEY,
  parent TEXT NOT NULL REFERENCES report,
  kind TEXT NOT NULL,
  received_ms INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX report_update_parent ON report_update (parent);
CREATE TABLE move (
  receipt_id TEXT NOT NULL REFERENCES report,
  state TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (receipt_id, state)
) STRICT;
CREATE TABLE answer (
  province TEXT NOT NULL,
  exercise INTEGER NOT NULL,
  key TEXT NOT NULL,
  fingerprint BLOB NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (province, exercise, key)
) STRICT;
CREATE TABLE message (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  exercise INTEGER NOT NULL,
  addressee TEXT,
  sent_ms INTEGER NOT NULL,
  due_ms INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE TABLE ack (
  message_id INTEGER NOT NULL REFERENCES message,
  province TEXT NOT NULL,
  acked_ms INTEGER NOT NULL,
  PRIMARY KEY (message_id, province)
) STRICT;
CREATE TABLE tally (name TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT;
"""


class Database:
    """Runs pieces of work one after another, each a transaction of its own."""

    def __init__(self, path: Path) -> None:
        """Open or make *path* and its folder; a crash at any moment leaves whole transactions."""
        # One worker: a connection is never used by two threads, even when an awaiting task was cancelled.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite")
        self._connection = self._thread.submit(_open, path).result()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close after the work that was begun."""
        await asyncio.to_thread(self.close)

    def close(self) -> None:
        """Close after the work that was begun; blocks until then."""
        self._thread.submit(self._connection.close).result()
        self._thread.shutdown()

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what *work* returns, committed; nothing of it stays if it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, work)

    def _transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(self._connection)
            self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        return result


def tally(connection: sqlite3.Connection, name: str) -> None:
    """Count one more of *name*."""
    connection.execute(
        "INSERT INTO tally VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET n = n + 1",
        (name,),
    )


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_S)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        connection.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
    elif version != VERSION:
        connection.close()
        message = f"{path}: version {version} of the data, this program reads {VERSION}"
        raise sqlite3.DatabaseError(message)
    return connection
