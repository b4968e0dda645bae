"""Reads every feed from a cursor vector {stream: n}; search is never used to discover signals."""

from collections.abc import AsyncIterator, Mapping

from soc.ports.log import Log
from soc.wire import feed
from soc.wire.feed import FeedEntry

PREFIX = "feed/"


class FeedReader:
    """Each entry of each gateway's feed, once, in the order of its stream."""

    def __init__(self, log: Log) -> None:
        """Begin before the first entry."""
        self._log = log
        self._cursor: dict[str, int] = {}

    @property
    def cursor(self) -> Mapping[str, int]:
        """How many entries of each stream were read."""
        return self._cursor

    def go_on(self, cursor: Mapping[str, int]) -> None:
        """Begin behind what another reader had read when its cursor was *cursor*."""
        self._cursor = dict(cursor)

    async def fresh(self) -> AsyncIterator[FeedEntry]:
        """Yield what was appended since the last call, up to the ends found at its beginning.

        Raises:
            Corrupt: an entry fails its check.
        """
        ends = await self._log.streams(PREFIX)
        self._cursor = {end.name: self._cursor.get(end.name, 0) for end in ends}
        for end in ends:
            start = self._cursor[end.name]
            if start >= end.length:
                continue
            async for record in self._log.read(end.name, start):
                if record.n >= end.length:
                    break
                self._cursor[end.name] = record.n + 1
                yield feed.decode(record.head)
