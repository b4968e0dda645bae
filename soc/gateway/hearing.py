"""Hearing: how much one connection of a stream door may keep the centre holding unfinished, and how long.

What a sender has begun is held until it is whole and stored. So it counts in the memory that all bodies
share, of which an agency has a part; it must go on soon, and must not go on for ever.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Self

from soc.gateway.limits import Memory

CHUNK_BYTES = 64 << 10
UNFINISHED_S = 60
"""How long a sender may stand still that has begun something."""
WHOLE_S = 300
"""How long until something is whole that was begun: a large frame on a slow line takes minutes."""
CONNECTIONS_EACH = 256
"""Of one agency at one door, whatever certificates they show."""


def _now() -> float:
    return asyncio.get_running_loop().time()


@dataclass(slots=True)
class Hearing:
    """What comes from one sender."""

    reader: asyncio.StreamReader
    memory: Memory
    """Of the sender's agency."""
    _held_bytes: int = 0
    _begun: float = field(default_factory=_now)
    """When what is unfinished began."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.hold(0)

    async def more(self, held_bytes: int, *, expected: bool = False) -> bytes:
        """Return what comes next, nothing at the end.

        *held_bytes* of what came are unfinished; more is *expected* even if these are none.

        Raises:
            StoreBusy: they are more than may be held now.
            EOFError: it ends unfinished.
            OSError: the connection is lost, stands still, or what was begun takes too long.
        """
        self.hold(held_bytes)
        unfinished = held_bytes > 0 or expected
        async with asyncio.timeout_at(self._until() if unfinished else None):
            data = await self.reader.read(CHUNK_BYTES)
        if unfinished and not data:
            raise EOFError("the sender ended in the middle of a frame")
        if not unfinished:
            self._begun = _now()
        return data

    def stored(self) -> None:
        """Note that something was whole: what is unfinished began behind it."""
        self._begun = _now()

    def hold(self, bytes_: int) -> None:
        """Count that *bytes_* of what came are unfinished.

        Raises:
            StoreBusy: they are more than may be held now.
        """
        self.memory.take(bytes_ - self._held_bytes)
        self._held_bytes = bytes_

    def _until(self) -> float:
        return min(_now() + UNFINISHED_S, self._begun + WHOLE_S)
