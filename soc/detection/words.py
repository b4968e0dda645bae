r"""Words that must stand in a JSON record's bytes wherever a pattern holds for one of its values.

A word is an ASCII stretch of a pattern as JSON writes it: in lower case, quotes and backslashes escaped.
This is sound for records that hold none of ``DOUBTS``; for others nothing can be told.
"""

import re
from collections.abc import Iterable
from weakref import WeakKeyDictionary

from soc.detection.atoms import All, Any_, Atom, Atoms, Condition, Without, all_of, any_of
from soc.detection.program import Lowered
from soc.detection.runs import literal_runs
from soc.kernel.folding import fold
from soc.rulebook.plan import Boolean, Pattern, Regex, Text

Word = int
MOST = 2
"""Words of one pattern that are looked for."""
DOUBTS = (
    *(rf"\u{digit}".encode() for digit in "0123456789abcdefABCDEF"),
    rb"\/",
    *(letter.encode() for letter in "\u017f\u212a"),  # fold to s and k
)
"""Where one of these stands in a record, words may be written otherwise."""


class Words:
    """The words of all patterns of an engine, numbered."""

    def __init__(self, atoms: Atoms) -> None:
        """Know the patterns in *atoms*; their words are looked for on demand."""
        self._patterns: dict[Atom, Pattern] = {a: p for t in atoms.fields.values() for p, a in t.items()}
        self._keywords: dict[Atom, Pattern] = {a: p for p, a in atoms.keywords.items()}
        self._of: dict[Atom, Condition] = {}
        self._relaxed: WeakKeyDictionary[Lowered, Lowered] = WeakKeyDictionary()
        self._numbers: dict[bytes, Word] = {}
        self.texts: list[bytes] = []
        """Word → how it stands in a record, but for case."""

    def needed(self, rule: Lowered) -> Lowered:
        """Return *rule* over words: what must be true of a record's wherever it matches."""
        found = self._relaxed.get(rule)
        if found is None:
            found = self._relaxed[rule] = Lowered(rule.position, rule.rule, self.relaxed(rule.tree))
        return found

    def relaxed(self, tree: Condition) -> Condition:
        """Return what must be true of a record's words wherever *tree* holds."""
        match tree:
            case bool():
                return tree
            case int():
                return self.of(tree)
            case All(parts):
                return all_of([self.relaxed(part) for part in parts])
            case Any_(atoms, parts):
                return any_of([*map(self.of, atoms), *map(self.relaxed, parts)])
            case Without():
                return True

    def of(self, atom: Atom) -> Condition:
        """Return what must be true of a record's words wherever *atom* holds."""
        try:
            return self._of[atom]
        except KeyError:
            return self._found(atom)

    def _found(self, atom: Atom) -> Condition:
        texts: Iterable[bytes] = ()
        if atom in self._patterns:
            texts = words_of(self._patterns[atom], _STRETCH)
        elif atom in self._keywords:
            texts = words_of(self._keywords[atom], _BARE_STRETCH)
        needed = self._of[atom] = all_of(list(map(self._number, texts)))
        return needed

    def _number(self, text: bytes) -> Word:
        number = self._numbers.setdefault(text, len(self.texts))
        if number == len(self.texts):
            self.texts.append(text)
        return number


def words_of(pattern: Pattern, stretch: re.Pattern[str]) -> list[bytes]:
    """Return the longest words of *pattern*; none if a value may fit that does not stand as it is."""
    literals: Iterable[object]
    match pattern:
        case Text():
            literals = pattern.parts
        case Regex():
            literals = literal_runs(pattern.pattern)
        case Boolean(value):
            return [b"true" if value else b"false"]
        case _:
            return []
    found = [word for part in literals if isinstance(part, str) for word in stretch.findall(fold(part))]
    # Numbers have many spellings: 1000 may stand as 1e3.
    words = [word for word in found if not _IN_NUMBERS.fullmatch(word)]
    if len(words) > MOST:
        words = sorted(words, key=len, reverse=True)[:MOST]
    return [word.replace("\\", r"\\").replace('"', r"\"").encode() for word in words]


_STRETCH = re.compile(r"[ -~]{3,}")
"""Shorter words stand everywhere."""
_BARE_STRETCH = re.compile(r"[ !#-\[\]-~]{3,}")
"""For keywords, which also meet records as raw text: there nothing is escaped."""
_IN_NUMBERS = re.compile(r"-?\d*\.?\d*")
