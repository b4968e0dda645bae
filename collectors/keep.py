"""Stage keep: readings become durable in the journal, as many at once as wait."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from collectors.lag import Lag
from collectors.reading import Reading
from soc.kernel.channel import Channel
from soc.kernel.clock import Clock
from soc.kernel.logs import Log, Said
from soc.model.record import Record
from soc.spool.growth import SpoolFull
from soc.spool.journal import Journal, Shed

MAX_RECORDS = 500
MAX_RAW_BYTES = 1 << 20
FULL_PAUSE = timedelta(seconds=1)


@dataclass(slots=True)
class Keeper:
    """The only writer of the journal."""

    journal: Journal
    lag: Lag
    clock: Clock
    log: Log
    kept: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever something new is durable."""

    async def run(self, readings: Channel[Reading]) -> None:
        """Keep what comes until the channel is closed and empty."""
        waiting: list[Reading] = []
        async for reading in readings:
            waiting.append(reading)
            if not len(readings) or _is_much(waiting):
                await self._keep(waiting)
                waiting = []

    async def _keep(self, readings: list[Reading]) -> None:
        records = [record for reading in readings for record in reading.records]
        states = {key: state for reading in readings for key, state in reading.states.items()}
        shed = [item for reading in readings for item in reading.shed]
        first_seq = await self._append(records, states, shed)
        self.lag.kept(first_seq, records)
        self.kept.set()

    async def _append(self, records: list[Record], states: dict[str, bytes], shed: list[Shed]) -> int:
        told = False
        while True:
            try:
                return await asyncio.to_thread(self.journal.append, records, states, shed)
            except SpoolFull as error:
                if not told:
                    self.log.warning(Said.SPOOL_FULL, error=str(error))
                told = True
                await self.clock.sleep(FULL_PAUSE)


def _is_much(readings: list[Reading]) -> bool:
    records = sum(len(reading.records) for reading in readings)
    return records >= MAX_RECORDS or sum(reading.raw_bytes for reading in readings) >= MAX_RAW_BYTES
