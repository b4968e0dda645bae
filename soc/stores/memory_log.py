"""Port ``Log`` in memory: the double that tests run on."""

from collections.abc import AsyncIterator, Sequence

import msgspec

from soc.kernel.errors import Conflict, StoreError
from soc.ports.log import LogRecord, StreamEnd


class MemoryLog:
    """Streams as lists; shared by whoever shares the object."""

    def __init__(self) -> None:
        """Begin empty."""
        self._streams: dict[str, list[LogRecord]] = {}

    async def append(self, stream: str, n: int, head: bytes, parts: Sequence[bytes] = ()) -> None:
        """Keep record *n*.

        Raises:
            Conflict: it exists.
            StoreError: it would leave a hole.
        """
        records = self._streams.get(stream, [])
        if n < len(records):
            raise Conflict(f"{stream}: record {n} exists")
        if n > len(records):
            raise StoreError(f"{stream}: record {n} would leave a hole behind {len(records)}")
        self._streams.setdefault(stream, records).append(LogRecord(n, head, tuple(parts)))

    async def read(self, stream: str, start: int) -> AsyncIterator[LogRecord]:
        """Yield the records from *start* on that stand now."""
        for record in tuple(self._streams.get(stream, ())[start:]):
            yield record

    async def streams(self, prefix: str) -> list[StreamEnd]:
        """Return the streams under *prefix*, by name."""
        return [
            StreamEnd(name, len(self._streams[name]))
            for name in sorted(self._streams)
            if name.startswith(prefix)
        ]

    async def erase(self, stream: str, n: int, part: int) -> None:
        """Forget one payload.

        Raises:
            StoreError: there is no such payload.
        """
        records = self._streams.get(stream, [])
        if not 0 <= n < len(records) or not 0 <= part < len(records[n].parts):
            raise StoreError(f"{stream}: no payload {part} in record {n}")
        parts = list(records[n].parts)
        parts[part] = None
        records[n] = msgspec.structs.replace(records[n], parts=tuple(parts))

    async def drop(self, stream: str) -> None:
        """Forget a stream."""
        self._streams.pop(stream, None)
