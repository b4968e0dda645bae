"""Rules of one route as programs over atoms: what must hold at least, and what holds exactly."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import assert_never

from soc.detection.placed import Atom
from soc.rulebook.plan import (
    And,
    Constant,
    FieldRef,
    Keyword,
    Node,
    Not,
    Or,
    Pattern,
    Regex,
    RulePlan,
    Test,
    Text,
)

Held = set[Atom]
Judge = Callable[[Held], bool]
Necessary = frozenset[Atom] | None
"""At least one of these holds whenever the rule matches; None: nothing is known."""


@dataclass(slots=True)
class Atoms:
    """Every distinct pattern of a route, numbered."""

    fields: dict[str, dict[Pattern, Atom]] = field(default_factory=dict)
    references: dict[tuple[str, FieldRef], Atom] = field(default_factory=dict)
    keywords: dict[Text | Regex, Atom] = field(default_factory=dict)
    _next: Atom = 0

    def of(self, node: Test | Keyword) -> Atom:
        """Return the number of a test, a new one on first sight."""
        if isinstance(node, Keyword):
            return self._number(self.keywords, node.pattern)
        if isinstance(node.pattern, FieldRef):
            return self._number(self.references, (node.field, node.pattern))
        return self._number(self.fields.setdefault(node.field, {}), node.pattern)

    def _number(self, table: dict, key: object) -> Atom:  # type: ignore[type-arg]
        found = table.get(key)
        if found is None:
            found = table[key] = self._next
            self._next += 1
        return int(found)


@dataclass(frozen=True, slots=True)
class Program:
    """One rule, compiled."""

    rule: RulePlan
    position: int
    """Among the rules of the engine."""
    judge: Judge
    necessary: Necessary


def compile_rule(rule: RulePlan, position: int, atoms: Atoms) -> Program:
    """Return the program of *rule*, its tests numbered in *atoms*."""
    judge, necessary = _compile(rule.condition, atoms)
    return Program(rule, position, judge, necessary)


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


def _compile(node: Node, atoms: Atoms) -> tuple[Judge, Necessary]:
    match node:
        case Test() | Keyword():
            atom = atoms.of(node)
            return (lambda held: atom in held), frozenset((atom,))
        case Not(inner):
            judge, _ = _compile(inner, atoms)
            return (lambda held: not judge(held)), None
        case Constant(value):
            return (lambda _: value), None if value else frozenset()
        case And(nodes):
            return _compile_all([_compile(inner, atoms) for inner in nodes])
        case Or(nodes):
            return _compile_any([_compile(inner, atoms) for inner in nodes], nodes, atoms)
        case _:
            assert_never(node)


def _compile_all(parts: list[tuple[Judge, Necessary]]) -> tuple[Judge, Necessary]:
    judges = tuple(judge for judge, _ in parts)
    known = [necessary for _, necessary in parts if necessary is not None]
    best = min(known, key=len) if known else None
    return (lambda held: all(judge(held) for judge in judges)), best


def _compile_any(
    parts: list[tuple[Judge, Necessary]], nodes: tuple[Node, ...], atoms: Atoms
) -> tuple[Judge, Necessary]:
    necessary: Necessary = frozenset()
    for _, part in parts:
        necessary = None if necessary is None or part is None else necessary | part
    if all(isinstance(node, Test | Keyword) for node in nodes):
        any_of = frozenset(atoms.of(node) for node in nodes if isinstance(node, Test | Keyword))
        return (lambda held: not any_of.isdisjoint(held)), necessary
    judges = tuple(judge for judge, _ in parts)
    return (lambda held: any(judge(held) for judge in judges)), necessary
