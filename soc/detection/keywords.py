"""Keywords: patterns that hold if any value of the event fits, or the raw text of a quarantined record."""

from collections.abc import Mapping, Sequence

from soc.detection.atoms import NOTHING, Atom
from soc.detection.scanner import Databases
from soc.detection.texts import Texts, fits_of
from soc.model.event import Fields
from soc.model.fields import scalars_of, text_of
from soc.rulebook.plan import Regex, Text, Wild

_BETWEEN = "\0"


class Keywords:
    """All keywords of an engine, compiled."""

    def __init__(self, patterns: Mapping[Text | Regex, Atom], databases: Databases) -> None:
        """Compile pattern → atom."""
        inner = {
            atom: pattern
            for pattern, atom in patterns.items()
            if isinstance(pattern, Text) and pattern.parts[:1] == pattern.parts[-1:] == (Wild.ANY,)
        }
        outer = {atom: pattern for pattern, atom in patterns.items() if atom not in inner}
        self._inner = Texts(inner.items(), databases)
        self._unsure = {
            atom: fits_of(pattern) for atom, pattern in inner.items() if not _stands_within_one(pattern)
        }
        """Those that may hold for several texts in a row but for none of them."""
        self._outer = Texts(outer.items(), databases) if outer else None

    def holding(self, texts: Sequence[str], wanted: frozenset[Atom]) -> frozenset[Atom]:
        """Return those of the *wanted* atoms that hold for any of *texts*."""
        found = self._inner.holding(_BETWEEN.join(texts))
        if found:
            found &= wanted
            for atom in found & self._unsure.keys():
                if not any(map(self._unsure[atom], texts)):
                    found.remove(atom)
        if self._outer is not None:
            found.update(*map(self._outer.holding, texts))
        return wanted & found if found else NOTHING


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
