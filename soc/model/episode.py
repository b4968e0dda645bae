"""An episode: a stretch of time in which a correlation's condition stands for one group."""

import msgspec

from soc.model.identity import Layer


class Key(msgspec.Struct, frozen=True, order=True):
    """Which group of which rule (CORRELATION.md, "Group key")."""

    rule_id: str
    agency: str | None
    """None for a province-scoped rule."""
    exercise: str | None
    group: tuple[tuple[str, str], ...]
    """(group-by name, folded value), in the order of the rule's ``group-by``."""


class Member(msgspec.Struct, frozen=True):
    """One signal, or child episode, of an episode."""

    id: str
    """Signal id; for a child episode the episode id."""
    rule_id: str
    agency: str
    at_ms: int
    layer: Layer | None
    """None for a child episode whose members speak for several layers."""
    event_id: str = ""
    event_day: str = ""
    child_first_ms: int | None = None
    child_last_ms: int | None = None


class Episode(msgspec.Struct, frozen=True):
    """What stands now for one key and span of time."""

    id: str
    key: Key
    rule_version: str
    first_at_ms: int
    last_at_ms: int
    fires_at_ms: int
    """First firing point (bounded: last_at)."""
    count: int
    members: tuple[Member, ...]
    """In time order; beyond 100 k the first and last 1,000 (``truncated``)."""
    layers: tuple[Layer, ...]
    """Layers in the order in which they first spoke."""
    agencies: tuple[str, ...]
    generation: int = 0
    revision: int = 0
    truncated: bool = False
    version: int = 1
