"""Order and bounds that every event store shares: (event time, id, day), cursors, buckets, days kept."""

from collections.abc import Mapping
from datetime import date

from soc.kernel.errors import QueryError, shortened
from soc.model.event import Event
from soc.model.identity import RetentionClass

MAX_BUCKETS = 10_000
"""Of a histogram."""
MAX_LIMIT = 10_000
"""Events of one page."""

Place = tuple[int, int]
"""(event time, tie): where an event stands among those of its day and class."""
Order = tuple[int, int, str]
"""A place and a shelf: a re-read and a copy under hold share the place of the first."""


def tie_of(event_id: str) -> int:
    """Return the first 63 bits of an event id: a number that sorts as the ids do."""
    return int(event_id[:16], 16) >> 1


def place_of(event: Event) -> Place:
    """Return where *event* stands on its shelf."""
    return event.at_ms, tie_of(event.id)


def shelf_of(day: str, retention: RetentionClass) -> str:
    """Return the name of a day and class."""
    return f"{day}.{retention.value}"


def order_of(event: Event) -> Order:
    """Return where *event* stands among all."""
    return (*place_of(event), shelf_of(event.day, event.retention))


def cursor_of(event: Event) -> str:
    """Return the cursor of a page that ends with *event*."""
    return f"{event.at_ms}:{event.id}:{shelf_of(event.day, event.retention)}"


def read_cursor(cursor: str | None) -> Order | None:
    """Return the order behind which the next page begins.

    Raises:
        QueryError: not a cursor that a page gave.
    """
    if cursor is None:
        return None
    at_ms, _, rest = cursor.partition(":")
    event_id, _, shelf = rest.partition(":")
    try:
        return int(at_ms), tie_of(event_id), shelf
    except ValueError as error:
        raise QueryError(f"{shortened(cursor)} is no cursor; give back what the last page gave") from error


def check_limit(limit: int) -> int:
    """Return *limit* if a page can have it.

    Raises:
        QueryError: less than 1, or too many.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise QueryError(f"a page of {limit} events; accepted: 1 to {MAX_LIMIT}")
    return limit


def check_step(step_ms: int) -> int:
    """Return *step_ms* if a histogram can have it.

    Raises:
        QueryError: less than 1.
    """
    if step_ms < 1:
        raise QueryError(f"a step of {step_ms} ms; accepted: 1 or more")
    return step_ms


def check_buckets(buckets: dict[int, int]) -> dict[int, int]:
    """Return *buckets* if they are not too many.

    Raises:
        QueryError: more than 10,000.
    """
    if len(buckets) > MAX_BUCKETS:
        raise QueryError(f"more than {MAX_BUCKETS} bars; choose a larger step or a shorter time")
    return buckets


def expired(day: str, retention: RetentionClass, keep_days: Mapping[RetentionClass, int], today: str) -> bool:
    """Return whether a *day* of class *retention* ends; a class that is not named is kept for ever."""
    keep = keep_days.get(retention)
    if keep is None or retention is RetentionClass.HOLD:
        return False
    return (date.fromisoformat(today) - date.fromisoformat(day)).days >= keep
