"""A volume: one shard on disk, its segments and its index side by side."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from soc.model.event import Event
from soc.spool.segment import sync_folder
from soc.stores.embedded.index import ShardIndex
from soc.stores.embedded.keys import Keys
from soc.stores.embedded.segments import Segments
from soc.stores.embedded.shard import Position, Shard

BATCH = 1000
"""Events entered at a time when a volume is recovered."""
COMMIT_EVERY = 50_000
"""Events after which an index is committed even if nobody asks."""


class Volume:
    """What the store keeps of one shard."""

    def __init__(self, root: Path, shard: Shard) -> None:
        """Open or create the shard's folder under *root*."""
        self.shard = shard
        self.folder = root / shard.folder
        if not self.folder.exists():
            self.folder.mkdir()
            sync_folder(root)
        self.segments = Segments(self.folder)
        self.index = ShardIndex(self.folder / "index")

    def write(self, events: Sequence[Event], keys: Keys) -> None:
        """Store *events*, none of which stands in *keys* for this shard; durable on return.

        Raises:
            StoreBusy: nothing is promised.
        """
        placed = list(zip(self.segments.append(events), events, strict=True))
        keys.add(self.shard, placed)
        if self.index.behind:
            self._index_rest(keys)
        else:
            self.index.add(placed)
        if self.index.uncommitted >= COMMIT_EVERY:
            self.index.commit()

    def withdraw(self, places: Mapping[str, Position], keys: Keys) -> None:
        """Show the events at *places* (id → position) no more; their bytes stay while their day does.

        Raises:
            StoreBusy: the index cannot be written.
        """
        keys.remove(self.shard, list(places))
        self.index.remove(places.values())

    def recover(self, keys: Keys) -> None:
        """Enter into keys and index what stands in the segments only.

        Raises:
            Corrupt: a segment holds a whole frame without events.
        """
        for placed in _batches(self.segments.events_from(keys.span(self.shard).covered)):
            keys.add(self.shard, placed)
        self._index_rest(keys)

    def size_bytes(self) -> int:
        """Return the size of everything in the folder."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def close(self) -> None:
        """Commit and close everything."""
        self.segments.close()
        self.index.close()

    def remove(self) -> None:
        """Delete the folder; readers that are at it come to its end early."""
        self.segments.close()
        self.index.abandon()
        shutil.rmtree(self.folder)

    def _index_rest(self, keys: Keys) -> None:
        start = self.index.covered()
        self.index.behind = False
        for placed in _batches(self.segments.events_from(start)):
            self.index.add(keys.canonical(self.shard, placed))
        self.index.commit()


def _batches(
    events: Iterator[tuple[Position, Event]],
) -> Iterator[list[tuple[Position, Event]]]:
    while batch := list(islice(events, BATCH)):
        yield batch
