"""What a lease row says, and when a reader may call it expired; shared by every lease adapter.

The row holds no time: machines' clocks differ. A holder raises ``beat`` with each renewal; a reader
remembers when, by its own monotonic clock, it first saw the row as it is, and calls the lease expired
when the row has not changed for ``EXPIRES_AFTER``.
"""

import msgspec

from soc.kernel.clock import Clock
from soc.ports.lease import EXPIRES_AFTER, Held

FREE = ""


class LeaseRow(msgspec.Struct, frozen=True):
    """Who holds a role."""

    holder: str = FREE
    term: int = 0
    beat: int = 0


class Sightings:
    """What one reader saw, and since when."""

    def __init__(self, clock: Clock) -> None:
        """Judge by *clock*."""
        self._clock = clock
        self._seen: dict[str, tuple[LeaseRow, float]] = {}

    def claim(self, role: str, row: LeaseRow, holder: str) -> LeaseRow | None:
        """Return the row with which *holder* takes *role* over, or None while another holds it."""
        if row.holder == holder:
            return msgspec.structs.replace(row, beat=row.beat + 1)
        if row.holder == FREE or self._expired(role, row):
            return LeaseRow(holder, row.term + 1, 0)
        return None

    def _expired(self, role: str, row: LeaseRow) -> bool:
        now = self._clock.monotonic()
        seen, since = self._seen.get(role, (None, now))
        if seen != row:
            self._seen[role] = (row, now)
            return False
        return now - since >= EXPIRES_AFTER.total_seconds()


def renewed(row: LeaseRow, held: Held) -> LeaseRow | None:
    """Return the row that keeps *held* alive, or None when another took it."""
    if not owns(row, held):
        return None
    return msgspec.structs.replace(row, beat=row.beat + 1)


def owns(row: LeaseRow, held: Held) -> bool:
    """Return whether *held* is what *row* says."""
    return (row.holder, row.term) == (held.holder, held.term)
