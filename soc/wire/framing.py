"""Framing: a byte stream cut into lines or octet-counted syslog messages, the same wherever reads end.

- A line ends with LF (in UTF-16 where a character begins); one CR before it is not part of it. Empty lines,
  lines of NULs only and bare byte order marks are passed over.
- Octet-counted (RFC 6587 §3.4.1): ``LEN SP <PRI>…``; recognised message by message, because senders mix.
- What is longer than the limit is delivered in parts of that length, each flagged.
"""

import codecs
import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """A line, a message, or a part of one that is too long."""

    raw: bytes
    start: int
    """Offset of its first byte in the stream."""
    end: int
    """Offset behind it, its line end included."""
    split: bool
    continues: bool = False
    """It begins within a line of which parts were delivered."""


class Framer:
    """Turns chunks of a stream into pieces; holds at most one unfinished piece and the last chunk."""

    def __init__(
        self,
        limit: int,
        *,
        counted: bool = False,
        start: int = 0,
        inside: bool = False,
        line_end: bytes = b"\n",
    ) -> None:
        """Begin at offset *start*.

        Args:
            limit: Longest piece in bytes.
            counted: Whether messages may be octet-counted.
            start: Offset of the first byte that is fed.
            inside: Whether that lies in the middle of a line of which parts were delivered.
            line_end: As wide as a character; found at multiples of its width only.
        """
        self.limit = limit - limit % len(line_end)
        """Longest piece in bytes."""
        self._counted = counted
        self._line_end = line_end
        self._return = line_end.replace(b"\n", b"\r")
        self._buffer = bytearray()
        self._base = start
        self._at = 0
        self._owed = 0
        self._inside = inside

    @property
    def delivered(self) -> int:
        """Return the offset up to which everything was delivered."""
        return self._base + self._at

    @property
    def fed(self) -> int:
        """Return the offset of the next byte to feed."""
        return self._base + len(self._buffer)

    @property
    def inside(self) -> bool:
        """Return whether what comes next continues a line of which parts were delivered."""
        return self._inside

    def feed(self, data: bytes) -> list[Piece]:
        """Return the pieces that *data* completes."""
        self._buffer += data
        pieces: list[Piece] = []
        while (piece := self._next()) is not None:
            if piece.raw.strip(b"\0") and piece.raw not in _MARKS:
                pieces.append(piece)
        del self._buffer[: self._at]
        self._base += self._at
        self._at = 0
        return pieces

    def rest(self) -> list[Piece]:
        """Return what is unfinished, as a part; should more follow, it is flagged as well."""
        raw = bytes(self._buffer)
        piece = Piece(raw, self._base, self.fed, split=True, continues=self._inside)
        self._buffer.clear()
        self._base = piece.end
        self._owed = 0
        self._inside |= bool(raw)
        return [piece] if raw.strip(b"\0\r") else []

    def _next(self) -> Piece | None:
        if not self._owed and self._counted and not self._inside:
            count = _COUNT.match(self._buffer, self._at)
            if count is not None:
                self._owed = int(count[1])
                self._at = count.end()
            elif _COUNT_BEGUN.fullmatch(self._buffer, self._at):
                return None
        return self._octets() if self._owed else self._line()

    def _octets(self) -> Piece | None:
        size = min(self._owed, self.limit)
        if len(self._buffer) - self._at < size:
            return None
        split = self._inside or size < self._owed
        self._owed -= size
        return self._take(size, 0, split=split, inside=self._owed > 0)

    def _line(self) -> Piece | None:
        end = self._line_ends()
        if end >= 0:
            return self._take(end - self._at, len(self._line_end), split=self._inside, inside=False)
        if len(self._buffer) - self._at >= self.limit + len(self._line_end):
            return self._take(self.limit, 0, split=True, inside=True)
        return None

    def _line_ends(self) -> int:
        width = len(self._line_end)
        stop = self._at + self.limit + width
        end = self._buffer.find(self._line_end, self._at, stop)
        while end >= 0 and (self._base + end) % width:
            end = self._buffer.find(self._line_end, end + 1, stop)
        return end

    def _take(self, size: int, ending: int, *, split: bool, inside: bool) -> Piece:
        start = self._at
        raw = bytes(self._buffer[start : start + size])
        self._at = start + size + ending
        continues, self._inside = self._inside, inside
        text = raw.removesuffix(self._return) if ending else raw
        return Piece(text, self._base + start, self._base + self._at, split=split, continues=continues)


_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_COUNT = re.compile(rb"([1-9][0-9]{0,6}) (?=<)")
_COUNT_BEGUN = re.compile(rb"[1-9][0-9]{0,6} ?")
