"""A route: the rules of one set of log sources, split into lanes by the field that tells most of them apart.

A Windows event's id, or a cloud event's name, is what nearly every rule of its log source asks first. So
that one value is judged first, and the lane is left with the rules that it does not exclude already.
"""

from collections import Counter
from collections.abc import Sequence

from soc.detection.atoms import Atom, Tree, narrowed, needed_fields
from soc.detection.judges import Judges
from soc.detection.lane import Answer, Lane
from soc.detection.memory import PLAIN, Memory
from soc.detection.program import Lowered
from soc.detection.sieve import Sieve
from soc.model.event import Fields
from soc.model.fields import ABSENT
from soc.rulebook.plan import Number, Text, Wild

FEW_FIELDS = 8
"""A route that reads no more than these is not split."""


class Route:
    """Compiled rules of one set of log sources."""

    def __init__(self, rules: Sequence[Lowered], judges: Judges) -> None:
        """Choose the field to split by; lanes are compiled when their first event comes."""
        self._rules = rules
        self._judges = judges
        self._whole: Lane | None = None
        self._narrow: dict[tuple[Lowered, str, frozenset[Atom]], Lowered] = {}
        self._sieves: dict[tuple[frozenset[tuple[str, frozenset[Atom]]], tuple[bytes, ...]], Sieve] = {}
        self._field = _splitter(rules, judges)
        if self._field is not None:
            self._known = frozenset(judges.atoms.fields[self._field].values())
            self._first = Memory(judges.fields[self._field], self._known, judges.room)
            self._lanes: dict[frozenset[Atom], Lane] = {}

    def match(self, fields: Fields, *, keywords: bool = True) -> Answer:
        """Return the rules that match, in the engine's order."""
        if self._field is not None:
            value = fields.get(self._field, ABSENT)
            if type(value) in PLAIN:
                held = self._first[value]
                lane = self._lanes.get(held)
                return (self._lane(self._field, held) if lane is None else lane).match(
                    fields, keywords=keywords
                )
        return self.whole.match(fields, keywords=keywords)

    def sieve(self, known: Fields, doubts: tuple[bytes, ...]) -> Sieve:
        """Return the sieve of JSON records with the *known* fields, plain scalars."""
        held = {
            name: self._judges.fields[name].judge(known[name])
            for name in known.keys() & self._judges.fields.keys()
        }
        key = (frozenset(held.items()), doubts)
        sieve = self._sieves.get(key)
        if sieve is None:
            rules = self._rules
            for name, atoms in held.items():
                rules = self._left(rules, name, atoms)
            sieve = Sieve(rules, self._judges, doubts)
            self._sieves[key] = sieve
        return sieve

    @property
    def whole(self) -> Lane:
        """The lane of events that may have several values in the splitting field."""
        if self._whole is None:
            self._whole = Lane(self._rules, self._judges)
        return self._whole

    def _lane(self, name: str, held: frozenset[Atom]) -> Lane:
        lane = self._lanes[held] = Lane(self._left(self._rules, name, held), self._judges)
        return lane

    def _left(self, rules: Sequence[Lowered], name: str, held: frozenset[Atom]) -> Sequence[Lowered]:
        """Return what is left of *rules* for events in which *held* is all that holds of the field *name*."""
        asked = frozenset(self._judges.atoms.fields[name].values())
        left: list[Lowered] = []
        for rule in rules:
            if not (isinstance(rule.tree, bool) or rule.atoms.isdisjoint(asked)):
                key = (rule, name, held & rule.atoms)
                if key not in self._narrow:
                    self._narrow[key] = Lowered(rule.position, rule.rule, narrowed(rule.tree, asked, held))
                left.append(self._narrow[key])
            else:
                left.append(rule)
        return left


def _splitter(rules: Sequence[Lowered], judges: Judges) -> str | None:
    """Return the field that at least half of the rules need, and whose values tell them apart."""
    trees: list[Tree] = [rule.tree for rule in rules if not isinstance(rule.tree, bool)]
    owners = judges.atoms.owners
    read = {owners[atom] for rule in rules for atom in rule.atoms}
    if len(read) <= FEW_FIELDS:
        return None
    needed = Counter(name for tree in trees for name in needed_fields(tree, owners))
    often = (name for name, count in needed.most_common() if 2 * count >= len(trees))
    return next((name for name in often if _is_choice(name, judges)), None)


def _is_choice(name: str, judges: Judges) -> bool:
    return "." not in name and all(
        isinstance(pattern, Number) or (isinstance(pattern, Text) and Wild.ANY not in pattern.parts)
        for pattern in judges.atoms.fields[name]
    )
