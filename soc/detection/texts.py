"""Many string patterns against one text, or against all texts of an event: which of them hold.

Exact texts, prefixes and suffixes are looked up; substrings go through one literal hyperscan database,
the rest through one of expressions. Uncased patterns meet the folded text, cased ones the text itself.
"""

from collections.abc import Iterable, Sequence

from soc.detection.scanner import Atom, Entry, Scanner, expression_of
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
    """Patterns of one kind of casing."""

    def __init__(self, patterns: list[tuple[Atom, Text | Regex]], *, folding: bool) -> None:
        self._always: list[Atom] = []
        self._exact: dict[str, list[Atom]] = {}
        self._prefixes: dict[int, dict[str, list[Atom]]] = {}
        self._suffixes: dict[int, dict[str, list[Atom]]] = {}
        literals: list[Entry] = []
        expressions: list[Entry] = []
        for atom, pattern in patterns:
            if isinstance(pattern, Regex):
                expressions.append(expression_of(atom, pattern))
                continue
            match _folded(pattern.parts) if folding else pattern.parts:
                case (Wild.ANY,):
                    self._always.append(atom)
                case () | (str(),) as exact:
                    self._exact.setdefault("".join(map(str, exact)), []).append(atom)
                case (str(head), Wild.ANY):
                    self._prefixes.setdefault(len(head), {}).setdefault(head, []).append(atom)
                case (Wild.ANY, str(tail)):
                    self._suffixes.setdefault(len(tail), {}).setdefault(tail, []).append(atom)
                case (Wild.ANY, str(inner), Wild.ANY) if _SEPARATOR not in inner:
                    literals.append(Entry(atom, inner, 0, (Wild.ANY, inner, Wild.ANY)))
                case parts:
                    expressions.append(expression_of(atom, parts))
        self._literal = Scanner(literals, literal=True) if literals else None
        self._regex = Scanner(expressions, literal=False) if expressions else None

    def add(self, texts: Sequence[str], found: set[Atom]) -> None:
        if texts:
            found.update(self._always)
        if self._literal is not None:
            # No literal holds the separator, so none is found across two texts.
            self._literal.add(_SEPARATOR.join(texts), found)
        for text in texts:
            self._add_placed(text, found)
            if self._regex is not None:
                self._regex.add(text, found)

    def _add_placed(self, text: str, found: set[Atom]) -> None:
        if self._exact:
            found.update(self._exact.get(text, ()))
        for length, heads in self._prefixes.items():
            found.update(heads.get(text[:length], ()))
        size = len(text)
        for length, tails in self._suffixes.items():
            if length <= size:
                found.update(tails.get(text[size - length :], ()))


def _folded(parts: tuple[Wild | str, ...]) -> tuple[Wild | str, ...]:
    return tuple(part if isinstance(part, Wild) else fold(part) for part in parts)
