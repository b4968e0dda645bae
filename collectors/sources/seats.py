"""Seats: the bounded places for connections, shared so that no device can take them all.

Who comes when all seats are taken gets the one of the connection that would be let go first anyway:
one that has not said a word yet, or has been silent longest. A device that has its share of seats
only ever takes one of its own.
"""

import asyncio
from dataclasses import dataclass, field

SEATS = 256
SEATS_OF_ONE = 64
"""Connections of one address; relays and devices behind one router share it."""


@dataclass(eq=False, slots=True)
class Seat:
    """The place of one connection."""

    peer: str
    patience: asyncio.Timeout | None = None
    """Ends the connection; without an end while it is us who let it wait."""

    @property
    def ends_at(self) -> float | None:
        """Return when the loop's clock will end it; None while it must not be ended."""
        return None if self.patience is None else self.patience.when()

    def wait(self, seconds: float | None) -> None:
        """End the connection in *seconds* unless told otherwise; None: not at all."""
        if self.patience is not None and not self.patience.expired():
            now = asyncio.get_running_loop().time()
            self.patience.reschedule(None if seconds is None else now + seconds)


@dataclass(slots=True)
class Seats:
    """Who sits where."""

    total: int = SEATS
    of_one: int = SEATS_OF_ONE
    _taken: set[Seat] = field(default_factory=set[Seat])

    def take(self, peer: str) -> Seat | None:
        """Return a seat for *peer*, another connection's if need be; None when none can be ended."""
        own = {seat for seat in self._taken if seat.peer == peer}
        if len(own) >= self.of_one:
            rivals = own
        elif len(self._taken) >= self.total:
            rivals = self._taken
        else:
            rivals = set()
        if rivals and not self._end_one(rivals):
            return None
        seat = Seat(peer)
        self._taken.add(seat)
        return seat

    def leave(self, seat: Seat) -> None:
        """Give *seat* back; may be called twice."""
        self._taken.discard(seat)

    def _end_one(self, rivals: set[Seat]) -> bool:
        ending = [(seat.ends_at, id(seat), seat) for seat in rivals if seat.ends_at is not None]
        if not ending:
            return False
        _, _, seat = min(ending)
        seat.wait(0)
        self.leave(seat)
        return True
