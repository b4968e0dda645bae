"""A feed entry: what a gateway tells the correlator and the accounts, in order, once durable."""

import msgspec

from soc.kernel.errors import Corrupt
from soc.model.heartbeat import Heartbeat
from soc.model.identity import Origin
from soc.model.signal import Signal
from soc.wire.messages import Gap

MAX_SIGNALS = 1000
MAX_ENTRY_BYTES = 1 << 20


class Receipt(msgspec.Struct, frozen=True):
    """What became of one batch; the accounts read only these."""

    origin: Origin
    boot: str
    first_seq: int
    last_seq: int
    stored: int
    reread: int
    """Stored once more: the same event was first seen on an earlier day."""
    known: int
    """Stored before, by an earlier delivery of this record or an earlier reading of its file."""
    quarantined: int
    """Of all: could not be parsed."""
    gaps: tuple[Gap, ...]
    received_at_ms: int
    clock_offset_ms: int
    """Centre's clock minus collector's clock at sending."""
    read_until_ms: int = 0
    """Newest read time in the batch."""
    spool: str = ""
    """Spool that the numbers count within; empty: an older collector, or a door."""
    acked_seq: int = 0
    """Every number of the spool below this one was acknowledged before; 0: not said."""
    door: str = ""
    """Way in without sequence numbers (``bulk``, ``beats``, ``relp``, ``syslog``): ``first_seq``
    is 1 and ``last_seq`` 0. Empty: a numbered batch."""
    repeats: int = 0
    """Records that may have been stored before under other ids; doors only."""


class FeedEntry(msgspec.Struct, frozen=True):
    """At most 1,000 signals and 1 MiB."""

    version: int
    signals: tuple[Signal, ...] = ()
    heartbeats: tuple[Heartbeat, ...] = ()
    receipts: tuple[Receipt, ...] = ()


def encode(entry: FeedEntry) -> bytes:
    """Return *entry* as it is appended to a feed."""
    return msgspec.msgpack.encode(entry)


def decode(data: bytes) -> FeedEntry:
    """Return the entry in *data*.

    Raises:
        Corrupt: the bytes are not a feed entry.
    """
    try:
        return msgspec.msgpack.decode(data, type=FeedEntry)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Corrupt(f"feed entry: {error}") from error


def stream_name(day: str, gateway: str, boot: str) -> str:
    """Return the name of one gateway process's feed of one *day*; names sort by day."""
    return f"feed/{day}/{gateway}-{boot}"


def split(signals: tuple[Signal, ...]) -> list[tuple[Signal, ...]]:
    """Cut *signals* into parts that each fit one entry."""
    parts: list[list[Signal]] = [[]]
    size = 0
    for signal in signals:
        weight = len(msgspec.msgpack.encode(signal))
        if parts[-1] and (len(parts[-1]) >= MAX_SIGNALS or size + weight > MAX_ENTRY_BYTES):
            parts.append([])
            size = 0
        parts[-1].append(signal)
        size += weight
    return [tuple(part) for part in parts if part]
