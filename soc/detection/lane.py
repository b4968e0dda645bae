"""A lane: the rules that events of one kind still have to be tried by, compiled together.

Each field's value gives the atoms that hold for it, these give candidate rules by an index that may only
name too many, and each candidate's program decides. The answer for a combination of atoms is remembered.
"""

from collections.abc import Sequence
from itertools import repeat
from operator import getitem
from typing import Any

from soc.detection.atoms import NOTHING, Atom
from soc.detection.judges import Judges
from soc.detection.keywords import texts_in
from soc.detection.memory import PLAIN, Kept, Memory
from soc.detection.program import Lowered
from soc.detection.references import reference_holds
from soc.model.event import Fields
from soc.model.fields import ABSENT, values_of
from soc.rulebook.plan import FieldRef, RulePlan

Answer = tuple[RulePlan, ...]
_ABSENTS = repeat(ABSENT)


class Lane:
    """Compiled rules of one kind of event."""

    def __init__(self, rules: Sequence[Lowered], judges: Judges) -> None:
        """Compile *rules*, in the engine's order."""
        self._by_atom, self._always = judges.find_candidates(
            [rule.program for rule in rules if rule.tree is not False]
        )
        wanted = frozenset[Atom]().union(*(rule.atoms for rule in rules))
        by_field: dict[str, list[Atom]] = {}
        for atom in wanted:
            owner = judges.atoms.owners[atom]
            if owner is not None:
                by_field.setdefault(owner, []).append(atom)
        self.names = tuple(by_field)
        self._memories = [Memory(judges.fields[name], atoms, judges.room) for name, atoms in by_field.items()]
        self._dotted = [(n, _heads(name)) for n, name in enumerate(self.names) if "." in name]
        self._references = [key for key in judges.atoms.references.items() if key[1] in wanted]
        self._keywords = judges.keywords.among(wanted.intersection(judges.atoms.keywords.values()))
        self._room = judges.room
        self._answers: Kept[Answer] = Kept()
        judges.room.share(self._answers)

    def match(self, fields: Fields, *, keywords: bool = True) -> Answer:
        """Return the rules that match an event of *fields*."""
        values = [*map(fields.get, self.names, _ABSENTS)]
        for position, heads in self._dotted:
            if not heads.isdisjoint(fields):
                values[position] = values_of(fields, self.names[position])
        key = self._judge(values)
        if self._references:
            key = (*key, self._refer(fields))
        if self._keywords.wanted:
            key = (*key, self._keywords.holding(texts_in(fields)) if keywords else NOTHING)
        answer = self._answers.get(key)
        return self._decide(key) if answer is None else answer

    def match_values(self, values: Sequence[str | int]) -> Answer:
        """Return the rules that match an event with one of *values* for each of ``names``.

        No rule of the lane may have keywords or refer from field to field.
        """
        key = tuple(map(getitem, self._memories, values))
        answer = self._answers.get(key)
        return self._decide(key) if answer is None else answer

    def match_text(self, text: str) -> Answer:
        """Return the rules that match a text without fields: only keywords hold."""
        return self._decide((self._keywords.holding((text,)),))

    def _judge(self, values: Sequence[Any]) -> tuple[frozenset[Atom], ...]:
        if PLAIN.issuperset(map(type, values)):
            return tuple(map(getitem, self._memories, values))
        pairs = zip(self._memories, values, strict=True)
        return tuple([memory[v] if type(v) in PLAIN else _any_of(memory, v) for memory, v in pairs])

    def _decide(self, key: tuple[frozenset[Atom], ...]) -> Answer:
        held = set[Atom]().union(*key)
        candidates = {program.position: program for program in self._always}
        for atom in held:
            for program in self._by_atom.get(atom, ()):
                candidates[program.position] = program
        answer = tuple(candidates[n].rule for n in sorted(candidates) if candidates[n].judge(held))
        if self._room.take(key, filter(None, key)):
            self._answers[key] = answer
        return answer

    def _refer(self, fields: Fields) -> frozenset[Atom]:
        return frozenset(atom for (name, ref), atom in self._references if _refers(fields, name, ref))


def _any_of(memory: Memory, value: Any) -> frozenset[Atom]:
    kind = type(value)
    if kind is bool or kind is float:
        return memory.scalar(value)
    if kind is list and value and PLAIN.issuperset(map(type, value)):
        return memory[value[0]] if len(value) == 1 else NOTHING.union(*[memory[element] for element in value])
    return memory.any_of(values_of({"": value}, ""))


def _refers(fields: Fields, name: str, ref: FieldRef) -> bool:
    one, other = fields.get(name), fields.get(ref.field)
    if type(one) is type(other) is str and "." not in name and "." not in ref.field:
        return reference_holds(ref, one, other)
    left, right = values_of(fields, name), values_of(fields, ref.field)
    return any(reference_holds(ref, one, other) for one in left for other in right)


def _heads(name: str) -> frozenset[str]:
    """Return the names under which an object may lead to *name*."""
    parts = name.split(".")
    return frozenset(".".join(parts[:count]) for count in range(1, len(parts)))
