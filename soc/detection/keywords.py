"""Keywords: patterns that hold if any value of the event fits, or the raw text of a quarantined record."""

from collections.abc import Mapping, Sequence

from soc.detection.atoms import NOTHING, Atom
from soc.detection.scanner import Databases
from soc.detection.texts import Texts
from soc.model.event import Fields
from soc.model.fields import scalars_of, text_of
from soc.rulebook.plan import Regex, Text, Wild

_BETWEEN = "\0"


class Keywords:
    """All keywords of an engine, compiled."""

    def __init__(self, patterns: Mapping[Text | Regex, Atom], databases: Databases) -> None:
        """Compile pattern → atom."""
        inner = [(atom, pattern) for pattern, atom in patterns.items() if _is_inner(pattern)]
        outer = [(atom, pattern) for pattern, atom in patterns.items() if not _is_inner(pattern)]
        self._inner = Texts(inner, databases)
        self._outer = Texts(outer, databases) if outer else None

    def holding(self, texts: Sequence[str], wanted: frozenset[Atom]) -> frozenset[Atom]:
        """Return those of the *wanted* atoms that hold for any of *texts*."""
        found: set[Atom] = set()
        # What holds for one text holds for all of them in a row; the other way round it has to be seen.
        if not wanted.isdisjoint(self._inner.holding(_BETWEEN.join(texts))):
            found.update(*map(self._inner.holding, texts))
        if self._outer is not None:
            found.update(*map(self._outer.holding, texts))
        return wanted & found if found else NOTHING


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


def _is_inner(pattern: Text | Regex) -> bool:
    """Return whether *pattern* may stand anywhere in a text."""
    return isinstance(pattern, Text) and pattern.parts[:1] == pattern.parts[-1:] == (Wild.ANY,)
