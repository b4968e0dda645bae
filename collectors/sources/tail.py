"""Source tail: files that match patterns, followed through rotation, truncation and deletion.

    every poll:  look at the names ─► known inode with known content ── read on
                                   ├─ content of a file that vanished ── read on there
                                   └─ anything else ── read from its beginning
                 a file without a name is read to its end and let go after a while

A copy is read again: its records get the ids they had, and the centre knows them.
"""

import asyncio
import errno
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from glob import iglob
from itertools import islice

from collectors.framing import Framer
from collectors.reading import Reading, Stamp
from collectors.sources.followed import Followed
from collectors.sources.position import Position, decode_position
from soc.kernel.channel import Channel
from soc.kernel.logs import Log, Said
from soc.wire.codec import MAX_RECORD_BYTES

POLL = timedelta(milliseconds=250)
MAX_FILES = 4096
COMPRESSED = (".gz", ".xz", ".bz2", ".zst")
"""Rotated files that were compressed; they were read before."""
DELETED_GRACE_S = 5
MOVED_GRACE_S = 300
NOWHERE = (-1, -1)
READS_A_ROUND = 16
"""Chunks of one file before the next has its turn."""


@dataclass(slots=True)
class Tail:
    """One source of kind ``tail``."""

    paths: tuple[str, ...]
    stamp: Stamp
    log: Log
    limit: int = MAX_RECORD_BYTES
    _files: dict[tuple[int, int], Followed] = field(default_factory=dict[tuple[int, int], Followed])
    _lost: dict[str, tuple[Position, float]] = field(default_factory=dict[str, tuple[Position, float]])
    """Positions without a file, and since when: it may come back under another name or inode."""
    _refused: set[str] = field(default_factory=set[str])
    _keys: int = 0

    def resume(self, states: Mapping[str, bytes]) -> None:
        """Take up the positions of an earlier run."""
        now = self.stamp.clock.monotonic()
        for key, state in states.items():
            source, _, number = key.rpartition("/")
            position = decode_position(state)
            if source == self.stamp.source and number.isdigit() and position is not None:
                self._lost[key] = (position, now)
                self._keys = max(self._keys, int(number))

    async def run(self, out: Channel[Reading]) -> None:
        """Read and send until cancelled."""
        await asyncio.to_thread(self._search_renamed)
        while True:
            busy = await self.round(out)
            await self.stamp.clock.sleep(timedelta(0) if busy else POLL)

    async def round(self, out: Channel[Reading]) -> bool:
        """Look at every name and read a share of every file; return whether there is more."""
        await asyncio.to_thread(self._match)
        busy = False
        for file in await asyncio.to_thread(self._with_news):
            busy |= await self._drain(file, out)
        for reading in await asyncio.to_thread(self._let_go):
            await out.send(reading)
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
            if reading.states:
                await out.send(reading)
        return True

    def _with_news(self) -> list[Followed]:
        found: list[Followed] = []
        for file in self._files.values():
            try:
                if file.has_news():
                    found.append(file)
            except OSError as error:
                self._complain(file.path, error)
        return found

    def _match(self) -> None:
        """Follow what the names lead to now."""
        named: set[tuple[int, int]] = set()
        names = list(islice(self._names(), MAX_FILES + 1))
        if len(names) > MAX_FILES:
            self._complain(names.pop(), OSError(errno.EMFILE, f"more than {MAX_FILES} files match"))
        for path in names:
            place = _place(path)
            if place is None or place in named:
                continue
            named.add(place)
            file = self._files.get(place)
            if file is None:
                self._open(path)
            elif file.path != path:
                file.path, file.moved = path, True
        for place, file in self._files.items():
            file.gone = place not in named

    def _names(self) -> Iterator[str]:
        found = (path for pattern in self.paths for path in sorted(iglob(pattern, recursive=True)))  # noqa: PTH207 - absolute patterns
        return (path for path in found if not path.endswith(COMPRESSED))

    def _open(self, path: str) -> None:
        try:
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return
        except OSError as error:
            self._complain(path, error)
            return
        try:
            self._follow(path, handle)
        except OSError as error:
            os.close(handle)
            self._complain(path, error)
        else:
            self._refused.discard(path)

    def _follow(self, path: str, handle: int) -> Followed:
        status = os.fstat(handle)
        place = (status.st_dev, status.st_ino)
        key, position = self._recognise(handle, place)
        start, inside = (position.offset, position.inside) if position else (0, False)
        framer = Framer(self.limit, start=start, inside=inside)
        file = Followed(key, path, handle, framer, self.stamp.clock.monotonic())
        file.moved = position is not None and position.path != os.fsencode(path)
        self._files[place] = file
        return file

    def _recognise(self, handle: int, place: tuple[int, int]) -> tuple[str, Position | None]:
        """Return the key and position under which the open file was read before, else a new key."""
        likely = sorted(self._lost.items(), key=lambda item: (item[1][0].place != place, -item[1][0].offset))
        for key, (position, _) in likely:
            if position.offset and position.is_of(handle):
                del self._lost[key]
                return key, position
        self._keys += 1
        return f"{self.stamp.source}/{self._keys}", None

    def _search_renamed(self) -> None:
        """Find files that were renamed beyond the patterns while nobody looked."""
        self._match()
        sought = {position.place: position for position, _ in self._lost.values()}
        for folder in {os.fsdecode(position.path.rpartition(b"/")[0]) for position in sought.values()}:
            with suppress(OSError), os.scandir(folder) as entries:
                inodes = {inode for _, inode in sought}
                for path in [entry.path for entry in entries if entry.inode() in inodes]:
                    position = sought.get(_place(path) or NOWHERE)
                    if position is not None:
                        self._follow_if_same(path, position)

    def _follow_if_same(self, path: str, position: Position) -> None:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        if position.place not in self._files and position.is_of(handle):
            self._follow(path, handle).gone = True
        else:
            os.close(handle)

    def _let_go(self) -> list[Reading]:
        """End files that nobody will write to any more, and positions that nobody came back for."""
        now = self.stamp.clock.monotonic()
        readings: list[Reading] = []
        for place, file in list(self._files.items()):
            if file.gone or file.moved:
                try:
                    readings += self._end(place, file, now)
                except OSError as error:
                    self._complain(file.path, error)
        expired = [key for key, (_, since) in self._lost.items() if now - since > MOVED_GRACE_S]
        for key in expired:
            del self._lost[key]
        if expired:
            readings.append(Reading(states=dict.fromkeys(expired, b"")))
        return readings

    def _end(self, place: tuple[int, int], file: Followed, now: float) -> list[Reading]:
        grace = DELETED_GRACE_S if file.is_deleted() else MOVED_GRACE_S
        if now - file.idle_since < grace:
            return []
        last = file.finish(self.stamp)
        if file.gone:
            del self._files[place]
            try:
                position = decode_position(file.position())
            finally:
                file.close()
            if position is not None:
                self._lost[file.key] = (position, now)
        return [] if last is None else [last]

    def _complain(self, path: str, error: OSError) -> None:
        """Say once per path that it cannot be read; it is tried again all the same."""
        if path not in self._refused:
            self._refused.add(path)
            shown = path.encode("utf-8", "replace").decode()
            self.log.warning(Said.SOURCE_STATE, source=self.stamp.source, path=shown, error=error.strerror)


def _place(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - many names a second
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None
