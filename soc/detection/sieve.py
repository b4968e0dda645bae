"""A sieve: tells from a JSON record's bytes alone which rules may match it.

One search for the words that the rules need goes over the record as it came. Most records hold no
combination of words that any rule could match, and need not be decoded at all.
"""

from collections import Counter
from collections.abc import Collection, Sequence

import hyperscan

from soc.detection.judges import Judges
from soc.detection.memory import Kept
from soc.detection.peek import Peek
from soc.detection.program import Lowered, necessary_atoms
from soc.detection.scanner import Entry, Scan, Scanner
from soc.detection.words import DOUBTS, Word

MAX_PEEKS = 256


SETTLED = 500
"""Records after which a sieve knows its usual words."""
NEARLY = 0.6
"""Share of those that a word must stand in to be taken for granted."""
MAX_GRANTED = 16
"""Words taken for granted: who sends the first records must not choose many."""


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
        self._doubts = (*DOUBTS, *doubts)
        words = judges.words
        everything = (*rules, *judges.for_text)
        needs = [need for need in map(words.needed, everything) if need.tree is not False]
        self._by_word, self._always = necessary_atoms([need.program for need in needs])
        self._words: Sequence[Word] = sorted(frozenset[Word]().union(*(need.atoms for need in needs)))
        self._about = b"usual words of\0" + b"\0".join(words.texts[word] for word in self._words)
        self._granted: frozenset[Word] = frozenset()
        """Words that are taken to stand in every record, since they do in most."""
        usual = judges.databases.recall(self._about)
        if usual is None:
            self._met: Counter[int] = Counter()
            self._judged = 0
            self._look_for(self._words)
            self._scan: Scan = self._learn
        else:
            self._grant(usual.split(b"\0"))
        self._anything = Verdict(everything, None, keywords=True)
        self._verdicts: Kept[Verdict] = Kept()
        judges.room.share(self._verdicts)
        self._peeks: dict[tuple[int, ...], Peek | None] = {}

    def judge(self, raw: bytes) -> Verdict:
        """Return what the record *raw* may be, whatever it is decoded to."""
        found = frozenset(self._scan(raw))
        verdict = self._verdicts.get(found)
        return self._decide(found) if verdict is None else verdict

    def _look_for(self, words: Sequence[Word]) -> None:
        texts = self._judges.words.texts
        entries = [Entry(texts[word], hyperscan.HS_FLAG_CASELESS) for word in words]
        entries += map(Entry, self._doubts)
        self._words = words
        self._scanner = Scanner(entries, self._judges.databases, literal=True)
        self._scan = self._scanner.scan

    def _learn(self, raw: bytes) -> list[int]:
        """Scan one of the first records, and note which words stand in it."""
        found = self._scanner.scan(raw)
        self._met.update(found)
        self._judged += 1
        if self._judged == SETTLED:
            self._settle()
            return self._scan(raw)
        return found

    def _settle(self) -> None:
        """Take words that stand in most records for granted: they tell little, and each costs a call."""
        usual = self._met.most_common(MAX_GRANTED)
        often = [n for n, times in usual if times >= NEARLY * SETTLED and n < len(self._words)]
        texts = [self._judges.words.texts[self._words[position]] for position in often]
        self._judges.databases.note(self._about, b"\0".join(texts))
        self._grant(texts)
        self._verdicts.clear()

    def _grant(self, texts: Collection[bytes]) -> None:
        self._granted = frozenset(word for word in self._words if self._judges.words.texts[word] in texts)
        self._look_for([word for word in self._words if word not in self._granted])

    def _decide(self, found: frozenset[int]) -> Verdict:
        held = {self._words[position] for position in found if position < len(self._words)}
        verdict = self._anything
        if len(held) == len(found) and not self._scanner.refused:
            verdict = self._verdict(held | self._granted)
        if self._judges.room.take((), (found,)):
            self._verdicts[found] = verdict
        return verdict

    def _verdict(self, held: set[Word]) -> Verdict:
        asked = {p for word in held for p in self._by_word.get(word, ())}.union(self._always)
        possible = sorted({program.position for program in asked if program.judge(held)})
        rules = [self._rules[position] for position in possible if position in self._rules]
        if len(rules) < len(possible):
            return self._anything
        return Verdict(rules, self._peek(rules), keywords=False)

    def _peek(self, rules: Sequence[Lowered]) -> Peek | None:
        if not rules:
            return None
        key = tuple(rule.position for rule in rules)
        if key not in self._peeks:
            if len(self._peeks) >= MAX_PEEKS:
                return None
            self._peeks[key] = Peek.of(rules, self._judges)
        return self._peeks[key]
