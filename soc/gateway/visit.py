"""A visit: one conversation's way to the desk, and what its sender may not know of it.

Records are taken portion by portion, while there is room. What was taken before the conversation broke may
come again in another one; when it comes under another id it is stored twice, and counted as a possible
repeat.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

from soc.gateway.desk import MAX_TAKE_BYTES, Desk, Door
from soc.kernel.errors import StoreBusy
from soc.kernel.ids import digest
from soc.model.identity import Origin
from soc.model.record import Record
from soc.wire.codec import MAX_RECORDS

UNTOLD = 1000
"""Newest records of one conversation that are remembered; rsyslog leaves 128 unanswered."""
DOUBTED = 50_000


class Doubts:
    """Stored records of which their senders may not know, the newest of all conversations of one door."""

    def __init__(self) -> None:
        """Begin without any."""
        self._own_ids: OrderedDict[str, str] = OrderedDict()

    def add(self, records: Iterable[tuple[str, str]]) -> None:
        """Remember *records* by (what they say, own id)."""
        for said, own_id in records:
            self._own_ids[said] = own_id
            self._own_ids.move_to_end(said)
        while len(self._own_ids) > DOUBTED:
            self._own_ids.popitem(last=False)

    def repeated(self, said: str, own_id: str) -> bool:
        """Return whether this was said before under another id."""
        return self._own_ids.get(said, own_id) != own_id


@dataclass(slots=True)
class Visit:
    """One conversation through a door."""

    desk: Desk
    door: Door
    doubts: Doubts
    refusing: bool = False
    """Its sender knows "later": nothing is waited for before the first records are taken."""
    _taken: bool = False
    _untold: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=UNTOLD))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.doubts.add(self._untold)

    def told(self) -> None:
        """Note that the sender knows of all that was taken."""
        self._untold.clear()

    async def take(self, origin: Origin, records: Sequence[Record], *, patience: timedelta) -> None:
        """Have *records* stored and fed; after an error the same ones may be given again.

        *patience* says for how long a busy centre is asked again.

        Raises:
            StoreError: not all were taken.
        """
        clock = self.desk.clock
        until = clock.monotonic() + patience.total_seconds()
        waiting = deque(portions(records))
        while waiting:
            try:
                await self._take(origin, waiting)
            except StoreBusy as busy:
                unbegun = self.refusing and not self._taken
                if unbegun or clock.monotonic() + busy.wait.total_seconds() > until:
                    raise
                await clock.sleep(busy.wait)

    async def _take(self, origin: Origin, waiting: deque[Sequence[Record]]) -> None:
        size = sum(len(record.raw) for portion in waiting for record in portion)
        async with self.desk.admit(origin, bytes_=size):
            while waiting:
                said = [(_said(origin, record), record.own_id) for record in waiting[0]]
                repeats = sum(self.doubts.repeated(*one) for one in said)
                await self.desk.take(origin, self.door, waiting[0], repeats=repeats)
                self._taken = True
                self._untold += said
                waiting.popleft()


def portions(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """Cut *records* into parts that the desk takes at once."""
    start, size = 0, 0
    for end, record in enumerate(records):
        if end - start == MAX_RECORDS or size + len(record.raw) > MAX_TAKE_BYTES:
            yield records[start:end]
            start, size = end, 0
        size += len(record.raw)
    if records[start:]:
        yield records[start:]


def _said(origin: Origin, record: Record) -> str:
    return digest(origin.agency, origin.collector, origin.exercise or "", record.raw)
