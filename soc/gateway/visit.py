"""A visit: one conversation's way to the desk, and what its sender may not know of it.

Records are taken portion by portion, while there is room, and between two of them others have their turn. A
busy centre is waited for: a sender that is refused at once may come again at once. What was taken before a
conversation broke may come again in another one; when it comes under another id it is stored twice, and
counted as a possible repeat.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

from soc.gateway.desk import MAX_TAKE_BYTES, Desk, Door
from soc.kernel.errors import StoreBusy, StoreError
from soc.kernel.ids import digest
from soc.model.identity import Origin
from soc.model.record import Record
from soc.wire.messages import MAX_RECORDS

UNTOLD = 1000
"""Newest records of one conversation that are remembered; rsyslog leaves 128 unanswered."""
DOUBTED = 50_000
AGAIN = timedelta(seconds=2)
"""After a failure that does not say when to try again."""


class Doubts:
    """What may come once more, of the newest conversations of one door, with the own ids it is stored under.

    Stored records of which the sender may not know; and refused ones, of which nothing is stored: rsyslog
    sends those not once more but twice, in a larger body and then alone.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self._own_ids: OrderedDict[str, str] = OrderedDict()

    def stored(self, records: Iterable[tuple[str, str]]) -> None:
        """Remember (what they say, own id) of records that are stored."""
        for said, own_id in records:
            self._own_ids[said] = own_id
            self._own_ids.move_to_end(said)
        self._forget()

    def refused(self, said: Iterable[str]) -> None:
        """Remember what records say that are not stored."""
        for one in said:
            self._own_ids.setdefault(one, "")
        self._forget()

    def hear(self, said: str, own_id: str) -> bool:
        """Return whether *said* was stored before, under another id than now."""
        if said not in self._own_ids:
            return False
        self._own_ids[said] = self._own_ids[said] or own_id
        return self._own_ids[said] != own_id

    def _forget(self) -> None:
        while len(self._own_ids) > DOUBTED:
            self._own_ids.popitem(last=False)


@dataclass(slots=True)
class Visit:
    """One conversation through a door."""

    desk: Desk
    door: Door
    doubts: Doubts
    _untold: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=UNTOLD))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.doubts.stored(self._untold)

    def told(self) -> None:
        """Note that the sender knows of all that was taken."""
        self._untold.clear()

    async def take(self, origin: Origin, records: Sequence[Record], *, patience: timedelta) -> None:
        """Have *records* stored and fed; after an error the same ones may be given again.

        *patience* says for how long a centre that is busy, or whose store fails, is asked again.

        Raises:
            StoreError: not all were taken.
        """
        clock = self.desk.clock
        until = clock.monotonic() + patience.total_seconds()
        waiting = deque(portions(records))
        try:
            while waiting:
                await self._try(origin, waiting, until)
        except StoreError:
            self.doubts.refused(_said(origin, record) for portion in waiting for record in portion)
            raise

    async def _try(self, origin: Origin, waiting: deque[Sequence[Record]], until: float) -> None:
        clock = self.desk.clock
        try:
            await self._take(origin, waiting)
        except StoreError as error:
            left = timedelta(seconds=until - clock.monotonic())
            if left <= timedelta(0):
                raise
            await clock.sleep(min(error.wait if isinstance(error, StoreBusy) else AGAIN, left))

    async def _take(self, origin: Origin, waiting: deque[Sequence[Record]]) -> None:
        begun = False
        while waiting:
            size = sum(len(record.raw) for record in waiting[0])
            async with self.desk.admit(origin, bytes_=size, begun=begun):
                said = [(_said(origin, record), record.own_id) for record in waiting[0]]
                repeats = sum(self.doubts.hear(*one) for one in said)
                await self.desk.take(origin, self.door, waiting[0], repeats=repeats)
                self._untold += said
                waiting.popleft()
            begun = True


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
