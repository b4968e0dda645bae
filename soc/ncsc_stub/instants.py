"""Time as the national centre writes it: whole milliseconds inside, ISO 8601 in UTC on the wire."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

Clock: TypeAlias = Callable[[], int]
"""Returns the wall time in milliseconds since 1970-01-01T00:00Z."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def system_clock() -> int:
    """Return the machine's wall time in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def instant(at_ms: int) -> datetime:
    """Return the aware UTC instant of *at_ms*."""
    return _EPOCH + timedelta(milliseconds=at_ms)


def iso(at_ms: int) -> str:
    """Return *at_ms* as ISO 8601 in UTC with milliseconds, e.g. ``2026-01-31T07:00:00.000Z``."""
    return instant(at_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")
