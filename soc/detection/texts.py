"""Many string patterns against one text: which of them hold.

Exact texts, prefixes and suffixes are looked up; substrings go through one literal hyperscan database,
the rest through one of expressions. Uncased patterns meet the folded text, cased ones the text itself.
"""

import re
from collections.abc import Iterable
from typing import Any

import hyperscan

from soc.kernel.folding import fold
from soc.rulebook.plan import Regex, Text, Wild

Atom = int


class Texts:
    """The string patterns of one field, compiled."""

    def __init__(self, patterns: Iterable[tuple[Atom, Text | Regex]]) -> None:
        """Compile (atom, pattern) pairs."""
        folded: list[tuple[Atom, Text | Regex]] = []
        cased: list[tuple[Atom, Text | Regex]] = []
        for atom, pattern in patterns:
            uncased = isinstance(pattern, Text) and not pattern.cased
            (folded if uncased else cased).append((atom, pattern))
        self._folded = _Side(folded, folding=True)
        self._cased = _Side(cased, folding=False)

    def holding(self, text: str) -> set[Atom]:
        """Return the atoms of the patterns that hold for *text*."""
        found: set[Atom] = set()
        self._folded.add(fold(text), found)
        self._cased.add(text, found)
        return found


class _Side:
    def __init__(self, patterns: list[tuple[Atom, Text | Regex]], *, folding: bool) -> None:
        self._exact: dict[str, list[Atom]] = {}
        self._prefixes: dict[int, dict[str, list[Atom]]] = {}
        self._suffixes: dict[int, dict[str, list[Atom]]] = {}
        literals: list[tuple[Atom, bytes, int]] = []
        expressions: list[tuple[Atom, bytes, int]] = []
        for atom, pattern in patterns:
            if isinstance(pattern, Regex):
                expressions.append((atom, pattern.pattern.encode(), _flags(pattern)))
                continue
            match _folded(pattern.parts) if folding else pattern.parts:
                case () | (str(),) as exact:
                    self._exact.setdefault("".join(map(str, exact)), []).append(atom)
                case (str(head), Wild.ANY) if type(head) is str:
                    self._prefixes.setdefault(len(head), {}).setdefault(head, []).append(atom)
                case (Wild.ANY, str(tail)) if type(tail) is str:
                    self._suffixes.setdefault(len(tail), {}).setdefault(tail, []).append(atom)
                case (Wild.ANY, str(inner), Wild.ANY) if type(inner) is str:
                    literals.append((atom, _bytes(inner), hyperscan.HS_FLAG_SINGLEMATCH))
                case parts:
                    expressions.append((atom, _expression(parts), _WILD_FLAGS))
        self._literal = _database(literals, literal=True)
        self._regex = _database(expressions, literal=False)

    def add(self, text: str, found: set[Atom]) -> None:
        found.update(self._exact.get(text, ()))
        for length, heads in self._prefixes.items():
            found.update(heads.get(text[:length], ()))
        size = len(text)
        for length, tails in self._suffixes.items():
            if length <= size:
                found.update(tails.get(text[size - length :], ()))
        if self._literal is not None or self._regex is not None:
            data = _bytes(text)
            for database in (self._literal, self._regex):
                if database is not None:
                    database.scan(data, match_event_handler=_collect, context=found)


def _collect(atom: int, _start: int, _end: int, _flags: int, found: Any) -> None:
    found.add(atom)


def _database(entries: list[tuple[Atom, bytes, int]], *, literal: bool) -> Any:
    if not entries:
        return None
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    atoms, expressions, flags = zip(*entries, strict=True)
    database.compile(expressions=list(expressions), ids=list(atoms), flags=list(flags), literal=literal)
    return database


def _folded(parts: tuple[Wild | str, ...]) -> tuple[Wild | str, ...]:
    return tuple(part if isinstance(part, Wild) else fold(part) for part in parts)


def _expression(parts: tuple[Wild | str, ...]) -> bytes:
    """Return a wildcard pattern as an expression over the whole text, newlines included."""
    body = "".join(_WILDS[part] if isinstance(part, Wild) else _escaped(part) for part in parts)
    head = "" if parts[0] is Wild.ANY else r"\A"
    tail = "" if parts[-1] is Wild.ANY else r"\z"
    return _bytes(f"{head}{body.removeprefix('.*') if not head else body}{tail}")


def _escaped(text: str) -> str:
    return "".join(f"\\x{{{ord(c):x}}}" if c in "\0\n\r" else re.escape(c) for c in text)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _flags(regex: Regex) -> int:
    found = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_ALLOWEMPTY
    found |= hyperscan.HS_FLAG_CASELESS if regex.ignore_case else 0
    found |= hyperscan.HS_FLAG_MULTILINE if regex.multi_line else 0
    return int(found | (hyperscan.HS_FLAG_DOTALL if regex.dot_all else 0))


_WILDS = {Wild.ANY: ".*", Wild.ONE: "."}
_WILD_FLAGS = (
    hyperscan.HS_FLAG_UTF8
    | hyperscan.HS_FLAG_DOTALL
    | hyperscan.HS_FLAG_SINGLEMATCH
    | hyperscan.HS_FLAG_ALLOWEMPTY
)
