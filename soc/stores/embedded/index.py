"""The tantivy index of one shard: finds positions; holds nothing that the segments do not.

What tantivy 0.27 asks for, each seen in a test: times are integers (its dates are whole seconds); a
tokeniser is registered at every opening; there is one sort field, so pages are cut at (time, tie) by
queries of their own; a limit is at least 1; one word is no phrase; a field's values are terms
``name␟value`` of one plain text field, since ranges, wildcards and terms over JSON paths each fail in
their own way. Documents are written in the order of positions and commits are whole, so the greatest
position in the index tells what is missing from it.
"""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tantivy
from tantivy import Document, FieldType, Occur, Order, Query

from soc.kernel.errors import QueryError, StoreBusy
from soc.model.event import Event
from soc.stores.embedded.shard import Position, unpack
from soc.stores.paging import Place, place_of
from soc.stores.terms import prefix, terms_of, words_of

HEAP_BYTES = 48_000_000
"""Of one writer; the least is 15 MB."""
MAX_VALUES = 100_000
"""Values of one field counted in one shard; beyond it the rarest may be missing."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A found event."""

    place: Place
    position: Position


class ShardIndex:
    """One index folder, made anew when it is missing or damaged."""

    def __init__(self, folder: Path) -> None:
        """Open or create the index in *folder*."""
        self._folder = folder
        self._index = _open(folder)
        self._writer: tantivy.IndexWriter | None = None
        self.uncommitted = 0
        """Events added since the last commit."""
        self.behind = False
        """Whether a failure left events out that stand in the segments."""

    def covered(self) -> Position:
        """Return the first position that is not in the index."""
        found = self._index.searcher().search(
            Query.all_query(), limit=1, count=False, order_by_field="position", order=Order.Desc
        )
        return unpack(found.hits[0][0] + 1) if found.hits else Position(0, 0, 0)

    def add(self, placed: Iterable[tuple[Position, Event]]) -> None:
        """Add events, in the order of their positions; searched after :meth:`commit`.

        Raises:
            StoreBusy: the index cannot be written; it is ``behind`` the segments then.
        """
        try:
            writer = self._writing()
            for position, event in placed:
                writer.add_document(_document(position, event))
                self.uncommitted += 1
        except ValueError as error:
            raise self._failed(error) from error

    def remove(self, positions: Iterable[Position]) -> None:
        """Take events out; not found any more after :meth:`commit`.

        Raises:
            StoreBusy: the index cannot be written; it is ``behind`` the segments then.
        """
        try:
            writer = self._writing()
            for position in positions:
                writer.delete_documents_by_query(between("position", position.pack(), position.pack()))
                self.uncommitted += 1
        except ValueError as error:
            raise self._failed(error) from error

    def commit(self) -> None:
        """Make everything added searchable and durable.

        Raises:
            StoreBusy: the index cannot be written; it is ``behind`` the segments then.
        """
        if self._writer is None or not self.uncommitted:
            return
        try:
            self._writer.commit()
            self._index.reload()
        except ValueError as error:
            raise self._failed(error) from error
        self.uncommitted = 0

    def close(self) -> None:
        """Commit and let go of the writer's memory and threads; reading goes on."""
        self.commit()
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None

    def abandon(self) -> None:
        """Let go of the writer without a commit: the index is about to be deleted."""
        self._writer = None

    def _writing(self) -> tantivy.IndexWriter:
        if self._writer is None:
            self._writer = self._index.writer(heap_size=HEAP_BYTES, num_threads=1)
        return self._writer

    def _failed(self, error: ValueError) -> StoreBusy:
        self._writer = None
        self.uncommitted = 0
        self.behind = True
        return StoreBusy(f"{self._folder}: {error}")

    def view(self) -> "View":
        """Return what is committed now; later commits do not change it."""
        return View(self._index.searcher())


class View:
    """One moment of an index."""

    def __init__(self, searcher: tantivy.Searcher) -> None:
        """Use :meth:`ShardIndex.view`."""
        self._searcher = searcher

    def count(self, query: Query) -> int:
        """Return how many events match."""
        found: Any = self._searcher.search(query, limit=1)  # its type leaves count out
        return int(found.count)

    def page(self, query: Query, behind: Place | None, limit: int, order: Order) -> list[Hit]:
        """Return the first *limit* hits in *order* of (time, tie) behind a place."""
        if behind is None:
            return self._moments(query, limit, order)
        at_ms, tie = behind
        hits = self._moment(_both(query, _beyond("tie", tie, order)), at_ms, limit, order)
        if len(hits) < limit:
            hits += self._moments(_both(query, _beyond("at", at_ms, order)), limit - len(hits), order)
        return hits

    def histogram(self, query: Query, step_ms: int) -> dict[int, int]:
        """Return {bucket start: events}.

        Raises:
            QueryError: too many buckets.
        """
        wanted = {"at": {"histogram": {"field": "at", "interval": step_ms, "min_doc_count": 1}}}
        try:
            answer = self._searcher.aggregate(query, wanted)
        except ValueError as error:
            raise QueryError(f"too many bars; choose a larger step or a shorter time ({error})") from error
        return {int(bucket["key"]): int(bucket["doc_count"]) for bucket in answer["at"]["buckets"]}

    def top(self, query: Query, field: str) -> list[tuple[str, int]]:
        """Return the values of *field* with their counts."""
        begins = prefix(field)
        terms = self._searcher.terms_with_prefix("terms", begins, filter_query=query, limit=MAX_VALUES)
        return [(found.removeprefix(begins), count) for found, count in terms]

    def _moments(self, query: Query, limit: int, order: Order) -> list[Hit]:
        hits = self._hits(query, "at", limit, order)
        if len(hits) == limit:
            # Sorting knows the time alone: of the last moment any of its events may be here.
            last_ms = hits[-1].place[0]
            hits = [hit for hit in hits if hit.place[0] != last_ms]
            hits += self._moment(query, last_ms, limit - len(hits), order)
        return sorted(hits, key=lambda hit: hit.place, reverse=order is Order.Desc)

    def _moment(self, query: Query, at_ms: int, limit: int, order: Order) -> list[Hit]:
        return self._hits(_both(query, between("at", at_ms, at_ms)), "tie", limit, order)

    def _hits(self, query: Query, field: str, limit: int, order: Order) -> list[Hit]:
        found = self._searcher.search(query, limit=limit, count=False, order_by_field=field, order=order)
        places = [address for _, address in found.hits]
        columns = [self._searcher.fast_field_values(name, places) for name in ("at", "tie", "position")]
        return [
            Hit((int(at_ms), int(tie)), unpack(int(position)))
            for at_ms, tie, position in zip(*columns, strict=True)
            if at_ms is not None and tie is not None and position is not None
        ]


def between(field: str, low: int | None, high: int | None) -> Query:
    """Return the query for numbers from *low* to *high*, both included; None is open."""
    return Query.range_query(SCHEMA, field, FieldType.Integer, _near(low), _near(high))


def _near(bound: int | None) -> int | None:
    """Integers beyond 63 bits raise."""
    return None if bound is None else max(-_FAR, min(_FAR, bound))


_FAR = (1 << 63) - 1


def _beyond(field: str, value: int, order: Order) -> Query:
    return between(field, None, value - 1) if order is Order.Desc else between(field, value + 1, None)


def _both(one: Query, other: Query) -> Query:
    return Query.boolean_query([(Occur.Must, one), (Occur.Must, other)])


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in ("at", "tie", "position"):
        builder.add_integer_field(name, fast=True)
    builder.add_text_field("terms", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("text", tokenizer_name="blanks", index_option="position")
    return builder.build()


SCHEMA = _schema()


def _open(folder: Path) -> tantivy.Index:
    folder.mkdir(exist_ok=True)
    try:
        index = tantivy.Index(SCHEMA, path=str(folder))
    except ValueError:
        # Damaged, or of another schema: it can be made again from the segments.
        shutil.rmtree(folder)
        folder.mkdir()
        index = tantivy.Index(SCHEMA, path=str(folder))
    index.register_tokenizer("blanks", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    index.config_reader("manual")
    index.reload()
    return index


def _document(position: Position, event: Event) -> Document:
    at_ms, tie = place_of(event)
    document = Document()
    document.add_integer("at", at_ms)
    document.add_integer("tie", tie)
    document.add_integer("position", position.pack())
    for found in terms_of(event):
        document.add_text("terms", found)
    document.add_text("text", " ".join(words_of(event.original)))
    return document
