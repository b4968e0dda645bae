"""What the SOC says itself becomes an event like any other: parsed, matched, stored, fed."""

import asyncio

import msgspec

from soc.kernel.clock import Clock, iso_ms
from soc.kernel.ids import digest
from soc.model.event import Fields
from soc.model.identity import SOC_ORIGIN, Origin
from soc.model.record import Record
from soc.pipeline.intake import Intake
from soc.wire.messages import Batch

SOURCE = "soc"


class SelfReport:
    """Emits events of ``logsource: {product: soc}``; nothing else in the centre raises alerts."""

    def __init__(self, intake: Intake, clock: Clock, boot: str) -> None:
        """Speak through *intake*; *boot* is this process's."""
        self._intake = intake
        self._clock = clock
        self._boot = boot
        self._next = 1
        self._turn = asyncio.Lock()

    async def emit(self, kind: str, about: str, fields: Fields, *, exercise: str | None = None) -> None:
        """Say *kind* (``silence``, ``gap``, ``warning``, …) once about *about*; durable on return.

        *about* makes the event's id: saying the same twice stores it once.

        Raises:
            StoreBusy: say it again.
        """
        now_ms = self._clock.now_ms()
        body = {"kind": kind, "at": iso_ms(now_ms), **fields}
        record = Record(
            source=SOURCE,
            format="soc",
            raw=msgspec.json.encode(body),
            read_at_ms=now_ms,
            day=iso_ms(now_ms)[:10],
            zone="UTC",
            own_id=digest("soc", kind, about),
        )
        origin = Origin(SOC_ORIGIN.agency, SOC_ORIGIN.collector, exercise)
        async with self._turn:
            batch = Batch(1, origin, self._boot, now_ms, self._next, (record,))
            await self._intake.accept(batch, origin)
            self._next += 1
