"""Port ``Accounts``: people's secrets and sessions, never in the ledger."""

from typing import Protocol

import msgspec


class Person(msgspec.Struct, frozen=True):
    """Who signs in."""

    name: str
    role: str
    """viewer | analyst | lead | administrator | agency | exercise."""
    agency: str | None = None
    """Only for role ``agency``: all it may see."""


class Session(msgspec.Struct, frozen=True):
    """A signed-in browser."""

    id: str
    person: Person
    csrf: str
    expires_at_ms: int


class Accounts(Protocol):
    """Passwords, one-time links and sessions."""

    async def set_password(self, person: Person, password: str) -> None:
        """Create or replace a person with a password."""
        ...

    async def sign_in(self, name: str, password: str, now_ms: int) -> Session | None:
        """Return a new session, or None: wrong, unknown or locked, in constant time."""
        ...

    async def one_time(self, person: Person, now_ms: int) -> str:
        """Return a token that signs *person* in once within ten minutes."""
        ...

    async def redeem(self, token: str, now_ms: int) -> Session | None:
        """Return a session for a one-time token, which is then spent."""
        ...

    async def session(self, session_id: str, now_ms: int, *, revoke: bool = False) -> Session | None:
        """Return the live session of this id, ending it when *revoke*."""
        ...
