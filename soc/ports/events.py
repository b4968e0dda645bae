"""Ports ``EventWriter``, ``EventReader``, ``Retention``: the event store as the stages see it."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import msgspec

from soc.model.event import Event
from soc.model.identity import RetentionClass, Scope


class Written(msgspec.Struct, frozen=True):
    """What became of a batch; stored + reread + known = events given."""

    stored: int
    reread: int
    """Stored once more under a later day (a re-read of an earlier day)."""
    known: int
    """Same key: stored before, nothing done."""


class Query(msgspec.Struct, frozen=True):
    """A search. All parts are ANDed."""

    text: str = ""
    """The analysts' query language; empty = everything."""
    from_ms: int | None = None
    """Event time, included."""
    to_ms: int | None = None
    """Event time, excluded."""


class Page(msgspec.Struct, frozen=True):
    """Newest first."""

    events: tuple[Event, ...]
    total: int
    cursor: str | None
    """Give it back for the next page; None at the end."""


class EventWriter(Protocol):
    """Where intake puts events."""

    async def write(self, events: Sequence[Event]) -> Written:
        """Store *events* durably; idempotent by key.

        One that was quarantined and can be read by now takes the place of the other of its key.

        Raises:
            StoreBusy: nothing of the batch is promised; write the same batch again.
            StoreError: refused for good.
        """
        ...

    async def refresh(self) -> None:
        """Make everything written so far visible to readers."""
        ...


class EventReader(Protocol):
    """Where people and hunts look."""

    async def search(self, scope: Scope, query: Query, *, limit: int, cursor: str | None = None) -> Page:
        """Return at most *limit* events, newest first.

        Raises:
            QueryError: the query cannot be understood; says where.
        """
        ...

    async def get(self, scope: Scope, key: str) -> Event | None:
        """Return the event of a store key, or None if absent or outside *scope*."""
        ...

    async def histogram(self, scope: Scope, query: Query, *, step_ms: int) -> dict[int, int]:
        """Return {bucket start in ms: number of events}; empty buckets are left out."""
        ...

    async def top(self, scope: Scope, query: Query, *, field: str, limit: int) -> list[tuple[str, int]]:
        """Return the most frequent values of *field* with their counts."""
        ...

    def stream(self, scope: Scope, query: Query) -> AsyncIterator[Event]:
        """Yield matching events in order of (event time, id), oldest first."""
        ...


class StoreHealth(msgspec.Struct, frozen=True):
    """Size and state."""

    events: int
    size_bytes: int
    free_bytes: int
    oldest_day: str | None


class Retention(Protocol):
    """How stored events end, or do not."""

    async def apply(self, keep_days: dict[RetentionClass, int], today: str) -> int:
        """Remove days beyond their class's keep; return the number of events removed."""
        ...

    async def hold(self, scope: Scope, query: Query, reason: str) -> int:
        """Copy matching events to class ``hold``; return how many."""
        ...

    async def health(self) -> StoreHealth:
        """Return size and state."""
        ...
