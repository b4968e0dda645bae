"""A reading: what a source hands on in one piece, and the stamp that makes records of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from soc.kernel.channel import Channel
from soc.kernel.clock import Clock
from soc.model.record import Record
from soc.spool.journal import Shed
from soc.wire.framing import Piece


@dataclass(frozen=True, slots=True)
class Reading:
    """Records and the positions they move their source to; durable together or not at all."""

    records: tuple[Record, ...] = ()
    states: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    shed: tuple[Shed, ...] = ()
    durable: asyncio.Event | None = None
    """Set once all of it is durable, for a source whose sender waits for that."""

    @property
    def raw_bytes(self) -> int:
        """Return the size of the records' own bytes."""
        return sum(len(record.raw) for record in self.records)


class Source(Protocol):
    """Something that is read for ever."""

    async def run(self, out: Channel[Reading]) -> None:
        """Read and send until cancelled; a full channel stops the reading."""
        ...

    def close(self) -> None:
        """Give up files and sockets."""
        ...


@dataclass(frozen=True, slots=True)
class Stamp:
    """What every record of one source has in common, and the clock it is read by."""

    source: str
    format: str
    zone: str
    clock: Clock
    encoding: str = ""
    """Of the bytes, where it is known; see ``Record.encoding``."""

    def at(self, piece: Piece, fingerprint: str) -> Record:
        """Return the record of a piece of a file."""
        return self._record(piece, fingerprint=fingerprint, offset=piece.start)

    def sent(self, piece: Piece, peer: str) -> Record:
        """Return the record of a message that *peer* sent."""
        return self._record(piece, peer=peer)

    def _record(self, piece: Piece, *, fingerprint: str = "", offset: int = -1, peer: str = "") -> Record:
        now = self.clock.now()
        return Record(
            source=self.source,
            format=self.format,
            raw=piece.raw,
            read_at_ms=self.clock.now_ms(),
            day=now.date().isoformat(),
            zone=self.zone,
            fingerprint=fingerprint,
            offset=offset,
            peer=peer,
            split=piece.split,
            encoding=self.encoding,
        )
