"""Stage ship: what the journal holds goes to the centre in order; a 200 acknowledges it.

peek ─► batch ─► DURABLE: acknowledge, go on
          ▲      LATER:   wait (exponential, jittered, at least Retry-After), the same again
          │      SMALLER: half as many records
          └───── REFUSED: say so, wait long; the spool goes on filling, nobody enrols again by itself
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import assert_never

from collectors.centre import Centre, Outcome, Verdict
from collectors.lag import Lag
from soc.kernel.clock import Clock
from soc.kernel.logs import Log, Said
from soc.kernel.retry import backoff
from soc.model.identity import Origin
from soc.spool.chunk import Chunk, Limits
from soc.spool.journal import Journal
from soc.wire.codec import VERSION
from soc.wire.messages import Batch

BATCH = Limits(records=500, raw_bytes=1 << 20)
REFUSED_FIRST, REFUSED_CAP = timedelta(seconds=30), timedelta(minutes=10)


@dataclass(slots=True)
class Shipper:
    """The only one who moves the journal's acknowledged number."""

    journal: Journal
    centre: Centre
    origin: Origin
    lag: Lag
    kept: asyncio.Event
    """Set when the journal has something new."""
    clock: Clock
    log: Log
    jitter: Callable[[], float] = random.random
    _limits: Limits = BATCH
    _quarantined: int = 0

    async def run(self) -> None:
        """Ship until cancelled."""
        while True:
            self.kept.clear()
            chunk = await self._next()
            if chunk:
                await self._deliver(chunk)
            else:
                await self.kept.wait()

    async def _next(self) -> Chunk:
        chunk = await asyncio.to_thread(self.journal.peek, self.journal.acked_seq, self._limits)
        if self.journal.quarantined > self._quarantined:
            self._quarantined = self.journal.quarantined
            self.log.warning(Said.SPOOL_QUARANTINED, segments=self._quarantined)
        return chunk

    async def _deliver(self, chunk: Chunk) -> None:
        """Say *chunk* until it is durable, or until smaller pieces of it are wanted."""
        waits, refused = backoff(self.jitter), backoff(self.jitter, first=REFUSED_FIRST, cap=REFUSED_CAP)
        while True:
            verdict = await self.centre.say(self._batch(chunk))
            match verdict.outcome:
                case Outcome.DURABLE:
                    await self._acknowledge(chunk, verdict)
                    return
                case Outcome.SMALLER if len(chunk.records) > 1:
                    self._limits = Limits(len(chunk.records) // 2, BATCH.raw_bytes)
                    self.log.warning(Said.BATCH_REFUSED, why=verdict.why, next_records=self._limits.records)
                    return
                case Outcome.REFUSED:
                    await self._pause(chunk, verdict, next(refused))
                case Outcome.LATER | Outcome.SMALLER:
                    await self._pause(chunk, verdict, max(next(waits), verdict.retry_after))
                case never:
                    assert_never(never)

    async def _pause(self, chunk: Chunk, verdict: Verdict, pause: timedelta) -> None:
        self.log.warning(
            Said.SHIP_RETRY,
            first_seq=chunk.first_seq,
            outcome=verdict.outcome.name.lower(),
            why=verdict.why,
            pause_s=round(pause.total_seconds(), 1),
        )
        await self.clock.sleep(pause)

    async def _acknowledge(self, chunk: Chunk, verdict: Verdict) -> None:
        await asyncio.to_thread(self.journal.acknowledge, chunk.end_seq)
        if verdict.answer is not None and verdict.answer.resend_from is not None:
            await asyncio.to_thread(self.journal.rewind, verdict.answer.resend_from)
        self.lag.acknowledged(self.journal.acked_seq)
        self._limits = BATCH
        self.log.info(Said.SHIPPED, below_seq=chunk.end_seq, records=len(chunk.records))

    def _batch(self, chunk: Chunk) -> Batch:
        return Batch(
            version=VERSION,
            origin=self.origin,
            boot=chunk.boot,
            sent_at_ms=self.clock.now_ms(),
            first_seq=chunk.first_seq,
            records=chunk.records,
            gaps=chunk.gaps,
        )
