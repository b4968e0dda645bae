"""Many string patterns against one text: which of them hold.

Wildcards are found by their longest literal: one literal database tells which patterns may hold, each of
these is then checked by itself. Uncased patterns meet the folded text, cased ones the text itself.
"""

from collections.abc import Iterable, Sequence

import hyperscan

from soc.detection.atoms import Atom
from soc.detection.globs import Fits, Parts, fitting
from soc.detection.scanner import Databases, Entry, Scanner
from soc.kernel.folding import fold
from soc.rulebook.plan import Regex, Text, Wild
from soc.rulebook.regexes import flags


class Texts:
    """The string patterns of one field, or all keywords, compiled."""

    def __init__(self, patterns: Iterable[tuple[Atom, Text | Regex]], databases: Databases) -> None:
        """Compile (atom, pattern) pairs."""
        folded: list[tuple[Atom, Parts]] = []
        cased: list[tuple[Atom, Parts]] = []
        expressions: list[tuple[Atom, Regex]] = []
        for atom, pattern in patterns:
            if isinstance(pattern, Regex):
                expressions.append((atom, pattern))
            elif pattern.cased:
                cased.append((atom, pattern.parts))
            else:
                folded.append((atom, _folded(pattern.parts)))
        self._folded = Literals(folded, databases, caseless=True) if folded else None
        self._cased = Literals(cased, databases) if cased else None
        self._expressions = Expressions(expressions, databases) if expressions else None

    def holding(self, text: str) -> set[Atom]:
        """Return the atoms of the patterns that hold for *text*."""
        found: set[Atom] = set()
        if self._folded is not None:
            self._folded.add(text, found)
        if self._cased is not None:
            self._cased.add(text, found)
        if self._expressions is not None:
            self._expressions.add(text, found)
        return found


class Literals:
    """Patterns of literals and wildcards."""

    def __init__(
        self, patterns: Sequence[tuple[Atom, Parts]], databases: Databases, *, caseless: bool = False
    ) -> None:
        """Compile (atom, parts) pairs; *caseless* ones are folded, and meet texts folded."""
        self._exact: dict[str, list[Atom]] = {}
        self._blind: list[tuple[Atom, Fits]] = []
        """Without a literal to be found by."""
        self._fold = fold if caseless else str
        self._caseless = caseless
        sure: dict[str, list[Atom]] = {}
        checked: dict[str, list[tuple[Atom, Fits]]] = {}
        for atom, parts in patterns:
            match parts:
                case () | (str(),):
                    self._exact.setdefault("".join(map(str, parts)), []).append(atom)
                case (Wild.ANY, str(inner), Wild.ANY):
                    sure.setdefault(inner, []).append(atom)
                case _:
                    longest = max((part for part in parts if isinstance(part, str)), key=len, default="")
                    checked.setdefault(longest, []).append((atom, fitting(parts)))
        self._always = tuple(atom for atom, parts in patterns if parts == (Wild.ANY,))
        self._blind += [(atom, fits) for atom, fits in checked.pop("", ()) if atom not in self._always]
        literals = [*{**sure, **checked}]
        self._sure = [tuple(sure.get(literal, ())) for literal in literals]
        self._checked = [tuple(checked.get(literal, ())) for literal in literals]
        flag = hyperscan.HS_FLAG_CASELESS if caseless else 0
        entries = [Entry(_bytes(literal), flag) for literal in literals]
        self._scanner = Scanner(entries, databases, literal=True)
        for position in self._scanner.refused:
            fits = fitting((Wild.ANY, literals[position], Wild.ANY))
            self._blind += [(atom, fits) for atom in self._sure[position]]
            self._blind += self._checked[position]
        self._longest_exact = max(map(len, self._exact), default=-1)
        self._to_check = frozenset(n for n, patterns in enumerate(self._checked) if patterns)

    def add(self, text: str, found: set[Atom]) -> None:
        """Add to *found* the atoms whose pattern holds for *text*."""
        # Folding is dear where texts are long: those of ASCII are searched as they are, by a caseless search.
        whole = text if self._caseless and text.isascii() else self._fold(text)
        places = self._scanner.scan(_bytes(whole))
        found.update(self._always, *map(self._sure.__getitem__, places))
        if self._blind or len(text) <= self._longest_exact or not self._to_check.isdisjoint(places):
            self._check(self._fold(text), places, found)

    def _check(self, text: str, places: Sequence[int], found: set[Atom]) -> None:
        """Add what more than a literal somewhere in *text* decides."""
        found.update(self._exact.get(text, ()))
        for atom, fits in self._blind:
            if fits(text):
                found.add(atom)
        for position in places:
            for atom, fits in self._checked[position]:
                if fits(text):
                    found.add(atom)


class Expressions:
    """Regular expressions, searched anywhere in a text."""

    def __init__(self, patterns: Sequence[tuple[Atom, Regex]], databases: Databases) -> None:
        """Compile (atom, expression) pairs."""
        self._atoms = [atom for atom, _ in patterns]
        entries = [Entry(regex.pattern.encode(), flags(regex)) for _, regex in patterns]
        self._scanner = Scanner(entries, databases, literal=False)
        for position in self._scanner.refused:
            raise ValueError(f"expression was not checked by the rulebook: {patterns[position][1].pattern!r}")

    def add(self, text: str, found: set[Atom]) -> None:
        """Add to *found* the atoms whose expression is found in *text*."""
        # Hyperscan must not see what is no UTF-8: half a surrogate pair becomes a question mark.
        found.update(map(self._atoms.__getitem__, self._scanner.scan(text.encode("utf-8", "replace"))))


def fits_of(pattern: Text) -> Fits:
    """Return the function that tells whether *pattern* holds for a text."""
    if pattern.cased:
        return fitting(pattern.parts)
    fits = fitting(_folded(pattern.parts))
    return lambda text: fits(fold(text))


def _folded(parts: Parts) -> Parts:
    return tuple(part if isinstance(part, Wild) else fold(part) for part in parts)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
