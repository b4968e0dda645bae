"""Rules of one lane as programs over atoms: what must hold at least, and what holds exactly."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import assert_never

from soc.detection.atoms import All, Any_, Atom, Condition, Tree, Without, atoms_in
from soc.rulebook.plan import And, Constant, Keyword, Node, Not, Or, RulePlan, Test

Held = set[Atom]
Judge = Callable[[Held], bool]
Necessary = frozenset[Atom] | None
"""At least one of these holds whenever the rule matches; None: nothing is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """One rule, compiled."""

    rule: RulePlan
    position: int
    judge: Judge
    necessary: Necessary


@dataclass(frozen=True, eq=False)
class Lowered:
    """A rule and its condition over atoms; what is compiled of it is shared by all lanes."""

    position: int
    """Among the rules of the engine."""
    rule: RulePlan
    tree: Condition

    @cached_property
    def atoms(self) -> frozenset[Atom]:
        """Every atom that the condition asks for."""
        return frozenset() if isinstance(self.tree, bool) else atoms_in(self.tree)

    @cached_property
    def program(self) -> Program:
        """The rule compiled; it must not be constantly false."""
        judge, necessary = _CONSTANT if isinstance(self.tree, bool) else _compile(self.tree)
        return Program(self.rule, self.position, judge, necessary)


Index = Callable[[Sequence[Program]], tuple[dict[Atom, tuple[Program, ...]], tuple[Program, ...]]]
"""Programs → (atom → candidates, programs that are always candidates). May only name too many."""


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


def has_keyword(node: Node) -> bool:
    """Return whether a keyword stands anywhere in *node*."""
    match node:
        case Keyword():
            return True
        case And(nodes) | Or(nodes):
            return any(has_keyword(inner) for inner in nodes)
        case Not(inner):
            return has_keyword(inner)
        case Test() | Constant():
            return False
        case _:
            assert_never(node)


def _compile(tree: Tree) -> tuple[Judge, Necessary]:
    match tree:
        case int():
            return (lambda held: tree in held), frozenset((tree,))
        case Without(int() as atom):
            return (lambda held: atom not in held), None
        case Without(part):
            judge, _ = _compile(part)
            return (lambda held: not judge(held)), None
        case All(parts):
            return _compile_all([_compile(part) for part in parts])
        case Any_(atoms, parts):
            return _compile_any(atoms, [_compile(part) for part in parts])
        case _:
            assert_never(tree)


def _compile_all(parts: list[tuple[Judge, Necessary]]) -> tuple[Judge, Necessary]:
    known = [necessary for _, necessary in parts if necessary is not None]
    best = min(known, key=len) if known else None
    if len(parts) == 2:
        (one, _), (other, _) = parts
        return (lambda held: one(held) and other(held)), best
    judges = tuple(judge for judge, _ in parts)
    return (lambda held: all(judge(held) for judge in judges)), best


def _compile_any(atoms: frozenset[Atom], parts: list[tuple[Judge, Necessary]]) -> tuple[Judge, Necessary]:
    if not parts:
        return (lambda held: not atoms.isdisjoint(held)), atoms
    necessary: Necessary = atoms
    for _, part in parts:
        necessary = None if necessary is None or part is None else necessary | part
    judges = tuple(judge for judge, _ in parts)
    return (lambda held: not atoms.isdisjoint(held) or any(judge(held) for judge in judges)), necessary


_CONSTANT: tuple[Judge, Necessary] = ((lambda _: True), None)
