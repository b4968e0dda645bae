"""The embedded event store: writes go to segments, then keys, then indexes; reads go the other way.

    write   one thread: known? → append + fdatasync → keys → index (committed now and then)
    read    any thread: scope picks volumes → index finds positions → segments give events

A batch is acknowledged when its segments and keys are written; the index follows. Opening enters
into keys and index whatever a crash left out, so both may be deleted at any time.
"""

import asyncio
import os
import shutil
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import msgspec

from soc.kernel.errors import Corrupt, StoreError
from soc.model.event import Event, Mark
from soc.model.identity import RetentionClass, Scope
from soc.ports.events import Page, Query, StoreHealth, Written
from soc.stores.embedded.keys import Keys
from soc.stores.embedded.reading import Reading
from soc.stores.embedded.shard import Position, Shard, read_again, read_folder, shard_of
from soc.stores.embedded.volume import Volume
from soc.stores.paging import expired

T = TypeVar("T")

MAX_WRITERS = 4
"""Indexes that are written at a time; each holds tens of MB and a thread."""
KEYS = "keys.db"
HOLDS = "holds.jsonl"
"""Who ordered which hold: one JSON object a line."""


class EmbeddedEventStore:
    """``EventWriter``, ``EventReader`` and ``Retention`` in one folder of one process."""

    def __init__(self, root: Path, keys: Keys) -> None:
        """Use :meth:`open`."""
        self._root = root
        self._keys = keys
        self._volumes: dict[Shard, Volume] = {}
        self._written: OrderedDict[Shard, Volume] = OrderedDict()
        self._reading = Reading(self._volumes, keys)
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="event-writer")

    @classmethod
    def open(cls, root: Path) -> "EmbeddedEventStore":
        """Open or create the store in *root* and recover what a crash left out; blocks.

        Raises:
            StoreError: the folder cannot be used.
        """
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{root}: {error.strerror}") from error
        store = cls(root, _open_keys(root / KEYS))
        store._recover()
        return store

    async def close(self) -> None:
        """Finish the writes under way, commit and close everything."""
        await self._in_turn(self._close)
        self._writer.shutdown()

    async def write(self, events: Sequence[Event]) -> Written:
        """Store *events* durably; idempotent by key.

        Raises:
            StoreBusy: nothing of the batch is promised; write the same batch again.
            StoreError: an event has no proper day or run; nothing was stored.
        """
        return await self._in_turn(lambda: self._write(events))

    async def refresh(self) -> None:
        """Make everything written so far visible to readers."""
        await self._in_turn(self._commit)

    async def search(self, scope: Scope, query: Query, *, limit: int, cursor: str | None = None) -> Page:
        """Return at most *limit* events, newest first."""
        return await asyncio.to_thread(self._reading.search, scope, query, limit, cursor)

    async def get(self, scope: Scope, key: str) -> Event | None:
        """Return the event of a store key, committed or not."""
        return await asyncio.to_thread(self._reading.get, scope, key)

    async def histogram(self, scope: Scope, query: Query, *, step_ms: int) -> dict[int, int]:
        """Return {bucket start in ms: number of events}; empty buckets are left out."""
        return await asyncio.to_thread(self._reading.histogram, scope, query, step_ms)

    async def top(self, scope: Scope, query: Query, *, field: str, limit: int) -> list[tuple[str, int]]:
        """Return the most frequent values of *field*, folded, with their counts."""
        return await asyncio.to_thread(self._reading.top, scope, query, field, limit)

    async def stream(self, scope: Scope, query: Query) -> AsyncIterator[Event]:
        """Yield matching events in order of (event time, id), oldest first."""
        batches = self._reading.stream(scope, query)
        while (batch := await asyncio.to_thread(next, batches, None)) is not None:
            for event in batch:
                yield event

    async def apply(self, keep_days: dict[RetentionClass, int], today: str) -> int:
        """Remove days beyond their class's keep; return the number of events removed."""
        return await self._in_turn(lambda: self._apply(keep_days, today))

    async def hold(self, scope: Scope, query: Query, reason: str) -> int:
        """Copy matching events to class ``hold`` and write down *reason*; return how many."""
        return await self._in_turn(lambda: self._hold(scope, query, reason))

    async def health(self) -> StoreHealth:
        """Return size and state."""
        return await asyncio.to_thread(self._health)

    async def _in_turn(self, work: Callable[[], T]) -> T:
        """Run *work* in the one writing thread; it goes on when the caller is cancelled."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, work)

    def _recover(self) -> None:
        for folder in sorted(path.name for path in self._root.iterdir() if path.is_dir()):
            if shard := read_folder(folder):
                self._volume(shard).recover(self._keys)
        for shard in set(self._keys.shards()) - set(self._volumes):
            self._keys.drop(shard)
        for shard in [shard for shard in self._volumes if shard.retention is RetentionClass.QUARANTINE]:
            self._withdraw(shard, self._keys.in_both(shard, read_again(shard)))
        self._commit()

    def _close(self) -> None:
        for volume in self._volumes.values():
            volume.close()
        self._keys.close()

    def _commit(self) -> None:
        for volume in self._written.values():
            volume.index.commit()

    def _write(self, events: Sequence[Event]) -> Written:
        parts = [self._write_part(part) for part in _apart(events)]
        return Written(
            stored=sum(part.stored for part in parts),
            reread=sum(part.reread for part in parts),
            known=sum(part.known for part in parts),
        )

    def _write_part(self, events: Sequence[Event]) -> Written:
        where = self._keys.where([event.id for event in events])
        days: dict[tuple[str, str | None], set[str]] = {}
        batches: dict[Shard, list[Event]] = {}
        replaced: dict[Shard, dict[str, Position]] = {}
        reread = 0
        for event in events:
            shard = shard_of(event)
            places = where.get(event.id, {})
            earlier = days.setdefault((event.id, shard.exercise), _days(places, shard))
            if event.day in earlier:
                continue
            for unread, position in places.items():
                if unread != shard and read_again(unread) == shard:
                    replaced.setdefault(unread, {})[event.id] = position
            reread += bool(earlier)
            marks = event.marks | {Mark.REREAD} if earlier else event.marks
            batches.setdefault(shard, []).append(msgspec.structs.replace(event, marks=marks))
            earlier.add(event.day)
        for shard, batch in batches.items():
            self._volume(shard).write(batch, self._keys)
        for shard, unread_at in replaced.items():
            self._withdraw(shard, unread_at)
        fresh = sum(map(len, batches.values()))
        return Written(stored=fresh - reread, reread=reread, known=len(events) - fresh)

    def _withdraw(self, shard: Shard, places: Mapping[str, Position]) -> None:
        """Let the quarantined events at *places* give way to those that were read by now."""
        if places:
            self._volume(shard).withdraw(places, self._keys)

    def _volume(self, shard: Shard) -> Volume:
        """Return the volume of *shard*, as the one written last."""
        if shard not in self._volumes:
            self._volumes[shard] = Volume(self._root, shard)
        self._written[shard] = self._volumes[shard]
        self._written.move_to_end(shard)
        if len(self._written) > MAX_WRITERS:
            _, idle = self._written.popitem(last=False)
            idle.close()
        return self._volumes[shard]

    def _apply(self, keep_days: dict[RetentionClass, int], today: str) -> int:
        removed = 0
        for shard in list(self._volumes):
            if expired(shard.day, shard.retention, keep_days, today):
                self._written.pop(shard, None)
                volume = self._volumes.pop(shard)
                removed += self._keys.drop(shard)
                volume.remove()
        return removed

    def _hold(self, scope: Scope, query: Query, reason: str) -> int:
        self._commit()
        held = 0
        for batch in self._reading.stream(scope, query):
            where = self._keys.where([event.id for event in batch])
            copies: dict[Shard, list[Event]] = {}
            for event in batch:
                copy = msgspec.structs.replace(event, retention=RetentionClass.HOLD)
                shard = shard_of(copy)
                if shard not in where.get(event.id, {}):
                    copies.setdefault(shard, []).append(copy)
            for shard, events in copies.items():
                self._volume(shard).write(events, self._keys)
                held += len(events)
        self._commit()
        _append_line(self._root / HOLDS, {"reason": reason, "query": query, "scope": scope, "events": held})
        return held

    def _health(self) -> StoreHealth:
        volumes = list(self._volumes.values())
        return StoreHealth(
            events=sum(self._keys.span(volume.shard).events for volume in volumes),
            size_bytes=sum(volume.size_bytes() for volume in volumes),
            free_bytes=shutil.disk_usage(self._root).free,
            oldest_day=min((volume.shard.day for volume in volumes), default=None),
        )


def _open_keys(path: Path) -> Keys:
    try:
        return Keys.open(path)
    except Corrupt:
        for part in ("", "-wal", "-shm"):
            Path(f"{path}{part}").unlink(missing_ok=True)
        return Keys.open(path)


def _apart(events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    """Cut *events* where one comes again that could not be read before: its places must be known by then."""
    begin, seen = 0, dict[tuple[str, str | None], RetentionClass]()
    for number, event in enumerate(events):
        if seen.setdefault((event.id, event.origin.exercise), event.retention) is not event.retention:
            yield events[begin:number]
            begin, seen = number, {(event.id, event.origin.exercise): event.retention}
    yield events[begin:]


def _days(places: dict[Shard, Position], shard: Shard) -> set[str]:
    """Return the days on which an event was stored in the run of *shard*.

    Where it could not be read then, it counts for what cannot be read now alone.
    """
    return {
        known.day
        for known in places
        if known.exercise == shard.exercise and known.retention in (RetentionClass.STANDARD, shard.retention)
    }


def _append_line(path: Path, told: object) -> None:
    with path.open("ab") as file:
        file.write(msgspec.json.encode(told, order="deterministic") + b"\n")
        file.flush()
        os.fsync(file.fileno())
