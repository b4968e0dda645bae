"""Capacity: how much disk a journal may use, and what is given up first when it runs short."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from soc.spool.refused import Refused
from soc.spool.reserve import Reserve
from soc.spool.shelf import Shelf

SEGMENT_BYTES = 16 << 20
RESERVE_BYTES = 1 << 20
KEPT_SHARE = 0.2
"""Share of the limit that delivered segments may take, for a centre that was restored."""
REFUSED_SHARE = 0.01
"""Share of the limit for copies of what no centre would take."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much disk the journal may use."""

    limit_bytes: int
    floor_bytes: int
    """Free space that must be left on the disk."""
    free_bytes: Callable[[], int]
    segment_bytes: int = SEGMENT_BYTES
    keep_for: timedelta = timedelta(hours=24)
    """How long delivered segments are kept."""
    reserve_bytes: int = RESERVE_BYTES
    """Part of the limit that is taken on the disk beforehand."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """Adds up everything in a spool's folder. Its methods raise OSError where the disk fails."""

    room: Room
    shelf: Shelf
    refused: Refused
    reserve: Reserve

    @property
    def used_bytes(self) -> int:
        """Return what is taken on the disk."""
        return self.shelf.used_bytes + self.reserve.used_bytes + self.refused.used_bytes

    def fits(self, size: int) -> bool:
        """Return whether *size* more bytes keep to the limit and to the floor."""
        within_limit = self.used_bytes + size <= self.room.limit_bytes
        return within_limit and self.room.free_bytes() - size >= self.room.floor_bytes

    def state(self) -> str:
        """Return in words how full it is."""
        return (
            f"{self.shelf.folder} holds {self.used_bytes} of {self.room.limit_bytes} bytes; "
            f"the disk has {self.room.free_bytes()} free, of which {self.room.floor_bytes} must stay"
        )

    def free(self, acked_seq: int) -> bool:
        """Delete all that is delivered; return whether there was anything."""
        return self.shelf.trim(acked_seq, 0) > 0

    def trim(self, acked_seq: int) -> None:
        """Delete what is delivered and beyond its share."""
        self.shelf.trim(acked_seq, int(self.room.limit_bytes * KEPT_SHARE))

    def age(self, acked_seq: int, now_ms: int) -> None:
        """Delete what was delivered long before *now_ms*; everything delivered where the disk is short."""
        short = self.room.free_bytes() < self.room.floor_bytes
        keep_bytes = 0 if short else int(self.room.limit_bytes * KEPT_SHARE)
        keep_ms = self.room.keep_for // timedelta(milliseconds=1)
        self.shelf.trim(acked_seq, keep_bytes, now_ms - keep_ms)

    def refill(self) -> None:
        """Take the reserve again when there is room for it."""
        wanted = self.reserve.wanted_bytes
        if wanted and (self.reserve.found or self.fits(wanted)):
            self.reserve.fill()
