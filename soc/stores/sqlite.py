"""One SQLite file, one connection: blocking work in a thread, errors of the store's own tree."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from soc.kernel.errors import Corrupt, StoreBusy, StoreError

P = ParamSpec("P")
T = TypeVar("T")

BUSY_TIMEOUT_S = 5.0
"""How long a writer waits for another process's write before it says StoreBusy."""


class Database:
    """A connection in WAL mode with ``synchronous=FULL``: what is committed survives a power cut."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        """Use :meth:`open`."""
        self._connection = connection
        self._name = name
        self._turn = threading.Lock()

    @classmethod
    def open(cls, path: Path | str, schema: str, *, read_only: bool = False) -> "Database":
        """Open *path* (``:memory:`` for none), making *schema* (idempotent) unless *read_only*.

        Raises:
            StoreError: the file cannot be opened; Corrupt when it is no database.
        """
        target = f"{Path(path).resolve().as_uri()}?mode=ro" if read_only else str(path)
        try:
            connection = sqlite3.connect(
                target, uri=read_only, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise translated(error, str(path)) from error
        database = cls(connection, str(path))
        try:
            if read_only:
                database.run(_forbid_writes)
            else:
                database.run(_create, schema)
        except StoreError:
            connection.close()
            raise
        return database

    def run(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return what *work* returns; blocks.

        Raises:
            StoreError: as SQLite says, or its leaves StoreBusy and Corrupt.
        """
        with self._turn:
            try:
                return work(self._connection, *args, **kwargs)
            except sqlite3.Error as error:
                raise translated(error, self._name) from error

    def write(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Like :meth:`run`, inside one transaction that is all or nothing."""
        return self.run(_transact, lambda connection: work(connection, *args, **kwargs))

    async def reading(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """:meth:`run` in a thread."""
        return await asyncio.to_thread(lambda: self.run(work, *args, **kwargs))

    async def writing(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """:meth:`write` in a thread; when cancelled, the transaction may still be committed."""
        return await asyncio.to_thread(lambda: self.write(work, *args, **kwargs))

    def close(self) -> None:
        """Close the file; waits for the work under way."""
        with self._turn:
            self._connection.close()


def translated(error: sqlite3.Error, name: str) -> StoreError:
    """Return *error*, met in the file *name*, as one of ours."""
    code = getattr(error, "sqlite_errorname", "")
    message = f"{name}: {error}"
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL")):
        return StoreBusy(message)
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return Corrupt(message)
    return StoreError(message)


def _forbid_writes(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA query_only=ON")


def _create(connection: sqlite3.Connection, schema: str) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.executescript(schema)


def _transact(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = work(connection)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    return result
