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
from typing import NamedTuple

from collectors.cutting import Manner
from collectors.reading import Reading, Stamp
from collectors.sources.content import Content, Plain
from collectors.sources.followed import Followed
from collectors.sources.names import MAX_FILES, Named, Names, kin
from collectors.sources.packed import SUFFIX, Packed
from collectors.sources.position import decode_position
from collectors.sources.recognition import Known, Remembered, beside, is_on_its_way
from soc.kernel.channel import Channel
from soc.kernel.logs import Log, Said

POLL = timedelta(milliseconds=250)
IDLE_POLL = timedelta(seconds=1)
NAMES_S = 2
LOOK_AGAIN_S = 60
"""At a file that waits, although it did not change."""
DELETED_GRACE_S = 5
MOVED_GRACE_S = 300
READS_A_ROUND = 16
"""Chunks of one file before the next has its turn."""


class _Waiting(NamedTuple):
    """A file that was looked at and not followed."""

    seen: Named
    since: float
    at: float
    ended: int
    """How many files had ended by then; one of them may be what this one was."""


@dataclass(slots=True)
class Tail:
    """One source of kind ``tail``."""

    paths: tuple[str, ...]
    stamp: Stamp
    log: Log
    manner: Manner = field(default_factory=Manner)
    _names: Names = field(init=False)
    _files: dict[tuple[int, int], Followed] = field(default_factory=dict[tuple[int, int], Followed])
    _vanished: Remembered = field(default_factory=Remembered)
    _waiting: dict[tuple[int, int], _Waiting] = field(default_factory=dict[tuple[int, int], _Waiting])
    _refused: set[str] = field(default_factory=set[str])
    _keys: int = 0
    _ended: int = 0
    _names_at: float | None = None
    _pause: timedelta = POLL

    def __post_init__(self) -> None:
        """Begin without files."""
        self._names = Names(self.paths, packed=self.manner.compressed)

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
            await out.send(reading)
        busy = False
        for file in news:
            busy |= await self._drain(file, out)
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
            if file.former is not None:
                self._vanished.add(file.key, file.former)
                file.key, file.former = self._new_key(), None
                self._ended += 1
            if reading.states:
                await out.send(reading)
        return True

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
        self._waiting = {place: waiting for place, waiting in self._waiting.items() if place in places}
        for file in found:
            if file.place not in self._files and not self._waits(file, now):
                self._meet(file, now)

    def _waits(self, file: Named, now: float) -> bool:
        """Return whether nothing changed since the file was looked at and left alone."""
        waiting = self._waiting.get(file.place)
        return (
            waiting is not None
            and (waiting.seen, waiting.ended) == (file, self._ended)
            and now - waiting.at < LOOK_AGAIN_S
        )

    def _meet(self, file: Named, now: float, *, vanished_only: bool = False) -> None:
        """Follow a file, unless it is one to wait for."""
        waiting = self._waiting.get(file.place)
        since = waiting.since if waiting is not None and waiting.seen == file else now
        self._waiting[file.place] = _Waiting(file, since, now, self._ended)
        try:
            handle = os.open(file.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return
        except OSError as error:
            self._complain(file.path, error)
            return
        content: Content = Packed(handle) if file.path.endswith(SUFFIX) else Plain(handle)
        known = None
        try:
            status = os.fstat(handle)
            if (status.st_dev, status.st_ino) == file.place:
                still = now - since >= MOVED_GRACE_S
                known = self._recognise(content, file, still=still, vanished_only=vanished_only)
        except OSError as error:
            self._complain(file.path, error)
        if known is None:
            os.close(handle)
            return
        del self._waiting[file.place]
        self._refused.discard(file.path)
        self._follow(content, file, known, now)

    def _recognise(self, content: Content, file: Named, *, still: bool, vanished_only: bool) -> Known | None:
        known = self._vanished.take(content, file.place)
        if known is not None or vanished_only:
            return known
        if not content.read(1, 0) or (not still and self._is_on_its_way(content)):
            return None
        return beside(content, file.size, self._files.values())

    def _is_on_its_way(self, content: Content) -> bool:
        positions = [*self._vanished.positions.values(), *(file.known for file in self._files.values())]
        return any(position is not None and is_on_its_way(content, position) for position in positions)

    def _follow(self, content: Content, file: Named, known: Known, now: float) -> None:
        position = known.position
        self._files[file.place] = Followed(
            key=known.key or self._new_key(),
            path=file.path,
            content=content,
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
                self._meet(file, now, vanished_only=True)
                if file.place in self._files:
                    self._files[file.place].gone = True

    def _let_go(self, news: list[Followed], now: float) -> list[Reading]:
        """End files that nobody will write to any more; forget the longest gone of too many."""
        readings: list[Reading] = []
        for place, file in list(self._files.items()):
            if (file.gone or file.moved) and file not in news:
                try:
                    readings += self._end(place, file, now)
                except OSError as error:
                    self._complain(file.path, error)
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
            self._ended += 1
        return [] if last is None else [last]

    def _new_key(self) -> str:
        self._keys += 1
        return f"{self.stamp.source}/{self._keys}"

    def _complain(self, path: str, error: OSError) -> None:
        """Say once per path that it cannot be read; it is tried again all the same."""
        if path not in self._refused:
            self._refused.add(path)
            shown = path.encode("utf-8", "replace").decode()
            self.log.warning(Said.SOURCE_STATE, source=self.stamp.source, path=shown, error=error.strerror)
