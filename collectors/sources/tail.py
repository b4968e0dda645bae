"""Source tail: files that match patterns, followed through rotation, truncation, compression and deletion.

    every round, four a second, one while nothing happens:
        what was written to ── read on
        every 2 s, what the names lead to ── followed already
                                          └─ else recognised, read on or from the beginning; or left waiting
        a file without a name ── read to its end, let go after a while; how far it was read is remembered

Nothing but the content says what a file is. One thread looks after a source, once a round.
"""

import asyncio
import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from collectors.cutting import Manner
from collectors.reading import Reading, Stamp
from collectors.sources.arrivals import Arrivals, Met
from collectors.sources.followed import Followed
from collectors.sources.names import MAX_FILES, Named, Names, kin
from collectors.sources.position import decode_position
from collectors.sources.recognition import Remembered
from soc.kernel.channel import Channel
from soc.kernel.logs import Log, Said
from soc.spool.shed import Shed

POLL = timedelta(milliseconds=250)
IDLE_POLL = timedelta(seconds=1)
NAMES_S = 2
RELIEF = timedelta(seconds=5)
"""After which a full spool is taken as one that lasts."""
DELETED_GRACE_S = 5
MOVED_GRACE_S = 300
READS_A_ROUND = 16
"""Chunks of one file before the next has its turn."""


@dataclass(slots=True)
class Tail:
    """One source of kind ``tail``."""

    paths: tuple[str, ...]
    stamp: Stamp
    log: Log
    manner: Manner = field(default_factory=Manner)
    relief: timedelta = RELIEF
    _names: Names = field(init=False)
    _files: dict[tuple[int, int], Followed] = field(default_factory=dict[tuple[int, int], Followed])
    _vanished: Remembered = field(default_factory=Remembered)
    _arrivals: Arrivals = field(init=False)
    _given_up: list[Shed] = field(default_factory=list[Shed])
    _refused: set[str] = field(default_factory=set[str])
    _keys: int = 0
    _names_at: float | None = None
    _pause: timedelta = POLL

    def __post_init__(self) -> None:
        """Begin without files."""
        self._names = Names(self.paths, packed=self.manner.compressed)
        self._arrivals = Arrivals(self._vanished)

    def resume(self, states: Mapping[str, bytes]) -> None:
        """Take up the positions of an earlier run."""
        found = {}
        for key, state in states.items():
            source, _, number = key.rpartition("/")
            position = decode_position(state)
            if source == self.stamp.source and number.isdigit() and position is not None:
                found[int(number)] = (key, position)
        for _, (key, position) in sorted(found.items()):
            self._vanished.add(key, position)
        self._keys = max(found, default=0)

    async def run(self, out: Channel[Reading]) -> None:
        """Read and send until cancelled."""
        while True:
            busy = await self.round(out)
            await self.stamp.clock.sleep(timedelta(0) if busy else self._pause)

    async def round(self, out: Channel[Reading]) -> bool:
        """Read a share of every file with news; return whether there is more."""
        news, ended = await asyncio.to_thread(self._look)
        self._pause = POLL if news else min(2 * self._pause, IDLE_POLL)
        for reading in ended:
            await self._send(reading, out)
        busy = False
        for file in news:
            busy |= not file.closed and await self._drain(file, out)
        return busy

    def close(self) -> None:
        """Close every file."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    async def _drain(self, file: Followed, out: Channel[Reading]) -> bool:
        """Send up to a round's share of *file*; return whether there may be more."""
        for _ in range(READS_A_ROUND):
            try:
                reading = await asyncio.to_thread(file.read, self.stamp, self.stamp.clock.monotonic())
            except OSError as error:
                self._complain(file.path, error)
                return False
            if reading is None:
                return False
            if file.outlived is not None:
                until = self.stamp.clock.monotonic() + DELETED_GRACE_S
                self._vanished.add_outlived(file.key, file.outlived, until)
                file.key, file.outlived = self._new_key(), None
            if reading.states:
                await self._send(reading, out)
            if file.closed:
                return False
        return True

    async def _send(self, reading: Reading, out: Channel[Reading]) -> None:
        """Send; while that is not possible, hold no disk that is needed."""
        while True:
            try:
                async with asyncio.timeout(self.relief.total_seconds()):
                    await out.send(reading)
                    return
            except TimeoutError:
                await asyncio.to_thread(self._relieve)

    def _look(self) -> tuple[list[Followed], list[Reading]]:
        """Return the files with news, and what is left of those that ended."""
        now = self.stamp.clock.monotonic()
        first = self._names_at is None
        if self._names_at is None or now - self._names_at >= NAMES_S:
            self._names_at = now
            self._match(now)
        if first:
            self._search_kin(now)
        news: list[Followed] = []
        for file in self._files.values():
            try:
                if file.has_news(now):
                    news.append(file)
            except OSError as error:
                self._complain(file.path, error)
        return news, self._let_go(news, now)

    def _match(self, now: float) -> None:
        """Follow what the names lead to now."""
        found, beyond = self._names.look()
        if beyond:
            self._complain(beyond, OSError(errno.EMFILE, f"more than {MAX_FILES} files match"))
        places = {file.place: file for file in found}
        for place, followed in self._files.items():
            now_named = places.get(place)
            followed.gone = now_named is None
            if now_named is not None and now_named.path != followed.path:
                followed.path, followed.moved = now_named.path, True
        self._arrivals.keep(places)
        arrived = [file for file in found if file.place not in self._files]
        if arrived and any(self._was_replaced(followed) for followed in self._files.values()):
            self._names_at = now - NAMES_S  # what that one held must be remembered first
            return
        for file in arrived:
            self._meet(file, now)

    def _was_replaced(self, file: Followed) -> bool:
        try:
            return file.was_replaced()
        except OSError as error:
            self._complain(file.path, error)
            return False

    def _meet(self, file: Named, now: float) -> None:
        try:
            met = self._arrivals.meet(file, self._files.values(), now)
        except OSError as error:
            self._complain(file.path, error)
            return
        if met is not None:
            self._follow(met, file, now)

    def _follow(self, met: Met, file: Named, now: float) -> None:
        self._refused.discard(file.path)
        position = met.known.position
        self._files[file.place] = Followed(
            key=met.known.key or self._new_key(),
            path=file.path,
            content=met.content,
            manner=self.manner,
            idle_since=now,
            known=position,
            moved=position is not None and position.path != os.fsencode(file.path),
        )

    def _search_kin(self, now: float) -> None:
        """Find files that were renamed or compressed beyond the patterns while nobody looked."""
        positions = [position for position in self._vanished.positions.values() if not position.seal]
        for file in kin(positions, packed=self.manner.compressed):
            if file.place not in self._files:
                try:
                    met = self._arrivals.find(file)
                except OSError as error:
                    self._complain(file.path, error)
                    continue
                if met is not None:
                    self._follow(met, file, now)
                    self._files[file.place].gone = True

    def _let_go(self, news: list[Followed], now: float) -> list[Reading]:
        """End files that nobody will write to any more; forget the longest gone of too many."""
        readings = self._vanished.overdue(now)
        for place, file in list(self._files.items()):
            if (file.gone or file.moved) and file not in news:
                try:
                    readings += self._end(place, file, now)
                except OSError as error:
                    self._complain(file.path, error)
        if self._given_up:
            readings.append(Reading(shed=tuple(self._given_up)))
            self._given_up.clear()
        forgotten = self._vanished.forget()
        if forgotten:
            readings.append(Reading(states=dict.fromkeys(forgotten, b"")))
        return readings

    def _end(self, place: tuple[int, int], file: Followed, now: float) -> list[Reading]:
        grace = DELETED_GRACE_S if file.is_deleted() else MOVED_GRACE_S
        if now - file.idle_since < grace:
            return []
        last = file.finish(self.stamp)
        if file.gone:
            del self._files[place]
            file.close()
            if file.known is not None:
                self._vanished.add(file.key, file.known)
        return [] if last is None else [last]

    def _relieve(self) -> None:
        """Let go of deleted files while the disk they lie on is short; what is unread of them is declared."""
        for place, file in list(self._files.items()):
            try:
                if not (file.gone and file.is_deleted() and file.free_bytes() < self.manner.floor_bytes):
                    continue
                del self._files[place]
                if file.known is not None:
                    self._vanished.add(file.key, file.known)  # a copy may be left
                unread = file.give_up()
            except OSError as error:
                self._complain(file.path, error)
                continue
            if unread:
                why = "deleted before it was read, on a disk that is full"
                self._given_up.append(Shed(self.stamp.source, unread, why, self.stamp.clock.now_ms()))

    def _new_key(self) -> str:
        self._keys += 1
        return f"{self.stamp.source}/{self._keys}"

    def _complain(self, path: str, error: OSError) -> None:
        """Say once per path that it cannot be read; it is tried again all the same."""
        if path not in self._refused:
            self._refused.add(path)
            shown = path.encode("utf-8", "replace").decode()
            self.log.warning(Said.SOURCE_STATE, source=self.stamp.source, path=shown, error=error.strerror)
