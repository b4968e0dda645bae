"""The event ports in memory: the double of tests, and the slow obvious meaning of every query."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import assert_never

import msgspec

from soc.model.event import Event, Mark
from soc.model.identity import RetentionClass, Scope
from soc.ports.events import Page, Query, StoreHealth, Written
from soc.rulebook.plan import Wild
from soc.stores.paging import (
    check_buckets,
    check_limit,
    check_step,
    cursor_of,
    expired,
    order_of,
    read_cursor,
)
from soc.stores.query import Either, Every, Everything, Like, Node, Not, Value, Words, parse_query
from soc.stores.terms import prefix, term, terms_of, words_of


class MemoryEventStore:
    """``EventWriter``, ``EventReader`` and ``Retention`` over a list."""

    def __init__(self) -> None:
        """Begin empty."""
        self._events: list[Event] = []

    async def write(self, events: Sequence[Event]) -> Written:
        """Keep the events that are new."""
        counts = Counter(self._keep(event) for event in events)
        return Written(stored=counts["stored"], reread=counts["reread"], known=counts["known"])

    async def refresh(self) -> None:
        """Nothing to do: what is written is seen."""

    async def search(self, scope: Scope, query: Query, *, limit: int, cursor: str | None = None) -> Page:
        """Return at most *limit* events, newest first."""
        check_limit(limit)
        found = sorted(self._matching(scope, query), key=order_of, reverse=True)
        before = read_cursor(cursor)
        rest = [event for event in found if before is None or order_of(event) < before]
        shown = tuple(rest[:limit])
        return Page(shown, len(found), cursor_of(shown[-1]) if len(rest) > limit and shown else None)

    async def get(self, scope: Scope, key: str) -> Event | None:
        """Return the event of a store key."""
        return next((event for event in self._seen(scope) if event.key == key), None)

    async def histogram(self, scope: Scope, query: Query, *, step_ms: int) -> dict[int, int]:
        """Return {bucket start in ms: number of events}."""
        check_step(step_ms)
        starts = (event.at_ms // step_ms * step_ms for event in self._matching(scope, query))
        return check_buckets(dict(sorted(Counter(starts).items())))

    async def top(self, scope: Scope, query: Query, *, field: str, limit: int) -> list[tuple[str, int]]:
        """Return the most frequent values of *field*, folded."""
        check_limit(limit)
        counts = Counter(
            found.removeprefix(prefix(field))
            for event in self._matching(scope, query)
            for found in terms_of(event)
            if found.startswith(prefix(field))
        )
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]

    async def stream(self, scope: Scope, query: Query) -> AsyncIterator[Event]:
        """Yield matching events, oldest first."""
        for event in sorted(self._matching(scope, query), key=order_of):
            yield event

    async def apply(self, keep_days: dict[RetentionClass, int], today: str) -> int:
        """Remove days beyond their class's keep."""
        kept = [event for event in self._events if not expired(event.day, event.retention, keep_days, today)]
        removed = len(self._events) - len(kept)
        self._events = kept
        return removed

    async def hold(self, scope: Scope, query: Query, reason: str) -> int:
        """Copy matching events to class ``hold``; *reason* is not kept here."""
        del reason
        held = {
            (event.key, event.origin.exercise)
            for event in self._events
            if event.retention is RetentionClass.HOLD
        }
        copies = [
            msgspec.structs.replace(event, retention=RetentionClass.HOLD)
            for event in self._matching(scope, query)
            if (event.key, event.origin.exercise) not in held
        ]
        self._events.extend(copies)
        return len(copies)

    async def health(self) -> StoreHealth:
        """Return the number of events; memory has no size worth telling."""
        oldest = min((event.day for event in self._events), default=None)
        return StoreHealth(events=len(self._events), size_bytes=0, free_bytes=0, oldest_day=oldest)

    def _keep(self, event: Event) -> str:
        days = {
            known.day
            for known in self._events
            if known.id == event.id
            and known.origin.exercise == event.origin.exercise
            and known.retention in (RetentionClass.STANDARD, event.retention)
        }
        if event.day in days:
            return "known"
        self._events = [known for known in self._events if not _replaced(known, event)]
        self._events.append(
            msgspec.structs.replace(event, marks=event.marks | {Mark.REREAD}) if days else event
        )
        return "reread" if days else "stored"

    def _seen(self, scope: Scope) -> Iterator[Event]:
        for event in self._events:
            if scope.admits(event.origin.agency, event.origin.exercise, event.retention):
                yield event

    def _matching(self, scope: Scope, query: Query) -> list[Event]:
        node = parse_query(query.text)
        return [event for event in self._seen(scope) if _in_time(event, query) and matches(node, event)]


def _replaced(known: Event, event: Event) -> bool:
    """Return whether *event* is what could not be read when *known* was stored."""
    return (
        known.retention is RetentionClass.QUARANTINE
        and event.retention is RetentionClass.STANDARD
        and (known.key, known.origin.exercise) == (event.key, event.origin.exercise)
    )


def _in_time(event: Event, query: Query) -> bool:
    return (query.from_ms is None or event.at_ms >= query.from_ms) and (
        query.to_ms is None or event.at_ms < query.to_ms
    )


def matches(node: Node, event: Event) -> bool:  # noqa: PLR0911 - one a case
    """Return whether *event* is what *node* asks for."""
    match node:
        case Everything():
            return True
        case Value(field, value):
            return term(field, value) in terms_of(event)
        case Like(field, parts):
            return any(
                found.startswith(prefix(field)) and _fits(parts, found.removeprefix(prefix(field)))
                for found in terms_of(event)
            )
        case Words(words):
            text = words_of(event.original)
            return any(tuple(text[i : i + len(words)]) == words for i in range(len(text)))
        case Every(nodes):
            return all(matches(each, event) for each in nodes)
        case Either(nodes):
            return any(matches(each, event) for each in nodes)
        case Not(inner):
            return not matches(inner, event)
        case _:
            assert_never(node)


def _fits(parts: tuple[Wild | str, ...], value: str) -> bool:
    signs = {Wild.ANY: ".*", Wild.ONE: "."}
    pattern = "".join(signs[part] if isinstance(part, Wild) else re.escape(part) for part in parts)
    return re.fullmatch(pattern, value, re.DOTALL) is not None
