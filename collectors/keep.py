"""Stage keep: readings become durable in the journal, as many at once as wait.

    readings of sources that can wait ──► append; no room, or a failing disk: wait and try again
    readings of those that cannot     ──► append; otherwise count them, and note the counts every 10 s
                                          (in the journal's reserve where nothing else fits)

Whatever the disk does, this stage goes on, so that shipping goes on and makes room.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta

from collectors.lag import Lag
from collectors.overflow import LetGo, Overflow
from collectors.reading import Reading
from soc.kernel.channel import Channel
from soc.kernel.clock import Clock
from soc.kernel.errors import SpoolError
from soc.kernel.logs import Log, Said
from soc.kernel.retry import backoff
from soc.spool.growth import SpoolFull
from soc.spool.journal import Journal

MAX_RECORDS = 500
MAX_RAW_BYTES = 1 << 20
FULL_PAUSE = timedelta(seconds=1)
FAILED_CAP = timedelta(minutes=1)
NOTE_EVERY = timedelta(seconds=10)
TEND_EVERY = timedelta(minutes=1)


@dataclass(slots=True)
class Keeper:
    """The only writer of the journal."""

    journal: Journal
    lag: Lag
    clock: Clock
    log: Log
    kept: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever something new is durable."""
    jitter: Callable[[], float] = random.random
    _overflow: Overflow = field(default_factory=Overflow)
    _noting: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self, waiting: Channel[Reading], shedding: Channel[Reading] | None = None) -> None:
        """Keep what comes until both channels are closed and empty.

        Sources that write to *waiting* stand still while there is no room; those that write to
        *shedding* never do: what does not fit is let go and declared.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                lanes = [tasks.create_task(self._insist_on(waiting), name="keep")]
                noting = tasks.create_task(self._note_for_ever(), name="note")
                if shedding is not None:
                    lanes.append(tasks.create_task(self._let_go_of(shedding), name="keep or shed"))
                await asyncio.wait(lanes)
                async with self._noting:
                    noting.cancel()
        finally:
            await self._note()

    async def tend(self, machine: Clock) -> None:
        """Delete what was delivered long ago, by the *machine*'s own clock, until cancelled."""
        told = ""
        while True:
            await asyncio.to_thread(self.journal.trim, machine.now_ms())
            if self.journal.trouble != told:
                told = self.journal.trouble
                if told:
                    self.log.warning(Said.SPOOL_FAILED, error=told)
                else:
                    self.log.info(Said.SPOOL_ROOM)
            await self.clock.sleep(TEND_EVERY)

    async def _insist_on(self, channel: Channel[Reading]) -> None:
        async for readings in _batches(channel):
            waits = backoff(self.jitter, first=FULL_PAUSE, cap=FAILED_CAP)
            told = False
            while True:
                try:
                    await self._append(readings, LetGo())
                    break
                except SpoolError as error:
                    told = told or self._say(error)
                    await self.clock.sleep(FULL_PAUSE if isinstance(error, SpoolFull) else next(waits))

    async def _let_go_of(self, channel: Channel[Reading]) -> None:
        told = False
        async for readings in _batches(channel):
            let_go = self._overflow.take()
            try:
                await self._append(readings, let_go)
                told = False
            except SpoolError as error:
                told = told or self._say(error)
                self._overflow.give_back(let_go)
                why = "the spool is full" if isinstance(error, SpoolFull) else "the spool's disk fails"
                self._overflow.let_go(readings, why, self.clock.now_ms())

    async def _append(self, readings: list[Reading], let_go: LetGo) -> None:
        records = [record for reading in readings for record in reading.records]
        states = dict(let_go.states)
        for reading in readings:
            states |= reading.states
        shed = [*let_go.shed, *(item for reading in readings for item in reading.shed)]
        first_seq = await asyncio.to_thread(self.journal.append, records, states, shed)
        self.lag.kept(first_seq, records)
        self.lag.acknowledged(self.journal.acked_seq)  # it may have been delivered since
        self.kept.set()
        for reading in readings:
            if reading.durable is not None:
                reading.durable.set()

    async def _note_for_ever(self) -> None:
        while True:
            await self.clock.sleep(NOTE_EVERY)
            await self._note()

    async def _note(self) -> None:
        """Make durable how much was let go; where even that does not fit, it is counted on."""
        async with self._noting:
            if not self._overflow:
                return
            let_go = self._overflow.take()
            try:
                await asyncio.to_thread(self.journal.reserve_shed, let_go.shed, let_go.states)
            except SpoolError:
                self._overflow.give_back(let_go)
                return
            self.kept.set()
            for shed in let_go.shed:
                self.log.warning(Said.SHED, source=shed.source, records=shed.count, why=shed.why)

    def _say(self, error: SpoolError) -> bool:
        said = Said.SPOOL_FULL if isinstance(error, SpoolFull) else Said.SPOOL_FAILED
        self.log.warning(said, error=str(error))
        return True


async def _batches(channel: Channel[Reading]) -> AsyncIterator[list[Reading]]:
    """Yield what waits, at most about 500 records or 1 MiB at a time."""
    batch: list[Reading] = []
    async for reading in channel:
        batch.append(reading)
        if not len(channel) or _is_much(batch):
            yield batch
            batch = []


def _is_much(readings: list[Reading]) -> bool:
    records = sum(len(reading.records) for reading in readings)
    return records >= MAX_RECORDS or sum(reading.raw_bytes for reading in readings) >= MAX_RAW_BYTES
