"""Order and bounds that every event store shares: (event time, id), cursors, buckets, days kept."""

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
"""(event time, tie): where an event stands in the order of results."""


def tie_of(event_id: str) -> int:
    """Return the first 63 bits of an event id: a number that sorts as the ids do."""
    return int(event_id[:16], 16) >> 1


def place_of(event: Event) -> Place:
    """Return where *event* stands."""
    return event.at_ms, tie_of(event.id)


def cursor_of(event: Event) -> str:
    """Return the cursor of a page that ends with *event*."""
    return f"{event.at_ms}:{event.id}"


def read_cursor(cursor: str | None) -> Place | None:
    """Return the place behind which the next page begins.

    Raises:
        QueryError: not a cursor that a page gave.
    """
    if cursor is None:
        return None
    at_ms, _, event_id = cursor.partition(":")
    try:
        return int(at_ms), tie_of(event_id)
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
