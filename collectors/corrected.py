"""The corrected clock: the machine's own time, moved by what the centre said of it."""

from datetime import datetime, timedelta

from soc.kernel.clock import Clock, from_ms

DEAD_BAND_MS = 2_000
"""Smaller differences are the network's; following them would make time go back and forth."""


class CorrectedClock:
    """A clock for an agency's machine, which nobody may have set in years."""

    def __init__(self, clock: Clock) -> None:
        """Agree with *clock* until told otherwise."""
        self._clock = clock
        self.offset_ms = 0
        """What is added to the machine's time."""

    def now(self) -> datetime:
        """Return the corrected wall time."""
        return from_ms(self.now_ms())

    def now_ms(self) -> int:
        """Return the corrected wall time in milliseconds."""
        return self._clock.now_ms() + self.offset_ms

    def monotonic(self) -> float:
        """Return the machine's monotonic clock."""
        return self._clock.monotonic()

    async def sleep(self, duration: timedelta) -> None:
        """Wait for *duration*."""
        await self._clock.sleep(duration)

    def told(self, centre_ms: int, *, asked_at_ms: int) -> None:
        """Take in that the centre's clock showed *centre_ms* between *asked_at_ms* (corrected) and now."""
        now_ms = self.now_ms()
        difference = centre_ms - (asked_at_ms + now_ms) // 2
        if abs(difference) > DEAD_BAND_MS + (now_ms - asked_at_ms) // 2:
            self.offset_ms += difference
