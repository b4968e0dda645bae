"""Hyperscan databases over many expressions, and plain Python for wildcards that hyperscan refuses."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import hyperscan

from soc.detection.globs import Glob
from soc.detection.placed import Atom, Parts
from soc.rulebook.plan import Regex, Wild
from soc.rulebook.regexes import flags


class Entry(NamedTuple):
    """One pattern as hyperscan takes it."""

    atom: Atom
    expression: str
    flags: int
    parts: Parts | None
    """The wildcard pattern it stands for; None for a regular expression."""


class Scanner:
    """Patterns compiled together."""

    def __init__(self, entries: Sequence[Entry], *, literal: bool) -> None:
        """Compile *entries*; where they are too large together, in smaller lots."""
        self._databases: list[Any] = []
        self._globs: list[tuple[Atom, Glob]] = []
        if entries:
            self._compile(entries, literal=literal)

    def add(self, texts: Sequence[str], found: set[Atom]) -> None:
        """Add to *found* the atoms whose pattern holds for any of *texts*."""
        for text in texts if self._databases else ():
            data = _bytes(text)
            for database in self._databases:
                database.scan(data, match_event_handler=_collect, context=found)
        for atom, glob in self._globs:
            if any(map(glob.fits, texts)):
                found.add(atom)

    def any(self, text: str) -> bool:
        """Return whether any pattern holds for *text*."""
        found: set[Atom] = set()
        self.add((text,), found)
        return bool(found)

    def _compile(self, entries: Sequence[Entry], *, literal: bool) -> None:
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        try:
            database.compile(
                expressions=[_bytes(entry.expression) for entry in entries],
                ids=[entry.atom for entry in entries],
                flags=[entry.flags | hyperscan.HS_FLAG_SINGLEMATCH for entry in entries],
                literal=literal,
            )
        except hyperscan.error:
            if len(entries) == 1:
                self._fall_back(entries[0])
                return
            half = len(entries) // 2
            self._compile(entries[:half], literal=literal)
            self._compile(entries[half:], literal=literal)
        else:
            self._databases.append(database)

    def _fall_back(self, entry: Entry) -> None:
        if entry.parts is None:
            raise ValueError(f"expression was not checked by the rulebook: {entry.expression!r}")
        self._globs.append((entry.atom, Glob(entry.parts)))


def expression_of(atom: Atom, pattern: Regex | Parts) -> Entry:
    """Return a regular expression, or wildcards over the whole text, newlines included."""
    if isinstance(pattern, Regex):
        return Entry(atom, pattern.pattern, flags(pattern), None)
    body = [_WILDS[part] if isinstance(part, Wild) else _escaped(part) for part in pattern]
    before = [r"\A"] if pattern[0] is not Wild.ANY else []
    after = [r"\z"] if pattern[-1] is not Wild.ANY else []
    inner = body[not before : len(body) - (not after)]
    return Entry(atom, "".join([*before, *inner, *after]), _WILD_FLAGS, pattern)


def _collect(atom: int, _start: int, _end: int, _flags: int, found: Any) -> None:
    found.add(atom)


def _escaped(text: str) -> str:
    return "".join(f"\\x{{{ord(c):x}}}" if c in "\0\n\r" else re.escape(c) for c in text)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


_WILDS = {Wild.ANY: ".*", Wild.ONE: "."}
_WILD_FLAGS = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_ALLOWEMPTY
