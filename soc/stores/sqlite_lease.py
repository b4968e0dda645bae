"""Port ``Lease`` as one row a role in the ledger's SQLite file."""

import sqlite3
from pathlib import Path

from soc.kernel.clock import Clock
from soc.ports.lease import Held
from soc.stores.lease_row import LeaseRow, Sightings, owns, renewed
from soc.stores.sqlite import Database


class SqliteLease:
    """One reader of the rows; each change is one transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Use :meth:`open`."""
        self._database = database
        self._sightings = Sightings(clock)

    @classmethod
    def open(cls, path: Path | str, clock: Clock) -> "SqliteLease":
        """Open or create the table in *path*, judging expiry by *clock*.

        Raises:
            StoreError: the file cannot be used.
        """
        return cls(Database.open(path, _SCHEMA), clock)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    async def acquire(self, role: str, holder: str) -> Held | None:
        """Take *role* if free, expired or *holder*'s; None while another holds it."""
        return await self._database.writing(_claim, self._sightings, role, holder)

    async def renew(self, held: Held) -> bool:
        """Keep *held* alive; False when another took it."""
        return await self._database.writing(_keep, held)

    async def release(self, held: Held) -> None:
        """Give *held* back if it is still held."""
        await self._database.writing(_free, held)


_SCHEMA = """
CREATE TABLE IF NOT EXISTS lease (
    role TEXT PRIMARY KEY, holder TEXT NOT NULL, term INTEGER NOT NULL, beat INTEGER NOT NULL
) WITHOUT ROWID;
"""


def _load(connection: sqlite3.Connection, role: str) -> LeaseRow:
    row = connection.execute("SELECT holder, term, beat FROM lease WHERE role = ?", (role,)).fetchone()
    return LeaseRow(*row) if row else LeaseRow()


def _store(connection: sqlite3.Connection, role: str, row: LeaseRow) -> None:
    values = (role, row.holder, row.term, row.beat)
    connection.execute("INSERT OR REPLACE INTO lease VALUES (?, ?, ?, ?)", values)


def _claim(connection: sqlite3.Connection, sightings: Sightings, role: str, holder: str) -> Held | None:
    row = sightings.claim(role, _load(connection, role), holder)
    if row is None:
        return None
    _store(connection, role, row)
    return Held(role, holder, row.term)


def _keep(connection: sqlite3.Connection, held: Held) -> bool:
    row = renewed(_load(connection, held.role), held)
    if row is None:
        return False
    _store(connection, held.role, row)
    return True


def _free(connection: sqlite3.Connection, held: Held) -> None:
    if owns(_load(connection, held.role), held):
        _store(connection, held.role, LeaseRow(term=held.term))
