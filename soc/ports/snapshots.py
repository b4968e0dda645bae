"""Port ``SnapshotStore``: the newest snapshot of a ledger's states, so that a start need not replay all."""

from typing import Protocol


class SnapshotStore(Protocol):
    """One snapshot; losing it costs a replay, nothing else."""

    async def load(self) -> bytes | None:
        """Return the newest snapshot saved, or None."""
        ...

    async def save(self, data: bytes) -> None:
        """Replace the snapshot durably, all or nothing.

        Raises:
            StoreBusy: the old one stays; save again later.
        """
        ...
