"""Stage ship: what the journal holds goes to the centre, a few batches at once; a 200 acknowledges one.

peek ─► piece ─► DURABLE: delivered; the journal hears of it once everything before is, too
                 LATER:   wait (exponential, jittered, at least Retry-After), the same again
                 SMALLER: its halves; one record alone that no gateway takes five times in ten minutes
                          is set aside and declared, and holds up nobody meanwhile
                 REFUSED: say so, wait long; the spool goes on filling, nobody enrols again by itself

While the oldest record is more than a minute old, every other piece is taken from what is read now, so
that catching up does not starve what is live.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import IntEnum
from typing import assert_never

from collectors.centre import Centre, Outcome, Verdict
from collectors.lag import Lag
from collectors.orders import Orders
from collectors.pace import Pace
from collectors.piece import Piece, declared, halves
from collectors.window import Span, Window
from soc.kernel.clock import Clock
from soc.kernel.errors import SpoolError
from soc.kernel.logs import Log, Said
from soc.kernel.retry import backoff
from soc.model.identity import Origin
from soc.spool.chunk import Chunk, Limits
from soc.spool.journal import Journal
from soc.wire.codec import VERSION
from soc.wire.messages import Batch

RECORDS = 500
REFUSED_FIRST, REFUSED_CAP = timedelta(seconds=30), timedelta(minutes=10)
REFUSALS = 5
"""So often one record alone is refused before it is set aside …"""
TRY_EVERY = timedelta(minutes=2.5)
"""… and so long it rests in between, at least."""
TRIALS = 8
"""Records that are tried alone at once; they hold no place in flight."""
BEHIND_MS = 60_000


class Lane(IntEnum):
    """Where a piece is read; the journal remembers each lane's place."""

    BACKLOG = 0
    LIVE = 1


@dataclass(slots=True)
class Shipper:
    """The only one who moves the journal's acknowledged number."""

    journal: Journal
    centre: Centre
    origin: Origin
    lag: Lag
    kept: asyncio.Event
    """Set when the journal has something new, or the centre wants something again."""
    clock: Clock
    log: Log
    orders: Orders
    pace: Pace
    in_flight: int = 4
    jitter: Callable[[], float] = random.random
    moved_at_s: float = field(init=False)
    """When an answer was heard or records were looked for, the last time, by the monotonic clock."""
    _window: Window = field(init=False)
    _places: asyncio.Semaphore = field(init=False)
    _trials: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(TRIALS))
    _marking: asyncio.Lock = field(default_factory=asyncio.Lock)
    _live_from: int | None = None
    """Where the live lane began; None while nothing is behind."""
    _live: Span | None = None
    _lane: Lane = Lane.BACKLOG
    """Of the last piece."""
    _quarantined: int = 0

    def __post_init__(self) -> None:
        """Begin with what is not acknowledged."""
        self.moved_at_s = self.clock.monotonic()
        self._window = Window(self.journal.acked_seq)
        self._places = asyncio.Semaphore(self.in_flight)

    async def run(self) -> None:
        """Ship until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._places.acquire()
                piece = await self._next()
                tasks.create_task(self._carry(piece, tasks), name="carry")

    async def _next(self) -> Piece:
        while True:
            self.kept.clear()
            self.moved_at_s = self.clock.monotonic()
            await self._rewind()
            piece = await self._peek()
            if self.journal.quarantined > self._quarantined:
                self._quarantined = self.journal.quarantined
                self.log.warning(Said.SPOOL_QUARANTINED, segments=self._quarantined)
            if piece is not None:
                return piece
            await self.kept.wait()

    async def _peek(self) -> Piece | None:
        """Return the next piece of the lane whose turn it is."""
        live = await self._peek_live()
        if live is not None:
            self._lane, self._live = Lane.LIVE, live.span
            return live
        piece = await self._read(self._window.free(self._window.acked), Lane.BACKLOG)
        self._lane = Lane.BACKLOG
        if piece is None or not self._is_behind(piece.chunk):
            self._live_from = None
        elif self._live_from is None:
            self._live_from = self.journal.next_seq
        return piece

    async def _peek_live(self) -> Piece | None:
        if self._live_from is None or self._lane is Lane.LIVE or self._window.flies(self._live):
            return None
        free = self._window.free(self._live_from)
        if free.begin >= self.journal.next_seq:
            return None
        piece = await self._read(free, Lane.LIVE)
        if piece is not None and self._is_behind(piece.chunk):
            self._live_from = self.journal.next_seq
        return piece

    async def _read(self, free: Span, lane: Lane) -> Piece | None:
        limits = Limits(min(RECORDS, free.end - free.begin), self.pace.batch_bytes())
        chunk = await asyncio.to_thread(self.journal.peek, free.begin, limits, lane)
        if not chunk:
            return None
        span = replace(free, end=chunk.end_seq)
        self._window.sent(span)
        return Piece(chunk, span)

    def _is_behind(self, chunk: Chunk) -> bool:
        return bool(chunk.records) and self.clock.now_ms() - chunk.records[0].read_at_ms > BEHIND_MS

    async def _rewind(self) -> None:
        seq = self.orders.resend_from()
        if seq is not None and seq < self._window.acked:
            async with self._marking:
                self._window.rewound(seq)
                await asyncio.to_thread(self.journal.rewind, seq)
            self._live_from = None

    async def _carry(self, piece: Piece, tasks: asyncio.TaskGroup) -> None:
        """Deliver *piece*, in ever smaller parts if it must be; its place is free afterwards."""
        parts = [piece]
        while parts:
            part = parts.pop()
            verdict = await self._say(part.chunk)
            if verdict.outcome is Outcome.DURABLE:
                await self._arrived(part)
            elif part.is_single:
                await self._trials.acquire()
                tasks.create_task(self._try(part, verdict), name="try")
            else:
                left, right = halves(part, self._window)
                parts += (right, left)
                self.log.warning(Said.BATCH_REFUSED, why=verdict.why, next_records=len(left.chunk.records))
        self._places.release()

    async def _try(self, piece: Piece, verdict: Verdict) -> None:
        """Deliver one record that was refused alone, or what is declared in its place."""
        for _ in range(REFUSALS - 1):
            await self.clock.sleep(TRY_EVERY * (1 + self.jitter() / 4))
            verdict = await self._say(piece.chunk)
            if verdict.outcome is Outcome.DURABLE:
                break
        else:
            piece = await self._set_aside(piece, f"refused by the centre: {verdict.why}")
            await self._say(piece.chunk)
        await self._arrived(piece)
        self._trials.release()

    async def _set_aside(self, piece: Piece, why: str) -> Piece:
        waits = backoff(self.jitter, first=REFUSED_FIRST, cap=REFUSED_CAP)
        while True:
            try:
                gap = await asyncio.to_thread(self.journal.set_aside, piece.chunk.first_seq, why)
            except SpoolError as error:
                self.log.warning(Said.SPOOL_FAILED, error=str(error))
                await self.clock.sleep(next(waits))
            else:
                self.log.warning(Said.SET_ASIDE, seq=gap.first_seq, source=gap.source, why=why)
                return declared(piece, gap)

    async def _say(self, chunk: Chunk) -> Verdict:
        """Say *chunk* until it is durable, or until less at once is wanted of its records."""
        waits, refused = backoff(self.jitter), backoff(self.jitter, first=REFUSED_FIRST, cap=REFUSED_CAP)
        while True:
            verdict = await self.centre.say(self._batch(chunk))
            self.moved_at_s = self.clock.monotonic()
            match verdict.outcome:
                case Outcome.DURABLE:
                    return verdict
                case Outcome.SMALLER if chunk.records:
                    return verdict
                case Outcome.REFUSED:
                    await self._pause(chunk, verdict, next(refused))
                case Outcome.LATER | Outcome.SMALLER:
                    asked = verdict.retry_after * (1 + self.jitter() / 4)  # all are told the same
                    await self._pause(chunk, verdict, max(next(waits), asked))
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

    async def _arrived(self, piece: Piece) -> None:
        self._window.done(piece.span)
        async with self._marking:  # or a wish to send again would be overtaken
            await asyncio.to_thread(self.journal.acknowledge, self._window.acked)
        self.lag.acknowledged(self.journal.acked_seq)
        self.log.info(Said.SHIPPED, below_seq=piece.chunk.end_seq, records=len(piece.chunk.records))

    def _batch(self, chunk: Chunk) -> Batch:
        return Batch(
            version=VERSION,
            origin=self.origin,
            boot=chunk.boot,
            sent_at_ms=self.clock.now_ms(),
            first_seq=chunk.first_seq,
            records=chunk.records,
            gaps=chunk.gaps,
            spool=self.journal.spool,
            acked_seq=self.journal.acked_seq,
        )
