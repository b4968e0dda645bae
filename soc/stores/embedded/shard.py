"""A shard: the events of one first-seen day, retention class and run, and where each of them lies."""

from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import quote, unquote

from soc.kernel.errors import StoreError, shortened
from soc.model.event import Event
from soc.model.identity import RetentionClass, Scope
from soc.stores.paging import shelf_of

MAX_RUN = 100
"""Characters of an exercise run's id as part of a folder's name."""


@dataclass(frozen=True, slots=True, order=True)
class Shard:
    """One folder of the store; nothing in it belongs to another day, class or run."""

    day: str
    retention: RetentionClass
    exercise: str | None

    @property
    def folder(self) -> str:
        """Return its folder's name."""
        run = "live" if self.exercise is None else f"run-{quote(self.exercise, safe='')}"
        return f"{self.shelf}.{run}"

    @property
    def shelf(self) -> str:
        """Return what sets its events apart from others of the same time and id."""
        return shelf_of(self.day, self.retention)

    def admitted(self, scope: Scope) -> bool:
        """Return whether a caller of *scope* may look into it at all."""
        return self.exercise == scope.exercise and self.retention in scope.classes


def read_again(shard: Shard) -> Shard:
    """Return where events of a quarantined *shard* belong once they can be read; any other stays."""
    unread = shard.retention is RetentionClass.QUARANTINE
    return replace(shard, retention=RetentionClass.STANDARD) if unread else shard


def shard_of(event: Event) -> Shard:
    """Return where *event* belongs.

    Raises:
        StoreError: its day is no ``YYYY-MM-DD``, or its run's id is too long for a folder's name.
    """
    run = event.origin.exercise or ""
    if not is_day(event.day) or len(quote(run, safe="")) > MAX_RUN:
        raise StoreError(
            f"event {event.id} of day {shortened(event.day)}, run {shortened(run)}: no place for it"
        )
    return Shard(event.day, event.retention, event.origin.exercise)


def read_folder(name: str) -> Shard | None:
    """Return the shard of a folder's name, or None when it is not one of the store's."""
    day, _, rest = name.partition(".")
    retention, _, run = rest.partition(".")
    known = retention in set(RetentionClass) and (run == "live" or run.startswith("run-"))
    if not known or not is_day(day):
        return None
    exercise = None if run == "live" else unquote(run.removeprefix("run-"))
    return Shard(day, RetentionClass(retention), exercise)


def is_day(day: str) -> bool:
    """Return whether *day* is a date written ``YYYY-MM-DD``."""
    try:
        return date.fromisoformat(day).isoformat() == day
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where an event lies in its shard; positions sort in the order of writing."""

    segment: int
    """Number of the segment file, from 1."""
    offset: int
    """Of the frame in the file, in bytes."""
    index: int
    """In the frame, from 0."""

    def pack(self) -> int:
        """Return it as one positive 63-bit integer that sorts alike."""
        return self.segment << 42 | self.offset << 12 | self.index


def unpack(packed: int) -> Position:
    """Return the position in *packed*."""
    return Position(packed >> 42, packed >> 12 & (1 << 30) - 1, packed & (1 << 12) - 1)


MAX_FRAME_EVENTS = 256
"""Of the 4,096 that a position could tell apart: fetching one event reads its whole frame."""
MAX_FRAME_BYTES = 4 << 20
"""Before compression; one larger event still has a frame of its own."""
MAX_SEGMENT_BYTES = 256 << 20
"""A new file begins beyond it; far below the 2^30 bytes that a position can tell apart."""
