"""Port ``Lease``: who leads a role now."""

from datetime import timedelta
from typing import Protocol

import msgspec


class Held(msgspec.Struct, frozen=True):
    """A lease one holds."""

    role: str
    holder: str
    term: int
    """Grows with every change of holder; carried by the leader's facts."""


RENEW_EVERY = timedelta(seconds=5)
EXPIRES_AFTER = timedelta(seconds=15)
"""By the reader's monotonic clock, counted from when it first saw the holder's last renewal."""


class Lease(Protocol):
    """A lease beside the ledger."""

    async def acquire(self, role: str, holder: str) -> Held | None:
        """Take *role* if free, expired or already *holder*'s; None while another holds it."""
        ...

    async def renew(self, held: Held) -> bool:
        """Keep *held* alive; False when another took it."""
        ...

    async def release(self, held: Held) -> None:
        """Give *held* back; nothing happens when it was lost already."""
        ...
