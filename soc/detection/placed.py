"""Patterns found by looking up the text, its beginnings or its ends."""

from collections.abc import Sequence

from soc.rulebook.plan import Wild

Atom = int
Parts = tuple[Wild | str, ...]


class Placed:
    """Exact texts, prefixes, suffixes, and the pattern that every text fits."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._always: list[Atom] = []
        self._exact: dict[str, list[Atom]] = {}
        self._prefixes: dict[int, dict[str, list[Atom]]] = {}
        self._suffixes: dict[int, dict[str, list[Atom]]] = {}

    def take(self, atom: Atom, parts: Parts) -> bool:
        """Take a pattern, or return False if it is none that can be looked up."""
        match parts:
            case (Wild.ANY,):
                self._always.append(atom)
            case ():
                self._exact.setdefault("", []).append(atom)
            case (str(whole),):
                self._exact.setdefault(whole, []).append(atom)
            case (str(head), Wild.ANY):
                self._prefixes.setdefault(len(head), {}).setdefault(head, []).append(atom)
            case (Wild.ANY, str(tail)):
                self._suffixes.setdefault(len(tail), {}).setdefault(tail, []).append(atom)
            case _:
                return False
        return True

    def add(self, texts: Sequence[str], found: set[Atom]) -> None:
        """Add to *found* the atoms whose pattern holds for any of *texts*."""
        if texts:
            found.update(self._always)
        if self._exact or self._prefixes or self._suffixes:
            for text in texts:
                self._look_up(text, found)

    def _look_up(self, text: str, found: set[Atom]) -> None:
        found.update(self._exact.get(text, ()))
        for length, heads in self._prefixes.items():
            found.update(heads.get(text[:length], ()))
        for length, tails in self._suffixes.items():
            found.update(tails.get(text[-length:], ()))
