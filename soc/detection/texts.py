"""Many string patterns against one text, or against all texts of an event: which of them hold.

Exact texts, prefixes and suffixes are looked up; substrings go through a literal hyperscan database, the
rest through those of expressions. Uncased patterns meet the folded text, cased ones the text itself.
"""

from collections.abc import Iterable, Sequence

from soc.detection.placed import Atom, Parts, Placed
from soc.detection.scanner import Entry, Scanner, expression_of
from soc.kernel.folding import fold
from soc.rulebook.plan import Regex, Text, Wild

_SEPARATOR = "\0"


class Texts:
    """The string patterns of one field, or all keywords, compiled."""

    def __init__(self, patterns: Iterable[tuple[Atom, Text | Regex]]) -> None:
        """Compile (atom, pattern) pairs."""
        folded: list[tuple[Atom, Text | Regex]] = []
        cased: list[tuple[Atom, Text | Regex]] = []
        for atom, pattern in patterns:
            uncased = isinstance(pattern, Text) and not pattern.cased
            (folded if uncased else cased).append((atom, pattern))
        self._folded = _Side(folded, folding=True) if folded else None
        self._cased = _Side(cased, folding=False) if cased else None

    def holding(self, texts: Sequence[str]) -> set[Atom]:
        """Return the atoms of the patterns that hold for any of *texts*."""
        found: set[Atom] = set()
        if self._folded is not None:
            self._folded.add([fold(text) for text in texts], found)
        if self._cased is not None:
            self._cased.add(texts, found)
        return found


class _Side:
    """Patterns of one kind of casing, each where it is found fastest."""

    def __init__(self, patterns: list[tuple[Atom, Text | Regex]], *, folding: bool) -> None:
        self._placed = Placed()
        literals: list[Entry] = []
        inside: list[Entry] = []
        expressions: list[Entry] = []
        for atom, pattern in patterns:
            if isinstance(pattern, Regex):
                expressions.append(expression_of(atom, pattern))
                continue
            parts = _folded(pattern.parts) if folding else pattern.parts
            match parts:
                case _ if self._placed.take(atom, parts):
                    pass
                case (Wild.ANY, str(inner), Wild.ANY) if _SEPARATOR not in inner:
                    literals.append(Entry(atom, inner, 0, parts))
                case (Wild.ANY, *_, Wild.ANY):
                    inside.append(expression_of(atom, parts))
                case _:
                    expressions.append(expression_of(atom, parts))
        self._literal = Scanner(literals, literal=True)
        self._inside = Scanner(inside, literal=False)
        self._regex = Scanner(expressions, literal=False)

    def add(self, texts: Sequence[str], found: set[Atom]) -> None:
        joined = texts[0] if len(texts) == 1 else _SEPARATOR.join(texts)
        # No literal holds the separator, so none is found across two texts; wildcards may be.
        self._literal.add((joined,), found)
        if self._inside.any(joined):
            self._inside.add(texts, found)
        self._regex.add(texts, found)
        self._placed.add(texts, found)


def _folded(parts: Parts) -> Parts:
    return tuple(part if isinstance(part, Wild) else fold(part) for part in parts)
