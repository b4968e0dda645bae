"""A route: the rules that apply to one kind of event, compiled together.

An event gives each field's atoms, these give candidate rules by an index that may only name too many,
and each candidate's program decides. The answer for a combination of atoms is remembered.
"""

from collections.abc import Callable, Sequence

from soc.detection.field import FieldAtoms
from soc.detection.placed import Atom
from soc.detection.program import Atoms, Held, Program, compile_rule
from soc.detection.references import reference_holds
from soc.detection.texts import Texts
from soc.model.event import Event, Fields, Mark
from soc.model.fields import ABSENT, scalars_of, text_of, values_of
from soc.rulebook.plan import FieldRef, RulePlan

MAX_REMEMBERED = 50_000
Index = Callable[[Sequence[Program]], tuple[dict[Atom, tuple[Program, ...]], tuple[Program, ...]]]
"""Programs → (atom → candidates, programs that are always candidates)."""


class Route:
    """Compiled rules of one kind of event."""

    def __init__(self, rules: Sequence[tuple[int, RulePlan]], index: Index) -> None:
        """Compile (position, rule) pairs."""
        atoms = Atoms()
        programs = [compile_rule(rule, position, atoms) for position, rule in rules]
        self._by_atom, self._always = index(programs)
        self._fields = [
            (name, "." in name, FieldAtoms((atom, pattern) for pattern, atom in patterns.items()))
            for name, patterns in atoms.fields.items()
        ]
        self._references = [(name, ref, atom) for (name, ref), atom in atoms.references.items()]
        self._keywords = Texts((atom, pattern) for pattern, atom in atoms.keywords.items())
        self._has_keywords = bool(atoms.keywords)
        self._answers: dict[tuple[object, ...], tuple[RulePlan, ...]] = {}

    def match(self, event: Event) -> tuple[RulePlan, ...]:
        """Return the rules that match, in the engine's order."""
        quarantined = Mark.QUARANTINED in event.marks
        fields = event.fields
        parts: list[frozenset[Atom]] = []
        if not quarantined:
            parts = [
                atoms.holding(values_of(fields, name))
                if dotted or isinstance(value := fields.get(name, ABSENT), list | dict)
                else atoms.one(value)
                for name, dotted, atoms in self._fields
            ]
            if self._references:
                parts.append(self._refer(event))
        if self._has_keywords:
            parts.append(self._keywords_in(event, quarantined=quarantined))
        key = tuple(parts)
        answer = self._answers.get(key)
        if answer is None:
            answer = self._decide(set().union(*parts))
            if len(self._answers) >= MAX_REMEMBERED:
                self._answers.clear()
            self._answers[key] = answer
        return answer

    def _decide(self, held: Held) -> tuple[RulePlan, ...]:
        candidates = {program.position: program for program in self._always}
        for atom in held:
            for program in self._by_atom.get(atom, ()):
                candidates[program.position] = program
        return tuple(candidates[n].rule for n in sorted(candidates) if candidates[n].judge(held))

    def _refer(self, event: Event) -> frozenset[Atom]:
        return frozenset(atom for name, ref, atom in self._references if _refers(event, name, ref))

    def _keywords_in(self, event: Event, *, quarantined: bool) -> frozenset[Atom]:
        texts = [event.original] if quarantined else _texts(event.fields)
        return frozenset(self._keywords.holding(texts))


def necessary_atoms(
    programs: Sequence[Program],
) -> tuple[dict[Atom, tuple[Program, ...]], tuple[Program, ...]]:
    """Return the index by each rule's necessary atoms."""
    by_atom: dict[Atom, list[Program]] = {}
    for program in programs:
        for atom in program.necessary or ():
            by_atom.setdefault(atom, []).append(program)
    always = tuple(program for program in programs if program.necessary is None)
    return {atom: tuple(found) for atom, found in by_atom.items()}, always


def _texts(fields: Fields) -> list[str]:
    texts = [value for value in fields.values() if isinstance(value, str)]
    for value in fields.values():
        if not isinstance(value, str):
            texts += [text for inner in scalars_of(value, 1) if (text := text_of(inner)) is not None]
    return texts


def _refers(event: Event, name: str, ref: FieldRef) -> bool:
    left, right = values_of(event.fields, name), values_of(event.fields, ref.field)
    return any(reference_holds(ref, one, other) for one in left for other in right)
