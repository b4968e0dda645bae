"""A heartbeat: how far each source of a collector has been read and delivered."""

from enum import StrEnum

import msgspec

from soc.model.identity import Origin


class SourceState(msgspec.Struct, frozen=True):
    """One source of one collector."""

    source: str
    oldest_unacked_ms: int
    """Oldest read time not yet acknowledged; the collector's corrected clock when nothing is held."""


class Fate(StrEnum):
    """What became of the newest configuration revision that a collector was sent."""

    APPLIED = "applied"
    REFUSED = "refused"
    """Not signed for this collector, not newer, or not usable: nothing was changed."""
    ROLLED_BACK = "rolled_back"
    """Nothing could be shipped with it: the one before is in force again."""


class ConfigurationState(msgspec.Struct, frozen=True):
    """How a collector is set up, and why."""

    number: int
    """Of the revision; 0 before there was one."""
    fate: Fate
    hash: str = ""
    """Digest of the settings in force: it differs from the revision's where somebody changed them by hand."""
    why: str = ""
    """In words, where it was refused or rolled back."""


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
    spool: str = ""
    """Random id of the spool: sequence numbers count within it. Empty: an older collector."""
    spool_limit_bytes: int = 0
    """Most the spool may take; 0: not said."""
    shed: int = 0
    """Records let go since the spool was made, each declared as a gap."""
    set_aside: int = 0
    """Records that the centre would not take, kept apart at the collector and declared as gaps."""
    configuration: ConfigurationState | None = None
    certificate_until_ms: int = 0
    """End of the client certificate's validity; 0: not said."""
