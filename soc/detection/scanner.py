"""Hyperscan databases: compiled once, kept by what they were made of, searched in one pass."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import hyperscan
import msgspec

Scan = Callable[[bytes], list[int]]
Made = dict[bytes, bytes]
"""Digest of what a database was compiled from → its serialised form; empty where hyperscan refused.

Or of what a note is about → the note.
"""


class Entry(NamedTuple):
    """One expression or literal, as bytes, with hyperscan's flags."""

    expression: bytes
    flags: int = 0


class Databases:
    """Every database that an engine uses; those not *known* are compiled.

    A serialised database is bound to hyperscan's version and to the processor: whoever keeps ``made``
    must key it by both.
    """

    def __init__(self, known: Mapping[bytes, bytes] | None = None) -> None:
        """Start from what an earlier engine ``made``."""
        self._known = known or {}
        self.made: Made = {}
        """What was used so far."""

    def recall(self, about: bytes) -> bytes | None:
        """Return what this engine, or an earlier one, noted *about* something."""
        key = _note_key(about)
        found = self.made.get(key, self._known.get(key))
        if found is not None:
            self.made[key] = found
        return found

    def note(self, about: bytes, what: bytes) -> None:
        """Keep *what* was found out *about* something, which is said whole."""
        self.made[_note_key(about)] = what

    def get(self, entries: Sequence[Entry], *, literal: bool) -> Any | None:
        """Return the database of *entries*, whose ids are their positions; None where it is refused."""
        key = hashlib.blake2b(msgspec.msgpack.encode((literal, entries)), digest_size=16).digest()
        stored = self._known.get(key, self.made.get(key))
        if stored is None:
            stored = _compiled(entries, literal=literal)
        self.made[key] = stored
        if not stored:
            return None
        database = hyperscan.loadb(stored, hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
        return database


class Scanner:
    """Expressions searched together."""

    scan: Scan
    """Returns the positions of the entries found in some bytes, each once."""

    def __init__(self, entries: Sequence[Entry], databases: Databases, *, literal: bool) -> None:
        """Compile *entries*; where they are too large together, in smaller lots."""
        self.refused: list[int] = []
        """Positions of entries that hyperscan takes not even alone."""
        self._lots: list[tuple[int, Any]] = []
        """(Position of the first entry, search function) of each database."""
        if entries:
            self._take(entries, 0, databases, literal=literal)
        alone = len(self._lots) == 1 and self._lots[0][0] == 0
        self.scan = _scan_of(self._lots[0][1]) if alone else self._scan_lots

    def _scan_lots(self, data: bytes) -> list[int]:
        found: list[int] = []
        for first, search in self._lots:
            inner: list[int] = []
            search(data, _collect, 0, inner)
            found += [first + position for position in inner]
        return found

    def _take(self, entries: Sequence[Entry], first: int, databases: Databases, *, literal: bool) -> None:
        database = databases.get(entries, literal=literal)
        if database is not None:
            self._lots.append((first, database.scan))
        elif len(entries) == 1:
            self.refused.append(first)
        else:
            half = len(entries) // 2
            self._take(entries[:half], first, databases, literal=literal)
            self._take(entries[half:], first + half, databases, literal=literal)


def _note_key(about: bytes) -> bytes:
    return hashlib.blake2b(about, digest_size=16, person=b"note").digest()


def _compiled(entries: Sequence[Entry], *, literal: bool) -> bytes:
    if any(b"\0" in entry.expression for entry in entries):
        return b""  # python-hyperscan would end the expression there
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(
            expressions=[entry.expression for entry in entries],
            ids=list(range(len(entries))),
            flags=[entry.flags | hyperscan.HS_FLAG_SINGLEMATCH for entry in entries],
            literal=literal,
        )
    except hyperscan.error:
        return b""
    return bytes(hyperscan.dumpb(database))


def _scan_of(search: Any) -> Scan:
    """Return how a single database is searched."""

    def scan(data: bytes) -> list[int]:
        found: list[int] = []
        search(data, _collect, 0, found)
        return found

    return scan


def _collect(position: int, _start: int, _end: int, _flags: int, found: Any) -> None:
    found.append(position)
