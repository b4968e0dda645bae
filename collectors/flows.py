"""Flows: every source of a collector with the channel it writes to."""

from contextlib import ExitStack
from dataclasses import dataclass

from collectors.opening import open_source
from collectors.reading import Reading, Source
from collectors.settings import Settings
from soc.kernel.channel import Channel
from soc.kernel.clock import Clock
from soc.kernel.logs import Log
from soc.spool.journal import Journal

WAITING_READINGS = 16
"""Of up to 64 KiB each: as much as becomes durable at once."""
SHEDDING_READINGS = 256
"""Single datagrams."""


@dataclass(frozen=True, slots=True)
class Flows:
    """Open sources and the two channels to the spool."""

    sources: list[tuple[Source, Channel[Reading]]]
    channels: tuple[Channel[Reading], Channel[Reading]]
    """Of those that can wait, and of those that cannot."""

    @classmethod
    def opened(cls, settings: Settings, journal: Journal, clock: Clock, log: Log) -> "Flows":
        """Open every source where the journal says that it left off, or none."""
        waiting, shedding = Channel[Reading](WAITING_READINGS), Channel[Reading](SHEDDING_READINGS)
        flows = cls([], (waiting, shedding))
        with ExitStack() as stack:
            stack.callback(flows.close)
            floor_bytes = settings.collector.disk_floor_mib << 20
            for one in settings.sources:
                source = open_source(one, journal.states(), clock, log, floor_bytes)
                flows.sources.append((source, shedding if one.overflow == "shed" else waiting))
            stack.pop_all()
        return flows

    async def end(self) -> None:
        """Let nothing more in."""
        for channel in self.channels:
            await channel.close()

    def close(self) -> None:
        """Give up files and sockets."""
        for source, _ in self.sources:
            source.close()
