"""Reads every feed from a cursor vector {stream: n}; search is never used to discover signals."""

from collections.abc import AsyncIterator

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

    async def fresh(self) -> AsyncIterator[FeedEntry]:
        """Yield what was appended since the last call, up to the ends found at its beginning.

        Raises:
            Corrupt: an entry fails its check.
        """
        for end in await self._log.streams(PREFIX):
            start = self._cursor.get(end.name, 0)
            if start >= end.length:
                continue
            async for record in self._log.read(end.name, start):
                self._cursor[end.name] = record.n + 1
                yield feed.decode(record.head)
