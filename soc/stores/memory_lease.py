"""Port ``Lease`` in memory: readers that share the same rows compete."""

from soc.kernel.clock import Clock
from soc.ports.lease import Held
from soc.stores.lease_row import LeaseRow, Sightings, owns, renewed


class MemoryLease:
    """One reader of rows kept in a dict."""

    def __init__(self, rows: dict[str, LeaseRow], clock: Clock) -> None:
        """Compete for *rows*, judging expiry by *clock*."""
        self._rows = rows
        self._sightings = Sightings(clock)

    async def acquire(self, role: str, holder: str) -> Held | None:
        """Take *role* if free, expired or *holder*'s."""
        row = self._sightings.claim(role, self._rows.get(role, LeaseRow()), holder)
        if row is None:
            return None
        self._rows[role] = row
        return Held(role, holder, row.term)

    async def renew(self, held: Held) -> bool:
        """Keep *held* alive; False when it was lost."""
        row = renewed(self._rows.get(held.role, LeaseRow()), held)
        if row is None:
            return False
        self._rows[held.role] = row
        return True

    async def release(self, held: Held) -> None:
        """Give *held* back if it is still held."""
        if owns(self._rows.get(held.role, LeaseRow()), held):
            self._rows[held.role] = LeaseRow(term=held.term)
