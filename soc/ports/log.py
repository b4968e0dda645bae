"""Port ``Log``: append-only streams of numbered records; feeds and the ledger both live on it."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import msgspec


class LogRecord(msgspec.Struct, frozen=True):
    """One record of a stream."""

    n: int
    """From 0, without holes."""
    head: bytes
    parts: tuple[bytes | None, ...]
    """Erasable payloads beside the head; None = erased."""


class StreamEnd(msgspec.Struct, frozen=True):
    """A stream and how long it is."""

    name: str
    length: int


class Log(Protocol):
    """Streams that only grow."""

    async def append(self, stream: str, n: int, head: bytes, parts: Sequence[bytes] = ()) -> None:
        """Write record *n* durably, all or nothing.

        Raises:
            Conflict: record *n* exists already (also when it is one's own, after a lost answer).
            StoreError: *n* would leave a hole.
            StoreBusy: try again.
        """
        ...

    def read(self, stream: str, start: int) -> AsyncIterator[LogRecord]:
        """Yield every record from *start* on that was appended before the call, in order.

        Raises:
            Corrupt: a record fails its check, or is missing between others.
        """
        ...

    async def streams(self, prefix: str) -> list[StreamEnd]:
        """Return the streams whose names begin with *prefix*, sorted by name."""
        ...

    async def erase(self, stream: str, n: int, part: int) -> None:
        """Remove one payload for ever; the record and its head stay."""
        ...

    async def drop(self, stream: str) -> None:
        """Remove a whole stream (a feed beyond its retention)."""
        ...
