"""A sieve: tells from a JSON record's bytes alone which rules may match it.

One search for the words that the rules need goes over the record as it came. Most records hold no
combination of words that any rule could match, and need not be decoded at all.
"""

from collections.abc import Sequence

import hyperscan

from soc.detection.judges import Judges
from soc.detection.memory import Kept
from soc.detection.peek import Peek
from soc.detection.program import Lowered, necessary_atoms
from soc.detection.scanner import Entry, Scanner
from soc.detection.words import DOUBTS, Word

MAX_PEEKS = 256


class Verdict:
    """What a record may be: a match of no rule, of a few rules that are quickly asked, or of any."""

    def __init__(self, rules: Sequence[Lowered], peek: Peek | None, *, keywords: bool) -> None:
        """Say which *rules* may match, and whether some keyword may hold."""
        self.is_nothing = not rules
        self.peek = peek
        """Asks just these rules; None where the whole record is needed."""
        self.keywords = keywords


class Sieve:
    """What rules need of a record, in words."""

    def __init__(self, rules: Sequence[Lowered], judges: Judges, doubts: Sequence[bytes]) -> None:
        """Compile *rules*; where one of *doubts* stands nothing can be told."""
        for_text = {rule.position for rule in judges.for_text}
        # A rule with keywords is not decided by fields: the record may turn out to be a text without any.
        self._rules = {rule.position: rule for rule in rules if rule.position not in for_text}
        self._judges = judges
        words = judges.words
        everything = (*rules, *judges.for_text)
        needs = [need for need in map(words.needed, everything) if need.tree is not False]
        self._by_word, self._always = necessary_atoms([need.program for need in needs])
        self._words = sorted(frozenset[Word]().union(*(need.atoms for need in needs)))
        entries = [Entry(words.texts[word], hyperscan.HS_FLAG_CASELESS) for word in self._words]
        entries += map(Entry, (*DOUBTS, *doubts))
        self._scanner = Scanner(entries, judges.databases, literal=True)
        self._anything = Verdict(everything, None, keywords=True)
        self._verdicts: Kept[Verdict] = Kept()
        judges.room.share(self._verdicts)
        self._peeks: dict[tuple[int, ...], Peek | None] = {}

    def judge(self, raw: bytes) -> Verdict:
        """Return what the record *raw* may be, whatever it is decoded to."""
        found = frozenset(self._scanner.scan(raw))
        verdict = self._verdicts.get(found)
        return self._decide(found) if verdict is None else verdict

    def _decide(self, found: frozenset[int]) -> Verdict:
        held = {self._words[position] for position in found if position < len(self._words)}
        verdict = self._anything
        if len(held) == len(found) and not self._scanner.refused:
            verdict = self._verdict(held)
        if self._judges.room.take((), (found,)):
            self._verdicts[found] = verdict
        return verdict

    def _verdict(self, held: set[Word]) -> Verdict:
        asked = (*self._always, *(p for word in held for p in self._by_word.get(word, ())))
        possible = sorted({program.position for program in asked if program.judge(held)})
        rules = [self._rules[position] for position in possible if position in self._rules]
        if len(rules) < len(possible):
            return self._anything
        return Verdict(rules, self._peek(rules), keywords=False)

    def _peek(self, rules: Sequence[Lowered]) -> Peek | None:
        key = tuple(rule.position for rule in rules)
        if key not in self._peeks:
            if len(self._peeks) >= MAX_PEEKS:
                return None
            self._peeks[key] = Peek.of(rules, self._judges) if rules else None
        return self._peeks[key]
