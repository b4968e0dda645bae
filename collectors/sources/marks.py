"""Marks: which record was the newest that was read of each EVTX file.

A position is a record: its number in the file and the digest of its bytes. Whatever file holds it is gone
on with from there, under any name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from soc.kernel.ids import digest

REMEMBERED = 256


class Mark(msgspec.Struct, frozen=True):
    """As kept in the spool."""

    number: int
    digest: str
    turn: int
    """Counts up; of too many marks, those with the lowest are forgotten."""


def mark_of(number: int, raw: bytes) -> str:
    """Return what a record is known by when its file is read again."""
    return digest("evtx", str(number), raw)


@dataclass(slots=True)
class Marks:
    """Those of one source."""

    source: str
    _marks: dict[str, Mark] = field(default_factory=dict[str, Mark])

    def resume(self, states: Mapping[str, bytes]) -> None:
        """Take up what an earlier run left; what cannot be read is no mark."""
        for key, state in states.items():
            if key.rpartition("/")[0] == self.source:
                try:
                    self._marks[key] = msgspec.msgpack.decode(state, type=Mark)
                except (msgspec.DecodeError, UnicodeDecodeError):
                    continue

    def texts(self) -> list[str]:
        """Return them as arguments of the reader."""
        return [f"{mark.number}:{mark.digest}" for mark in self._marks.values()]

    def move(self, path: str, number: int, raw: bytes) -> dict[str, bytes]:
        """Note the newest record read of *path*; return the states to keep with it."""
        key = f"{self.source}/{digest(path)}"
        turn = 1 + max((mark.turn for mark in self._marks.values()), default=0)
        self._marks[key] = Mark(number, mark_of(number, raw), turn)
        states = {key: msgspec.msgpack.encode(self._marks[key])}
        if len(self._marks) > REMEMBERED:
            oldest = min(self._marks, key=lambda other: self._marks[other].turn)
            del self._marks[oldest]
            states[oldest] = b""
        return states
