"""A record: the bytes a collector read, with what is needed to give them one id for ever."""

import msgspec


class Record(msgspec.Struct, frozen=True):
    """One record as it lies in a spool and on the wire; the centre adds nothing to it."""

    source: str
    """Source id from the collector's settings, unique within the collector."""
    format: str
    """Name in the parser table (``windows_json``, ``syslog``, ``access``, ``json``, …)."""
    raw: bytes
    read_at_ms: int
    """Collector's corrected clock when the bytes were read."""
    day: str
    """First-seen day ``YYYY-MM-DD`` (UTC), fixed in the spool; half of the store key."""
    zone: str
    """IANA zone for times without one."""
    fingerprint: str = ""
    """Identity of the file; empty for network inputs."""
    offset: int = -1
    """Byte offset in the file; -1 for network inputs."""
    own_id: str = ""
    """The record's own id, where the format has one that the collector can see."""
    peer: str = ""
    """Address of the sender for network inputs."""
    split: bool = False
    """Part of a line longer than the limit, or cut off by a rotation."""
    encoding: str = ""
    """Of the bytes, where the collector knows it: ``utf-16-le``, ``utf-16-be``, ``cp1258``; empty = UTF-8,
    or whatever the bytes look like."""
