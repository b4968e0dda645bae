"""An indicator: an address, domain or hash that the national centre warned of (layer 4)."""

import msgspec


class Indicator(msgspec.Struct, frozen=True):
    """One named thing to watch for."""

    id: str
    """STIX id."""
    kind: str
    """ECS field family: ``ip``, ``domain``, ``url``, ``hash``."""
    value: str
    source: str
    tlp: str
    valid_from_ms: int
    valid_until_ms: int | None
    exercise: str | None
