"""Keywords: patterns that hold if any value of the event fits, or the raw text of a quarantined record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from soc.detection.atoms import NOTHING, Atom
from soc.detection.globs import Fits
from soc.detection.scanner import Databases
from soc.detection.texts import Texts, fits_of
from soc.kernel.folding import fold
from soc.model.event import Fields
from soc.model.fields import scalars_of, text_of
from soc.rulebook.plan import Regex, Text, Wild

_BETWEEN = "\0"
_SHORT = 3
"""Characters: texts are full of so short a literal, and searching for it with the others slows these down."""


class Keywords:
    """All keywords of an engine, compiled."""

    def __init__(self, patterns: Mapping[Text | Regex, Atom], databases: Databases) -> None:
        """Compile pattern → atom."""
        inner: dict[Atom, Text] = {}
        outer: dict[Atom, Text | Regex] = {}
        self._short: list[tuple[str, Atom]] = []
        for pattern, atom in patterns.items():
            if not (isinstance(pattern, Text) and pattern.parts[:1] == pattern.parts[-1:] == (Wild.ANY,)):
                outer[atom] = pattern
            elif (literal := _short_literal(pattern)) is not None:
                self._short.append((literal, atom))
            else:
                inner[atom] = pattern
        self._inner = Texts(inner.items(), databases)
        self._unsure = {
            atom: fits_of(pattern) for atom, pattern in inner.items() if not _stands_within_one(pattern)
        }
        self._outer = Texts(outer.items(), databases) if outer else None

    def among(self, wanted: frozenset[Atom]) -> "Asked":
        """Return the question which of the *wanted* atoms hold."""
        short = tuple((literal, atom) for literal, atom in self._short if atom in wanted)
        unsure = {atom: fits for atom, fits in self._unsure.items() if atom in wanted}
        return Asked(wanted, self._inner, short, unsure, self._outer)


@dataclass(frozen=True, slots=True)
class Asked:
    """The keywords that some rules ask for."""

    wanted: frozenset[Atom]
    inner: Texts
    """All that may stand anywhere in a text, but the short ones."""
    short: tuple[tuple[str, Atom], ...]
    """Folded literals that may stand anywhere in a text."""
    unsure: Mapping[Atom, Fits]
    """Inner ones that may hold for several texts in a row but for none of them."""
    outer: Texts | None

    def holding(self, texts: Sequence[str]) -> frozenset[Atom]:
        """Return those of the wanted atoms that hold for any of *texts*."""
        row = _BETWEEN.join(texts)
        found = self.inner.holding(row)
        for atom in found & self.unsure.keys() if found else ():
            if not any(map(self.unsure[atom], texts)):
                found.remove(atom)
        if self.short:
            folded = fold(row)
            for literal, atom in self.short:
                if literal in folded:
                    found.add(atom)
        if self.outer is not None:
            found.update(*map(self.outer.holding, texts))
        return self.wanted & found if found else NOTHING


def _short_literal(pattern: Text) -> str | None:
    """Return the folded literal of an uncased pattern that is little else."""
    match pattern.parts:
        case (_, str(literal), _) if len(literal) <= _SHORT and not pattern.cased and _BETWEEN not in literal:
            return fold(literal)
        case _:
            return None


def _stands_within_one(pattern: Text) -> bool:
    """Return whether *pattern*, in a row of texts, can only stand within one of them."""
    match pattern.parts:
        case (_, str(literal), _):
            return _BETWEEN not in literal
        case _:
            return False


def texts_in(fields: Fields) -> list[str]:
    """Return the text of every scalar in *fields*, at any depth."""
    texts: list[str] = []
    for value in fields.values():
        kind = type(value)
        if kind is str:
            texts.append(value)
        elif kind is int:
            texts.append(str(value))
        else:
            texts += [text for inner in scalars_of(value, 1) if (text := text_of(inner)) is not None]
    return texts
