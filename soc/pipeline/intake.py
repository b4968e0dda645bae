"""Stage intake: a batch is parsed, matched, stored and fed; only then is the collector told 200.

    accept → parse → detection.match → writer.write(events) → log.append(feed) → return

Nothing is kept between batches but the feed's position, so a gateway that dies is simply replaced:
whatever was not answered is sent again, and ids make the repetition harmless.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from soc.detection.engine import Engine
from soc.health.days import day_of
from soc.kernel.clock import Clock
from soc.kernel.errors import Conflict
from soc.model.event import Event, Mark
from soc.model.heartbeat import Heartbeat
from soc.model.identity import Origin
from soc.model.record import Record
from soc.model.signal import Signal, signal_of
from soc.parsing.mapping import Sources
from soc.parsing.parse import parse
from soc.ports.events import EventWriter, Written
from soc.ports.log import Log
from soc.wire import feed
from soc.wire.feed import FeedEntry, Receipt
from soc.wire.messages import Batch, Beat

DAY_MS = 86_400_000
DAYS_BACK = 92
"""Records may have waited so long in a collector's spool under the day on which they were first seen."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """How this centre reads records: one value, so that a reload swaps both at once."""

    sources: Sources
    engine: Engine


class Feed:
    """The one writer of one gateway process's feed; a new stream each day."""

    def __init__(self, log: Log, gateway: str, boot: str, clock: Clock) -> None:
        """Write to *log* under the name of *gateway* and *boot*."""
        self._log = log
        self._gateway = gateway
        self._boot = boot
        self._clock = clock
        self._stream = ""
        self._next = 0
        self._turn = asyncio.Lock()

    async def append(self, entries: Sequence[FeedEntry]) -> None:
        """Write *entries* durably, in order.

        Raises:
            StoreBusy: some may be written; all are given again with the batch.
        """
        async with self._turn:
            for entry in entries:
                await self._append(feed.encode(entry))

    async def _append(self, data: bytes) -> None:
        day = self._clock.now().strftime("%Y-%m-%d")
        stream = feed.stream_name(day, self._gateway, self._boot)
        if stream != self._stream:
            self._stream, self._next = stream, 0
        while True:
            n, self._next = self._next, self._next + 1
            try:
                await self._log.append(stream, n, data)
            except Conflict:
                continue  # an earlier append had succeeded although its answer was lost
            except BaseException:
                self._next = n
                raise
            return


@dataclass(slots=True)
class Intake:
    """Takes batches and heartbeats; returns when they are durable."""

    understanding: Callable[[], Understanding]
    writer: EventWriter
    feed: Feed
    clock: Clock
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One batch is read at a time: an engine is not for two threads at once."""

    async def accept(self, batch: Batch, origin: Origin, *, door: str = "", repeats: int = 0) -> Receipt:
        """Store and feed *batch*, which came with *origin*'s credential.

        Through a *door* (see ``Receipt.door``) its numbers count nothing; *repeats* of its records may have
        been stored before under other ids.

        Raises:
            StoreBusy: nothing is promised; the same batch must come again.
        """
        received_at_ms = self.clock.now_ms()
        async with self._reading:
            events, signals = await asyncio.to_thread(self._understand, batch, origin, received_at_ms)
        written = await self.writer.write(events)
        receipt = _receipt(batch, origin, events, written, received_at_ms)
        if door:
            receipt = msgspec.structs.replace(receipt, door=door, repeats=repeats, first_seq=1, last_seq=0)
        await self.feed.append(_entries(signals, receipt))
        return receipt

    async def again(self, events: Sequence[Event]) -> int:
        """Read quarantined *events* again; feed and store those that can be read by now, and count them.

        They keep their ids and days. Nobody sends them again, so what follows from them is fed before they
        leave the quarantine: whoever is cut off in between reads them once more, which is harmless.

        Raises:
            StoreBusy: nothing is promised; the same events may be read again.
        """
        async with self._reading:
            read, signals = await asyncio.to_thread(self._understand_again, events)
        await self.feed.append([FeedEntry(version=1, signals=part) for part in feed.split(signals)])
        await self.writer.write(read)
        return len(read)

    async def beat(self, beat: Beat, origin: Origin) -> Heartbeat:
        """Feed a heartbeat that came with *origin*'s credential."""
        heartbeat = Heartbeat(
            origin=origin,
            boot=beat.boot,
            sent_at_ms=beat.sent_at_ms,
            received_at_ms=self.clock.now_ms(),
            next_seq=beat.next_seq,
            acked_seq=beat.acked_seq,
            sources=beat.sources,
            spool_bytes=beat.spool_bytes,
            software=beat.software,
            spool=beat.spool,
            spool_limit_bytes=beat.spool_limit_bytes,
            shed=beat.shed,
            set_aside=beat.set_aside,
            configuration=beat.configuration,
            certificate_until_ms=beat.certificate_until_ms,
        )
        await self.feed.append([FeedEntry(version=1, heartbeats=(heartbeat,))])
        return heartbeat

    def _understand(
        self, batch: Batch, origin: Origin, received_at_ms: int
    ) -> tuple[list[Event], tuple[Signal, ...]]:
        reading = self.understanding()
        events = [
            parse(
                record,
                origin,
                received_at_ms=received_at_ms,
                sources=reading.sources,
                collector_boot=batch.boot,
                sequence=sequence,
            )
            for sequence, record in enumerate(_dated(batch.records, received_at_ms), batch.first_seq)
        ]
        return events, _matched(reading.engine, events)

    def _understand_again(self, events: Sequence[Event]) -> tuple[list[Event], tuple[Signal, ...]]:
        reading = self.understanding()
        parsed = (
            msgspec.structs.replace(
                parse(
                    event.record,
                    event.origin,
                    received_at_ms=event.received_at_ms,
                    sources=reading.sources,
                ),
                id=event.id,
            )
            for event in events
            if event.record is not None
        )
        read = [event for event in parsed if Mark.QUARANTINED not in event.marks]
        return read, _matched(reading.engine, read)


def _dated(records: Sequence[Record], received_at_ms: int) -> Iterator[Record]:
    """Yield *records*, under the day of receipt where theirs cannot be: each day is a volume of the store."""
    today = day_of(received_at_ms)
    first, last = day_of(received_at_ms - DAYS_BACK * DAY_MS), day_of(received_at_ms + DAY_MS)
    for record in records:
        yield record if first <= record.day <= last else msgspec.structs.replace(record, day=today)


def _matched(engine: Engine, events: Sequence[Event]) -> tuple[Signal, ...]:
    return tuple(signal_of(event, rule.id, rule.version) for event in events for rule in engine.match(event))


def _receipt(
    batch: Batch, origin: Origin, events: Sequence[Event], written: Written, received_at_ms: int
) -> Receipt:
    return Receipt(
        origin=origin,
        boot=batch.boot,
        first_seq=batch.first_seq,
        last_seq=batch.last_seq,
        stored=written.stored,
        reread=written.reread,
        known=written.known,
        quarantined=sum(Mark.QUARANTINED in event.marks for event in events),
        gaps=batch.gaps,
        received_at_ms=received_at_ms,
        clock_offset_ms=received_at_ms - batch.sent_at_ms,
        read_until_ms=max((event.read_at_ms for event in events), default=0),
        spool=batch.spool,
        acked_seq=batch.acked_seq,
    )


def _entries(signals: tuple[Signal, ...], receipt: Receipt) -> list[FeedEntry]:
    entries = [FeedEntry(version=1, signals=part) for part in feed.split(signals)]
    alone = FeedEntry(version=1, receipts=(receipt,))
    if not entries:
        return [alone]
    together = msgspec.structs.replace(entries[-1], receipts=(receipt,))
    if len(feed.encode(together)) > feed.MAX_ENTRY_BYTES:
        return [*entries, alone]
    return [*entries[:-1], together]
