"""The fleet's accounts with the place in the feeds that they were read to: one snapshot holds both.

    feeds ──read──► fleet ──save──► snapshot (fleet, cursor) ──► old feeds may be dropped

A start goes on where the snapshot ends, so that no receipt counts twice and none is needed for ever.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from soc.health.fleet import Fleet
from soc.kernel.clock import Clock
from soc.kernel.errors import Corrupt, StoreBusy
from soc.pipeline.feeds import PREFIX, FeedReader
from soc.ports.log import Log
from soc.ports.snapshots import SnapshotStore

FEEDS_SURE = timedelta(days=7)
"""While the oldest feed is younger than this, none has ever been dropped."""


class _Saved(msgspec.Struct, frozen=True):
    cursor: dict[str, int]
    fleet: bytes


@dataclass(frozen=True, slots=True)
class Accounts:
    """What this process knows of all collectors; opened by ``open_accounts``."""

    fleet: Fleet
    damaged: str
    """Why a snapshot could not be used; empty = there was none, or it was good."""
    _reader: FeedReader
    _snapshots: SnapshotStore
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def read(self) -> None:
        """Take in what the feeds hold by now.

        Raises:
            Corrupt: a feed's entry fails its check.
        """
        async with self._turn:
            await self._read()

    async def save(self) -> None:
        """Read, then write the snapshot: what the feeds hold by now is no longer needed for accounting.

        Raises:
            Corrupt: a feed's entry fails its check.
            StoreBusy: it cannot be written; the one before stays, and so do the feeds since.
        """
        async with self._turn:
            await self._read()
            try:
                saved = _Saved(dict(self._reader.cursor), self.fleet.dump())
            except OverflowError as error:
                raise StoreBusy(f"accounts: {error}") from error
            await self._snapshots.save(msgspec.msgpack.encode(saved))

    async def _read(self) -> None:
        async for entry in self._reader.fresh():
            for receipt in entry.receipts:
                self.fleet.receipt(receipt)
            for beat in entry.heartbeats:
                self.fleet.heartbeat(beat)


async def open_accounts(feeds: Log, snapshots: SnapshotStore, clock: Clock) -> Accounts:
    """Return the accounts as they were saved, or from the oldest feed on where nothing was."""
    reader = FeedReader(feeds)
    data, damaged = await snapshots.load(), ""
    if data is not None:
        try:
            saved = msgspec.msgpack.decode(data, type=_Saved)
            fleet = Fleet()
            fleet.load(saved.fleet)
        except (msgspec.DecodeError, UnicodeDecodeError, Corrupt) as error:
            damaged = str(error)
        else:
            reader.go_on(saved.cursor)
            return Accounts(fleet, "", reader, snapshots)
    sure_from = PREFIX + (clock.now() - FEEDS_SURE).strftime("%Y-%m-%d")
    whole = data is None and all(end.name >= sure_from for end in await feeds.streams(PREFIX))
    return Accounts(Fleet(whole=whole), damaged, reader, snapshots)
