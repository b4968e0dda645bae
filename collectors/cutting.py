"""Cutting: one file's bytes into what becomes records, in the manner its source wants."""

import re
from dataclasses import dataclass
from datetime import timedelta

from collectors.encoding import LINE_ENDS, Chosen
from collectors.joining import Joiner
from soc.wire.codec import MAX_RECORD_BYTES
from soc.wire.framing import Framer, Piece


@dataclass(frozen=True, slots=True)
class Manner:
    """How the files of one source are read."""

    encoding: Chosen = "auto"
    begins: str = ""
    """Expression found in the first line of each event; empty: a line is an event."""
    patience: timedelta = timedelta(seconds=5)
    """Silence after which an event of several lines is taken as whole."""
    compressed: bool = True
    """Read rotated files that were compressed."""
    limit: int = MAX_RECORD_BYTES
    """Longest record in bytes."""
    floor_bytes: int = 0
    """Free disk below which deleted files are let go though they are unread."""


class Cutter:
    """Where reading stands in one file."""

    def __init__(self, manner: Manner, encoding: str = "", *, start: int = 0, inside: bool = False) -> None:
        """Begin at offset *start*; *inside*: in the middle of a line of which parts were delivered."""
        self.encoding = encoding
        line_end = LINE_ENDS[encoding]
        self._framer = Framer(manner.limit, start=start, inside=inside, line_end=line_end)
        self._joiner: Joiner | None = None
        if manner.begins:
            self._joiner = Joiner(re.compile(manner.begins.encode()), self._framer.limit, encoding)

    @property
    def fed(self) -> int:
        """Return the offset of the next byte to feed."""
        return self._framer.fed

    @property
    def delivered(self) -> int:
        """Return the offset up to which everything was delivered."""
        return self._framer.delivered if self._open is None else self._open.start

    @property
    def inside(self) -> bool:
        """Return whether that lies within a line of which parts were delivered."""
        return self._framer.inside if self._open is None else self._open.continues

    @property
    def waits(self) -> bool:
        """Return whether an event is complete unless more lines follow."""
        return self._open is not None

    def feed(self, data: bytes) -> list[Piece]:
        """Return the pieces that *data* completes."""
        pieces = self._framer.feed(data)
        return pieces if self._joiner is None else self._joiner.feed(pieces)

    def flush(self) -> list[Piece]:
        """Return the event that waits for more lines, as whole."""
        return [] if self._joiner is None else self._joiner.flush()

    def rest(self) -> list[Piece]:
        """Return all that is unfinished; a line without its end is a part."""
        pieces = self._framer.rest()
        return pieces if self._joiner is None else self._joiner.feed(pieces) + self._joiner.flush()

    @property
    def _open(self) -> Piece | None:
        return None if self._joiner is None else self._joiner.first
