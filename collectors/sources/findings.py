"""Source findings: exports of scanners that people drop into a folder.

    every 10 s ── a file that stayed as it is for 10 s ──► reader apart ──► a record for each finding

A file is known by its content: dropped again, under whatever name, it gives nothing new. Nothing in the
folder is moved or deleted.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from glob import escape
from typing import NamedTuple

import msgspec

from collectors.reading import Reading, Stamp
from collectors.sources.apart import reading_apart
from collectors.sources.names import MAX_FILES, Named, Names
from soc.kernel.channel import Channel
from soc.kernel.errors import RecordError
from soc.kernel.logs import Log, Said
from soc.model.record import Record
from soc.wire.codec import MAX_RECORD_BYTES
from soc.wire.framing import Piece

LOOK_EVERY = timedelta(seconds=10)
SETTLED_S = 10
"""A file that changed since is still being written."""
REMEMBERED = 256
UNFINISHED = (".crdownload", ".filepart", ".part", ".partial", ".tmp")
"""Names of files on their way."""
_READER = "collectors.sources.findings_child"


class Progress(msgspec.Struct, frozen=True):
    """As kept in the spool."""

    done: tuple[str, ...] = ()
    """Digests of exports that were read whole; the newest last."""
    current: str = ""
    """Digest of the one that is being read."""
    rows: int = 0
    """How many findings of it were read."""


class _Seen(NamedTuple):
    file: Named
    since: float
    read: bool


@dataclass(slots=True)
class FindingsFolder:
    """One source of kind ``findings``."""

    folder: str
    layout: str
    stamp: Stamp
    log: Log
    _names: Names = field(init=False)
    _progress: Progress = field(default_factory=Progress)
    _seen: dict[str, _Seen] = field(default_factory=dict[str, _Seen])

    def __post_init__(self) -> None:
        """Look nowhere else."""
        self._names = Names((escape(self.folder) + "/*",), packed=False)

    def resume(self, states: Mapping[str, bytes]) -> None:
        """Go on where an earlier run left off; a state that cannot be read means reading again."""
        try:
            self._progress = msgspec.msgpack.decode(states.get(self._key, b""), type=Progress)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._progress = Progress()

    async def run(self, out: Channel[Reading]) -> None:
        """Read and send until cancelled."""
        while True:
            await self.round(out)
            await self.stamp.clock.sleep(LOOK_EVERY)

    async def round(self, out: Channel[Reading]) -> None:
        """Read what has settled since the last round."""
        for file in await asyncio.to_thread(self._settled):
            try:
                await self._read(file, out)
            except RecordError as error:
                self._say(file.path, str(error))
            self._seen[file.path] = self._seen[file.path]._replace(read=True)

    def close(self) -> None:
        """Do nothing: no file stays open."""

    @property
    def _key(self) -> str:
        return f"{self.stamp.source}/exports"

    def _settled(self) -> list[Named]:
        """Return the files that nobody writes to any more and that were not read yet."""
        now = self.stamp.clock.monotonic()
        found, beyond = self._names.look()
        if beyond:
            self._say(beyond, f"more than {MAX_FILES} files")
        before, self._seen = self._seen, {}
        for file in found:
            if not file.path.lower().endswith(UNFINISHED):
                seen = before.get(file.path)
                if seen is None or seen.file != file:
                    seen = _Seen(file, now, read=False)
                self._seen[file.path] = seen
        return [seen.file for seen in self._seen.values() if not seen.read and now - seen.since >= SETTLED_S]

    async def _read(self, file: Named, out: Channel[Reading]) -> None:
        async with reading_apart(_READER, [file.path, self.layout, *self._progress.done]) as child:
            async for portion in child.portions():
                past = self._progress.rows if self._progress.current == child.identity else 0
                records = tuple(
                    self._record(item.number, item.raw, child.identity)
                    for item in portion
                    if item.number > past
                )
                rows = max(past, portion[-1].number)
                await self._move(out, records, Progress(self._progress.done, child.identity, rows))
        if child.identity not in self._progress.done:
            done = (*self._progress.done, child.identity)[-REMEMBERED:]
            await self._move(out, (), Progress(done))

    async def _move(self, out: Channel[Reading], records: tuple[Record, ...], progress: Progress) -> None:
        self._progress = progress
        await out.send(Reading(records, {self._key: msgspec.msgpack.encode(progress)}))

    def _record(self, row: int, raw: bytes, identity: str) -> Record:
        return self.stamp.at(Piece(raw, row, row, split=len(raw) == MAX_RECORD_BYTES), identity)

    def _say(self, path: str, why: str) -> None:
        shown = path.encode("utf-8", "replace").decode()
        self.log.warning(Said.SOURCE_STATE, source=self.stamp.source, path=shown, error=why)
