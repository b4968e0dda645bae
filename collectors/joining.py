"""Joining: lines put together to events, wherever one begins that matches an expression.

    2026-11-24 ERROR …   ── begins ──► event, delivered once the next one begins, or nothing comes for long
      at one(One.java)
      at two(Two.java)
    2026-11-24 INFO …    ── begins ──► the next

An event that does not begin as one does (the file begins in its middle, or more came after it was taken
as whole) and one that grows beyond the limits is flagged as a part.
"""

import re
from dataclasses import replace

from collectors.encoding import LINE_ENDS, as_utf8
from soc.wire.framing import Piece

MAX_LINES = 500
SEARCHED_BYTES = 1024
"""Of each line; an expression that takes its time shall not have much to take it on."""


class Joiner:
    """Turns pieces into events; holds at most one unfinished event. Pure."""

    def __init__(self, begins: re.Pattern[bytes], limit: int, encoding: str = "") -> None:
        """Begin without an event.

        Args:
            begins: Found in the first line of each event and in no other, as UTF-8.
            limit: Longest event in bytes.
            encoding: Of the lines.
        """
        self._begins = begins
        self._limit = limit
        self._encoding = encoding
        self._line_end = LINE_ENDS[encoding]
        self._lines: list[Piece] = []
        self._size = 0
        self._whole = True

    @property
    def first(self) -> Piece | None:
        """Return the first line of the unfinished event."""
        return self._lines[0] if self._lines else None

    def feed(self, pieces: list[Piece]) -> list[Piece]:
        """Return the events that *pieces* complete."""
        events: list[Piece] = []
        for piece in pieces:
            begins = self._is_beginning(piece.raw)
            full = len(self._lines) >= MAX_LINES or self._size + len(piece.raw) > self._limit
            if begins or full:
                self._whole &= begins
                events += self.flush()
                self._whole = begins
            elif not self._lines:
                self._whole = False
            self._lines.append(piece)
            self._size += len(piece.raw) + len(self._line_end)
        return events

    def flush(self) -> list[Piece]:
        """Return the unfinished event as it is, if there is one."""
        if not self._lines:
            return []
        first, last = self._lines[0], self._lines[-1]
        raw = self._line_end.join(line.raw for line in self._lines)
        split = not self._whole or any(line.split for line in self._lines)
        self._lines.clear()
        self._size = 0
        return [replace(first, raw=raw, end=last.end, split=split)]

    def _is_beginning(self, raw: bytes) -> bool:
        head = as_utf8(raw[:SEARCHED_BYTES], self._encoding)
        return self._begins.search(head) is not None
