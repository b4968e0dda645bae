"""Reading across volumes: each finds its own hits, here they become one answer in one order.

The scope is asked three times: which volumes to open, in each volume's query, and of every event
that comes out.
"""

import heapq
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice

import tantivy
from tantivy import Order

from soc.model.event import Event
from soc.model.identity import RetentionClass, Scope
from soc.ports.events import Page, Query
from soc.stores.embedded.index import Hit, View
from soc.stores.embedded.keys import Keys
from soc.stores.embedded.segments import FrameCache
from soc.stores.embedded.shard import Shard
from soc.stores.embedded.translate import translate
from soc.stores.embedded.volume import Volume
from soc.stores.paging import Place, check_buckets, check_limit, check_step, cursor_of, read_cursor

BATCH = 500
"""Events of a stream fetched at a time."""


class Reading:
    """Blocking reads; safe from any thread, beside the writer."""

    def __init__(self, volumes: Mapping[Shard, Volume], keys: Keys) -> None:
        """Read *volumes*, which may grow and shrink meanwhile."""
        self._volumes = volumes
        self._keys = keys

    def search(self, scope: Scope, query: Query, limit: int, cursor: str | None) -> Page:
        """Return one page, newest first."""
        check_limit(limit)
        read_cursor(cursor)
        wanted = translate(scope, query)
        total = 0
        found: list[tuple[Hit, Volume]] = []
        for volume, view in self._views(scope, query):
            total += view.count(wanted)
            hits = view.page(wanted, _behind(volume, cursor), limit + 1, Order.Desc)
            found.extend((hit, volume) for hit in hits)
        found.sort(key=_order, reverse=True)
        events = tuple(_fetched(scope, found[:limit]))
        more = len(found) > limit and bool(events)
        return Page(events, total, cursor_of(events[-1]) if more else None)

    def get(self, scope: Scope, key: str) -> Event | None:
        """Return the event of a store key; the copy under hold only where no other is left."""
        day, _, event_id = key.partition("/")
        if not _EVENT_ID.fullmatch(event_id):
            return None
        places = self._keys.where([event_id]).get(event_id, {})
        for shard in sorted(places, key=lambda shard: shard.retention is RetentionClass.HOLD):
            volume = self._volumes.get(shard)
            if volume is not None and shard.day == day and shard.admitted(scope):
                event = volume.segments.read(places[shard], FrameCache())
                if scope.admits(event.origin.agency, event.origin.exercise, event.retention):
                    return event
        return None

    def histogram(self, scope: Scope, query: Query, step_ms: int) -> dict[int, int]:
        """Return {bucket start in ms: number of events}, in order."""
        check_step(step_ms)
        wanted = translate(scope, query)
        buckets: Counter[int] = Counter()
        for _, view in self._views(scope, query):
            buckets.update(view.histogram(wanted, step_ms))
        return check_buckets(dict(sorted(buckets.items())))

    def top(self, scope: Scope, query: Query, field: str, limit: int) -> list[tuple[str, int]]:
        """Return the most frequent values of *field*."""
        check_limit(limit)
        wanted = translate(scope, query)
        counts: Counter[str] = Counter()
        for _, view in self._views(scope, query):
            counts.update(dict(view.top(wanted, field)))
        return heapq.nsmallest(limit, counts.items(), key=lambda pair: (-pair[1], pair[0]))

    def stream(self, scope: Scope, query: Query) -> Iterator[list[Event]]:
        """Yield batches of matching events, oldest first, as they stood at the beginning."""
        wanted = translate(scope, query)
        each = [_hits(volume, view, wanted) for volume, view in self._views(scope, query)]
        merged = heapq.merge(*each, key=_order)
        cache = FrameCache()
        while batch := list(islice(merged, BATCH)):
            yield list(_fetched(scope, batch, cache))

    def _views(self, scope: Scope, query: Query) -> list[tuple[Volume, View]]:
        views = []
        for shard, volume in sorted(dict(self._volumes).items(), key=lambda pair: pair[0].folder):
            span = self._keys.span(shard)
            misses = (query.to_ms is not None and span.first_ms >= query.to_ms) or (
                query.from_ms is not None and span.last_ms < query.from_ms
            )
            if shard.admitted(scope) and span.events and not misses:
                views.append((volume, volume.index.view()))
        return views


def _order(pair: tuple[Hit, Volume]) -> tuple[Place, str]:
    return pair[0].place, pair[1].shard.shelf


def _behind(volume: Volume, cursor: str | None) -> Place | None:
    """Where a page that goes on behind *cursor* begins in *volume*."""
    order = read_cursor(cursor)
    if order is None:
        return None
    at_ms, tie, shelf = order
    return at_ms, tie + 1 if volume.shard.shelf < shelf else tie


_EVENT_ID = re.compile(r"[0-9a-f]{32}")


def _hits(volume: Volume, view: View, wanted: tantivy.Query) -> Iterator[tuple[Hit, Volume]]:
    behind = None
    while hits := view.page(wanted, behind, BATCH, Order.Asc):
        yield from ((hit, volume) for hit in hits)
        behind = hits[-1].place


def _fetched(
    scope: Scope, found: list[tuple[Hit, Volume]], cache: FrameCache | None = None
) -> Iterator[Event]:
    frames = FrameCache() if cache is None else cache
    for hit, volume in found:
        try:
            event = volume.segments.read(hit.position, frames)
        except FileNotFoundError:
            continue  # its days are over since the search began
        if scope.admits(event.origin.agency, event.origin.exercise, event.retention):
            yield event
