"""Replay: what could not be read is read again, once a parser is mended."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgspec

from soc.kernel.clock import Clock
from soc.kernel.logs import Log, Said
from soc.ledger.catalogue import NEWEST
from soc.ledger.fact import Fact, fact_id
from soc.model.event import Event
from soc.model.identity import RetentionClass, Scope
from soc.pipeline.intake import Intake
from soc.pipeline.recorder import Recorder
from soc.ports.events import EventReader, Query

BATCH, BATCH_BYTES = 500, 1 << 20
FIRST_DAY, LAST_DAY = "0000-00-00", "9999-99-99"


class Wanted(msgspec.Struct, frozen=True):
    """Which quarantined events."""

    agency: str | None = None
    """Of one agency; None: all."""
    exercise: str | None = None
    from_day: str = FIRST_DAY
    """First-seen day ``YYYY-MM-DD``, included."""
    to_day: str = LAST_DAY
    """Included."""

    def scope(self) -> Scope:
        """Return where they lie."""
        agencies = None if self.agency is None else frozenset({self.agency})
        return Scope(agencies, self.exercise, frozenset({RetentionClass.QUARANTINE}))

    def admits(self, event: Event) -> bool:
        """Return whether the day of *event* is asked for."""
        return self.from_day <= event.day <= self.to_day


class Replayed(msgspec.Struct, frozen=True):
    """What became of them."""

    replayed: int
    still: int
    """Cannot be read even now."""


@dataclass(frozen=True, slots=True)
class Replay:
    """Reads again; whoever is cut off begins anew, and ids make the repetition harmless."""

    events: EventReader
    intake: Intake
    recorder: Recorder
    clock: Clock
    log: Log

    async def run(self, wanted: Wanted, actor: str) -> Replayed:
        """Read what is *wanted* again, because *actor* asks.

        Raises:
            StoreBusy: what was read until then stays read; ask again.
        """
        looked_at = replayed = 0
        async for batch in self._batches(wanted):
            looked_at += len(batch)
            replayed += await self.intake.again(batch)
        result = Replayed(replayed, looked_at - replayed)
        self.log.info(Said.REPLAYED, replayed=replayed, still=result.still)
        await self._note(wanted, result, actor)
        return result

    async def _batches(self, wanted: Wanted) -> AsyncIterator[list[Event]]:
        batch: list[Event] = []
        size = 0
        async for event in self.events.stream(wanted.scope(), Query()):
            if wanted.admits(event):
                batch.append(event)
                size += len(event.original)
            if len(batch) >= BATCH or size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    async def _note(self, wanted: Wanted, result: Replayed, actor: str) -> None:
        now_ms = self.clock.now_ms()
        payload = {
            "from_day": wanted.from_day,
            "to_day": wanted.to_day,
            "replayed": result.replayed,
            "still": result.still,
        }
        fact = Fact(
            type="QuarantineReplayed",
            version=NEWEST["QuarantineReplayed"],
            id=fact_id("QuarantineReplayed", repr(wanted), str(now_ms)),
            at_ms=now_ms,
            actor=actor,
            agency=wanted.agency,
            exercise=wanted.exercise,
            collector=None,
            payload=payload,
        )
        await self.recorder.decide(lambda: (fact,))
