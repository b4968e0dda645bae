"""A bounded channel between two stages: a full one blocks its producer, a closed one ends its consumer."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

T = TypeVar("T")


class ChannelClosed(Exception):
    """Nothing more can be sent."""


class Channel(Generic[T]):
    """A queue of at most *capacity* items that can be closed.

    ``send`` waits while it is full; iteration yields what is left after ``close`` and then ends.
    """

    def __init__(self, capacity: int) -> None:
        """Create an open channel for *capacity* ≥ 1 items."""
        self._items: deque[T] = deque()
        self._capacity = capacity
        self._closed = False
        self._changed = asyncio.Condition()

    async def send(self, item: T) -> None:
        """Put *item* in, waiting for room.

        Raises:
            ChannelClosed: the channel was closed before there was room.
        """
        async with self._changed:
            await self._changed.wait_for(lambda: self._closed or len(self._items) < self._capacity)
            if self._closed:
                raise ChannelClosed
            self._items.append(item)
            self._changed.notify_all()

    async def close(self) -> None:
        """End the flow; may be called twice."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    def __len__(self) -> int:
        """Return the number of items that wait."""
        return len(self._items)

    async def __aiter__(self) -> AsyncIterator[T]:
        """Yield items in order until closed and empty."""
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self._closed or bool(self._items))
                if not self._items:
                    return
                item = self._items.popleft()
                self._changed.notify_all()
            yield item
