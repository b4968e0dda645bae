"""Port ``Accounts`` in one SQLite file: passwords under Argon2id, tokens and session ids only as hashes.

Guessing is slow and blind: a try is counted before the password is checked, so that parallel tries
do not slip through; an unknown name costs the same work as a known one; after five failures in a row
the right password is refused for fifteen minutes too.
"""

import asyncio
import hashlib
import secrets
import sqlite3
from pathlib import Path

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from soc.kernel.errors import AuthError
from soc.ports.accounts import Person, Session
from soc.stores.sqlite import Database

MAX_FAILURES = 5
LOCK_MS = 15 * 60_000
ONE_TIME_MS = 10 * 60_000
SESSION_MS = 12 * 3_600_000
MAX_PASSWORD = 256
"""Characters; longer ones are refused before they cost anything."""


class SqliteAccounts:
    """People, sessions and one-time tokens."""

    def __init__(self, database: Database, hasher: PasswordHasher) -> None:
        """Use :meth:`open`."""
        self._database = database
        self._hasher = hasher
        self._nobody = hasher.hash(secrets.token_hex(16))
        self._turns = asyncio.Semaphore(2)  # each hash takes tens of MiB

    @classmethod
    def open(cls, path: Path | str, hasher: PasswordHasher | None = None) -> "SqliteAccounts":
        """Open or create *path* (``:memory:`` for a double).

        Raises:
            StoreError: the file cannot be used.
        """
        return cls(Database.open(path, _SCHEMA), hasher or PasswordHasher())

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    async def set_password(self, person: Person, password: str) -> None:
        """Create or replace a person; ends the sessions and tokens of that name.

        Raises:
            AuthError: the password is empty or longer than 256 characters.
        """
        if not 0 < len(password) <= MAX_PASSWORD:
            raise AuthError(f"a password has 1 to {MAX_PASSWORD} characters; this one has {len(password)}")
        async with self._turns:
            hashed = await asyncio.to_thread(self._hasher.hash, _encodable(password))
        await self._database.writing(_put_person, person, hashed)

    async def sign_in(self, name: str, password: str, now_ms: int) -> Session | None:
        """Return a new session, or None: wrong, unknown or locked."""
        found = await self._database.writing(_count_try, _encodable(name), now_ms)
        hashed, person = found or (self._nobody, None)
        async with self._turns:
            right = await asyncio.to_thread(self._fits, hashed, password)
        if person is None or not right:
            return None
        return await self._database.writing(_welcome, person, now_ms)

    async def one_time(self, person: Person, now_ms: int) -> str:
        """Return a token that signs *person* in once within ten minutes."""
        token = secrets.token_urlsafe(32)
        await self._database.writing(_put_token, token, person, now_ms)
        return token

    async def redeem(self, token: str, now_ms: int) -> Session | None:
        """Return a session for a token, which is then spent; None when spent, old or unknown."""
        return await self._database.writing(_redeem, token, now_ms)

    async def session(self, session_id: str, now_ms: int, *, revoke: bool = False) -> Session | None:
        """Return the live session of this id, ending it when *revoke*."""
        if revoke:
            return await self._database.writing(_revoke, session_id, now_ms)
        return await self._database.reading(_session, session_id, now_ms)

    def _fits(self, hashed: str, password: str) -> bool:
        try:
            self._hasher.verify(hashed, _encodable(password[:MAX_PASSWORD]))
        except (VerificationError, InvalidHashError):
            return False
        return len(password) <= MAX_PASSWORD


_SCHEMA = """
CREATE TABLE IF NOT EXISTS person (
    name TEXT PRIMARY KEY, person BLOB NOT NULL, password TEXT NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0, locked_until_ms INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS one_time (
    hash BLOB PRIMARY KEY, name TEXT NOT NULL, person BLOB NOT NULL, expires_at_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS session (
    hash BLOB PRIMARY KEY, name TEXT NOT NULL, person BLOB NOT NULL, csrf TEXT NOT NULL,
    expires_at_ms INTEGER NOT NULL
) WITHOUT ROWID;
"""


def _put_person(connection: sqlite3.Connection, person: Person, hashed: str) -> None:
    row = (person.name, _packed(person), hashed)
    connection.execute("INSERT OR REPLACE INTO person (name, person, password) VALUES (?, ?, ?)", row)
    connection.execute("DELETE FROM session WHERE name = ?", (person.name,))
    connection.execute("DELETE FROM one_time WHERE name = ?", (person.name,))


def _count_try(connection: sqlite3.Connection, name: str, now_ms: int) -> tuple[str, Person | None] | None:
    """Count a try as failed until it is seen to succeed; the person is None while locked."""
    row = connection.execute(
        "SELECT password, person, failures, locked_until_ms FROM person WHERE name = ?", (name,)
    ).fetchone()
    if row is None:
        return None
    hashed, packed, failures, locked_until_ms = row
    if now_ms < locked_until_ms:
        return hashed, None
    failures = failures + 1 if failures < MAX_FAILURES else 1
    until = now_ms + LOCK_MS if failures == MAX_FAILURES else 0
    update = "UPDATE person SET failures = ?, locked_until_ms = ? WHERE name = ?"
    connection.execute(update, (failures, until, name))
    return hashed, _unpacked(packed)


def _welcome(connection: sqlite3.Connection, person: Person, now_ms: int) -> Session:
    reset = "UPDATE person SET failures = 0, locked_until_ms = 0 WHERE name = ?"
    connection.execute(reset, (person.name,))
    return _begin(connection, person, now_ms)


def _begin(connection: sqlite3.Connection, person: Person, now_ms: int) -> Session:
    connection.execute("DELETE FROM session WHERE expires_at_ms <= ?", (now_ms,))
    connection.execute("DELETE FROM one_time WHERE expires_at_ms <= ?", (now_ms,))
    made = Session(secrets.token_urlsafe(32), person, secrets.token_urlsafe(32), now_ms + SESSION_MS)
    row = (_hashed(made.id), person.name, _packed(person), made.csrf, made.expires_at_ms)
    connection.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?)", row)
    return made


def _put_token(connection: sqlite3.Connection, token: str, person: Person, now_ms: int) -> None:
    row = (_hashed(token), person.name, _packed(person), now_ms + ONE_TIME_MS)
    connection.execute("INSERT INTO one_time VALUES (?, ?, ?, ?)", row)


def _redeem(connection: sqlite3.Connection, token: str, now_ms: int) -> Session | None:
    spend = "DELETE FROM one_time WHERE hash = ? RETURNING person, expires_at_ms"
    rows = connection.execute(spend, (_hashed(token),)).fetchall()
    if not rows or rows[0][1] <= now_ms:
        return None
    return _begin(connection, _unpacked(rows[0][0]), now_ms)


def _session(connection: sqlite3.Connection, session_id: str, now_ms: int) -> Session | None:
    select = "SELECT person, csrf, expires_at_ms FROM session WHERE hash = ? AND expires_at_ms > ?"
    row = connection.execute(select, (_hashed(session_id), now_ms)).fetchone()
    return Session(session_id, _unpacked(row[0]), row[1], row[2]) if row else None


def _revoke(connection: sqlite3.Connection, session_id: str, now_ms: int) -> Session | None:
    ended = _session(connection, session_id, now_ms)
    connection.execute("DELETE FROM session WHERE hash = ?", (_hashed(session_id),))
    return ended


def _encodable(text: str) -> str:
    """Lone surrogates, which only a hostile form sends, become question marks."""
    return text.encode("utf-8", "replace").decode()


def _hashed(secret: str) -> bytes:
    """Tokens have 256 random bits: a fast hash hides them well enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _packed(person: Person) -> bytes:
    return msgspec.msgpack.encode(person)


def _unpacked(data: bytes) -> Person:
    return msgspec.msgpack.decode(data, type=Person)
