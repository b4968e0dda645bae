"""A heartbeat: how far each source of a collector has been read and delivered."""

import msgspec

from soc.model.identity import Origin


class SourceState(msgspec.Struct, frozen=True):
    """One source of one collector."""

    source: str
    oldest_unacked_ms: int
    """Oldest read time not yet acknowledged; the collector's corrected clock when nothing is held."""


class Heartbeat(msgspec.Struct, frozen=True):
    """What a collector says of itself, with or without records."""

    origin: Origin
    boot: str
    sent_at_ms: int
    """Collector's clock."""
    received_at_ms: int
    """Centre's clock."""
    next_seq: int
    """Sequence number the collector will give its next record."""
    acked_seq: int
    """Every record below this one was acknowledged."""
    sources: tuple[SourceState, ...]
    spool_bytes: int
    software: str
