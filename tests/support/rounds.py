"""A source that is driven round by round, with what it sent and what a spool would have kept of it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Protocol

from collectors.reading import Reading, Stamp
from soc.kernel.channel import Channel
from soc.kernel.clock import ManualClock
from soc.kernel.logs import Log, open_log
from soc.model.record import Record


class Rounded(Protocol):
    """A source that looks at everything once a round."""

    def resume(self, states: Mapping[str, bytes]) -> None: ...

    async def round(self, out: Channel[Reading]) -> None: ...


class Driven:
    """May be stopped, killed and started like the collector."""

    def __init__(self, start: Callable[[Stamp, Log], Rounded], format_: str) -> None:
        self.clock = ManualClock(datetime(2026, 11, 24, 10, 0, tzinfo=UTC))
        self.said = StringIO()
        self.states: dict[str, bytes] = {}
        self.readings: list[Reading] = []
        self._start = start
        self._stamp = Stamp("s", format_, "UTC", self.clock)
        self.source = start(self._stamp, open_log(self.said))

    async def round(self, *, after: timedelta = timedelta(seconds=10)) -> list[Record]:
        """Return the records of one round."""
        await self.clock.advance(after)
        new = await self._readings()
        for reading in new:
            self.states |= reading.states
        self.states = {key: state for key, state in self.states.items() if state}
        self.readings += new
        return [record for reading in new for record in reading.records]

    async def lose(self, *, keep: int = 0, after: timedelta = timedelta(seconds=10)) -> None:
        """Let a round pass of which only the first *keep* readings reach the spool, and be killed."""
        await self.clock.advance(after)
        for reading in (await self._readings())[:keep]:
            self.states |= reading.states
            self.readings.append(reading)
        self.restart()

    def restart(self) -> None:
        """Start again from what the spool kept."""
        self.source = self._start(self._stamp, open_log(self.said))
        self.source.resume(self.states)

    async def _readings(self) -> list[Reading]:
        out = Channel[Reading](100_000)
        await self.source.round(out)
        await out.close()
        return [reading async for reading in out]
