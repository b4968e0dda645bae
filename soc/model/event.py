"""An event: one record parsed into fields of the Sigma taxonomy, with its id and its marks."""

from enum import StrEnum
from typing import Any, TypeAlias

import msgspec

from soc.model.identity import Layer, Origin, RetentionClass
from soc.model.record import Record

Fields: TypeAlias = dict[str, Any]
"""Field name → JSON value, as rules name them. The one mapping that crosses package borders."""


class Mark(StrEnum):
    """What is unusual about an event."""

    MALFORMED = "malformed"
    """Bytes were made valid (BOM, bad UTF-8, lone surrogates)."""
    NO_TIME = "no_time"
    """No usable time in the record: the read time stands in."""
    CLOCK_SUSPECT = "clock_suspect"
    """Later than read time + 5 min: the read time stands in for windows."""
    REREAD = "reread"
    """Read before, on another day."""
    QUARANTINED = "quarantined"
    """Could not be parsed; only keyword rules see its raw text."""
    SPLIT = "split"
    """Part of an over-long line."""


class LogSource(msgspec.Struct, frozen=True, cache_hash=True):
    """Sigma log source: of a rule (None = any), or of an event (None = unknown)."""

    product: str | None = None
    category: str | None = None
    service: str | None = None

    def covers(self, other: "LogSource") -> bool:
        """Return whether every part this one names is the same in *other*."""
        return (
            self.product in (None, other.product)
            and self.category in (None, other.category)
            and self.service in (None, other.service)
        )


class Event(msgspec.Struct, frozen=True):
    """One parsed record."""

    id: str
    """32 hex digits; no time in it (see kernel.ids)."""
    day: str
    """First-seen day; ``day/id`` is the store key."""
    origin: Origin
    source: str
    layer: Layer
    logsources: tuple[LogSource, ...]
    """Every log source the event belongs to; empty = not known to any mapping."""
    at_ms: int
    """Event time used for windows (see CLOCK_SUSPECT, NO_TIME)."""
    read_at_ms: int
    received_at_ms: int
    fields: Fields
    original: str
    """The record's text after making the bytes valid."""
    marks: frozenset[Mark] = frozenset()
    retention: RetentionClass = RetentionClass.STANDARD
    reason: str = ""
    """Why it was quarantined."""
    zone: str = "UTC"
    """Zone applied to a time without one."""
    stated_at_ms: int | None = None
    """The record's own time where CLOCK_SUSPECT replaced it."""
    record: Record | None = None
    """As it came, where it was quarantined: a mended parser can read it again."""
    version: int = 1

    @property
    def key(self) -> str:
        """Return the store key."""
        return f"{self.day}/{self.id}"
