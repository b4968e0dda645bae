"""Pace: how much of the agency's line batches may take, by the hour."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from soc.kernel.clock import Clock

BYTES_PER_KBIT = 125
OVERHEAD_BYTES = 500
"""Of one request and its answer: headers, TLS records."""
SMALLEST_BATCH_BYTES = 64 << 10
LARGEST_BATCH_BYTES = 1 << 20
LINE_S = 16
"""A batch holds raw bytes for so many seconds of the line; compressed they take two or three."""


@dataclass(slots=True)
class Pace:
    """Lets one body go when the line has had time for those before it.

    What is said here is an average: a body itself leaves as fast as the line takes it, which is why
    batches are small where the line is narrow.
    """

    kbit_s: Callable[[datetime], int]
    """The rate of a moment; 0: no limit."""
    clock: Clock
    _free_at_s: float = 0.0

    async def leave(self, size_bytes: int) -> None:
        """Wait until *size_bytes* may be sent."""
        rate = self._bytes_per_s()
        if rate == 0:
            return
        now_s = self.clock.monotonic()
        begin_s = max(now_s, self._free_at_s)
        self._free_at_s = begin_s + (size_bytes + OVERHEAD_BYTES) / rate
        if begin_s > now_s:
            await self.clock.sleep(timedelta(seconds=begin_s - now_s))

    def batch_bytes(self) -> int:
        """Return how many raw bytes a batch should hold now."""
        rate = self._bytes_per_s()
        return (
            min(max(rate * LINE_S, SMALLEST_BATCH_BYTES), LARGEST_BATCH_BYTES)
            if rate
            else LARGEST_BATCH_BYTES
        )

    def _bytes_per_s(self) -> int:
        return self.kbit_s(self.clock.now()) * BYTES_PER_KBIT
