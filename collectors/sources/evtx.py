"""Source evtx: new records of Windows logs in files, live or copied.

    every 10 s ── a file that changed ──► reader apart ──► records behind the newest one known

A copy or a renamed archive is not read twice, a log that was cleared is read from its start. The id of a
record is made of computer, channel, number and time, so that reading one again is harmless.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.util import find_spec
from typing import NamedTuple

from collectors.reading import Reading, Stamp
from collectors.sources.apart import reading_apart
from collectors.sources.marks import Marks
from collectors.sources.names import MAX_FILES, Named, Names
from soc.kernel.channel import Channel
from soc.kernel.errors import ConfigError, RecordError
from soc.kernel.logs import Log, Said
from soc.model.record import Record
from soc.wire.codec import MAX_RECORD_BYTES
from soc.wire.framing import Piece

LOOK_EVERY = timedelta(seconds=10)
LOOK_AGAIN_S = 300
"""At a log in use, of which a share may be late to show that it changed."""
REST = 50
"""A file is left alone this many times as long as it took to read: one that is large and always in use costs
no more than a fiftieth of a processor."""
FINGERPRINT = "evtx"
"""Of every file: a record has its number and its bytes in each copy."""
_READER = "collectors.sources.evtx_child"
_FLAGS_AT = 120
_IN_USE = 1


class _Seen(NamedTuple):
    file: Named
    at: float
    took: float
    whole: bool
    """Nothing is left of it that could be read."""


@dataclass(slots=True)
class EvtxFolder:
    """One source of kind ``evtx``."""

    paths: tuple[str, ...]
    stamp: Stamp
    log: Log
    _names: Names = field(init=False)
    _marks: Marks = field(init=False)
    _seen: dict[str, _Seen] = field(default_factory=dict[str, _Seen])
    _told: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        """Begin without marks.

        Raises:
            ConfigError: this installation cannot read such files.
        """
        if find_spec("evtx") is None:
            raise ConfigError(
                f"source {self.stamp.source}: EVTX files need the extra: pip install 'soc[evtx]'"
            )
        self._names = Names(self.paths, packed=False)
        self._marks = Marks(self.stamp.source)

    def resume(self, states: Mapping[str, bytes]) -> None:
        """Go on where an earlier run left off."""
        self._marks.resume(states)

    async def run(self, out: Channel[Reading]) -> None:
        """Read and send until cancelled."""
        while True:
            await self.round(out)
            await self.stamp.clock.sleep(LOOK_EVERY)

    async def round(self, out: Channel[Reading]) -> None:
        """Read what changed since the last round."""
        for file in await asyncio.to_thread(self._changed):
            began = self.stamp.clock.monotonic()
            whole = await self._read(file, out)
            now = self.stamp.clock.monotonic()
            self._seen[file.path] = _Seen(file, now, now - began, whole)

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def _changed(self) -> list[Named]:
        found, beyond = self._names.look()
        if beyond:
            self._say(beyond, f"more than {MAX_FILES} files match")
        names = {file.path for file in found}
        self._seen = {path: seen for path, seen in self._seen.items() if path in names}
        return [file for file in found if self._has_news(file)]

    def _has_news(self, file: Named) -> bool:
        seen = self._seen.get(file.path)
        if seen is None:
            return True
        since = self.stamp.clock.monotonic() - seen.at
        if since < REST * seen.took:
            return False
        return seen.file != file or not seen.whole or (since >= LOOK_AGAIN_S and _is_in_use(file.path))

    async def _read(self, file: Named, out: Channel[Reading]) -> bool:
        """Send what is new in *file*; return whether that was all of it."""
        sent = False
        try:
            async with reading_apart(_READER, [file.path, *self._marks.texts()]) as child:
                async for portion in child.portions():
                    last = portion[-1]
                    states = self._marks.move(file.path, last.number, last.raw)
                    records = tuple(self._record(item.number, item.raw) for item in portion)
                    await out.send(Reading(records, states))
                    sent = True
        except RecordError as error:
            self._say(file.path, str(error))
            return not sent  # what it gave before it broke is behind us: the next try comes further
        if child.remarks:
            self._say(file.path, "; ".join(child.remarks))
        else:
            self._told.pop(file.path, None)
        return True

    def _record(self, number: int, raw: bytes) -> Record:
        return self.stamp.at(Piece(raw, number, number, split=len(raw) == MAX_RECORD_BYTES), FINGERPRINT)

    def _say(self, path: str, why: str) -> None:
        """Say what is wrong with a file, once until something else is."""
        if self._told.get(path) != why:
            self._told[path] = why
            shown = path.encode("utf-8", "replace").decode()
            self.log.warning(Said.SOURCE_STATE, source=self.stamp.source, path=shown, error=why)


def _is_in_use(path: str) -> bool:
    """Return whether the log says that it was not closed."""
    try:
        with open(path, "rb") as stream:  # noqa: PTH123 - a name may hold anything
            stream.seek(_FLAGS_AT)
            return bool(int.from_bytes(stream.read(4), "little") & _IN_USE)
    except OSError:
        return False
