"""A reading: what a format parser found in one record, before it becomes an event."""

from datetime import tzinfo
from typing import NamedTuple

import msgspec

from soc.model.event import Fields, LogSource
from soc.parsing.mapping import Sources


class Context(NamedTuple):
    """What a format parser may know besides the text."""

    sources: Sources
    zone: tzinfo
    """For times without one."""
    near_ms: int
    """When the record was read: decides the year of a date without one."""
    source: str = ""
    """Source id, which may name the log."""
    bare: bool = False
    """Only fields and log sources are wanted: times and ids are left out."""


class Reading(msgspec.Struct):
    """Fields in the Sigma taxonomy and what else a format tells."""

    fields: Fields
    logsources: tuple[LogSource, ...]
    at_ms: int | None = None
    """The record's own time; None = it states no usable one."""
    own_id: str = ""
    """The record's own id; empty = it has none."""
    own_id_suffices: bool = False
    """The own id alone tells records apart, so that the bytes take no part in the event id."""
    malformed: bool = False
    """The text had to be mended."""
