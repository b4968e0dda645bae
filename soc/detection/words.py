r"""Words that must stand in a JSON record's bytes wherever a pattern holds for one of its values.

A word is an ASCII stretch of a pattern as JSON writes it: in lower case, quotes and backslashes escaped.
This is sound for records that hold none of ``DOUBTS``; for others nothing can be told.
"""

import re
from collections.abc import Iterable
from weakref import WeakKeyDictionary

import msgspec

from soc.detection.atoms import All, Any_, Atom, Atoms, Condition, Without, all_of, any_of
from soc.detection.program import Lowered
from soc.detection.runs import literal_runs
from soc.detection.scanner import Databases
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


class _Found(msgspec.Struct, array_like=True):
    texts: list[bytes]
    of: list[list[Word]]
    """Atom → its words."""


class Words:
    """The words of all patterns of an engine, numbered."""

    def __init__(self, atoms: Atoms, databases: Databases) -> None:
        """Find the words of the patterns in *atoms*, or recall them."""
        patterns: list[Pattern | None] = [None] * len(atoms.owners)
        for pattern, atom in (pair for table in atoms.fields.values() for pair in table.items()):
            patterns[atom] = pattern
        for keyword, atom in atoms.keywords.items():
            patterns[atom] = keyword
        about = b"words of\0" + msgspec.msgpack.encode((patterns, sorted(atoms.keywords.values())))
        noted = databases.recall(about)
        if noted is None:
            found = _found(patterns, frozenset(atoms.keywords.values()))
            databases.note(about, msgspec.msgpack.encode(found))
        else:
            found = msgspec.msgpack.decode(noted, type=_Found)
        self._of = found.of
        self._relaxed: WeakKeyDictionary[Lowered, Lowered] = WeakKeyDictionary()
        self.texts = found.texts
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
        return all_of(self._of[atom])


def _found(patterns: Iterable[Pattern | None], keywords: frozenset[Atom]) -> _Found:
    numbers: dict[bytes, Word] = {}
    of = [
        [
            numbers.setdefault(text, len(numbers))
            for text in words_of(pattern, _BARE_STRETCH if atom in keywords else _STRETCH)
        ]
        for atom, pattern in enumerate(patterns)
    ]
    return _Found([*numbers], of)


def words_of(pattern: Pattern | None, stretch: re.Pattern[str]) -> list[bytes]:
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
