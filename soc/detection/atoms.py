"""Atoms: every distinct pattern of all rules, numbered once, and conditions as trees over the numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

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
    Test,
    Text,
)

Atom = int
NOTHING: frozenset[Atom] = frozenset()


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; at least two, none a constant."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Any_:  # noqa: N801 - Any is taken by typing
    """One of the atoms, or one of the parts, holds."""

    atoms: frozenset[Atom]
    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Without:
    """The part does not hold."""

    part: "Tree"


Tree: TypeAlias = Atom | All | Any_ | Without
"""A condition over atoms."""
Condition: TypeAlias = Tree | bool
"""A tree, or what is always or never true."""


@dataclass(slots=True)
class Atoms:
    """The numbers of all patterns, and what each number stands for."""

    fields: dict[str, dict[Pattern, Atom]] = field(default_factory=dict)
    references: dict[tuple[str, FieldRef], Atom] = field(default_factory=dict)
    keywords: dict[Text | Regex, Atom] = field(default_factory=dict)
    owners: list[str | None] = field(default_factory=list)
    """Atom → its field; None for references and keywords."""

    def lower(self, node: Node) -> Condition:
        """Return *node* over atoms, its patterns numbered on first sight."""
        match node:
            case Test() | Keyword():
                return self._number(node)
            case Not(inner):
                return without(self.lower(inner))
            case Constant(value):
                return value
            case And(nodes):
                return all_of([self.lower(inner) for inner in nodes])
            case Or(nodes):
                return any_of([self.lower(inner) for inner in nodes])
            case _:
                assert_never(node)

    def _number(self, node: Test | Keyword) -> Atom:
        fresh = len(self.owners)
        if isinstance(node, Keyword):
            atom, owner = self.keywords.setdefault(node.pattern, fresh), None
        elif isinstance(node.pattern, FieldRef):
            atom, owner = self.references.setdefault((node.field, node.pattern), fresh), None
        else:
            table = self.fields.setdefault(node.field, {})
            atom, owner = table.setdefault(node.pattern, fresh), node.field
        if atom == fresh:
            self.owners.append(owner)
        return atom


def all_of(parts: Sequence[Condition]) -> Condition:
    """Return the tree that holds where every part does."""
    kept: list[Tree] = []
    for part in parts:
        if part is False:
            return False
        if part is not True:
            kept.append(part)
    return All(tuple(kept)) if len(kept) > 1 else kept[0] if kept else True


def any_of(parts: Sequence[Condition]) -> Condition:
    """Return the tree that holds where some part does."""
    atoms: set[Atom] = set()
    trees: list[Tree] = []
    for part in parts:
        if part is True:
            return True
        if type(part) is int:
            atoms.add(part)
        elif not isinstance(part, int):
            trees.append(part)
    if len(atoms) + len(trees) == 1:
        return next(iter(atoms)) if atoms else trees[0]
    return Any_(frozenset(atoms), tuple(trees)) if atoms or trees else False


def without(part: Condition) -> Condition:
    """Return the tree that holds where *part* does not."""
    return not part if isinstance(part, bool) else Without(part)


def narrowed(tree: Tree, known: frozenset[Atom], held: frozenset[Atom]) -> Condition:
    """Return *tree* for events in which of the *known* atoms exactly *held* hold."""
    match tree:
        case int():
            return tree in held if tree in known else tree
        case All(parts):
            return all_of([narrowed(part, known, held) for part in parts])
        case Any_(atoms, parts):
            if not atoms.isdisjoint(held):
                return True
            return any_of([*(atoms - known), *(narrowed(part, known, held) for part in parts)])
        case Without(part):
            return without(narrowed(part, known, held))
        case _:
            assert_never(tree)


def atoms_in(tree: Tree) -> frozenset[Atom]:
    """Return every atom of *tree*."""
    match tree:
        case int():
            return frozenset((tree,))
        case All(parts):
            return frozenset().union(*map(atoms_in, parts))
        case Any_(atoms, parts):
            return atoms.union(*map(atoms_in, parts))
        case Without(part):
            return atoms_in(part)
        case _:
            assert_never(tree)


def needed_fields(tree: Tree, owners: list[str | None]) -> frozenset[str]:
    """Return the fields of which some atom holds whenever *tree* does."""
    match tree:
        case int():
            owner = owners[tree]
            return frozenset() if owner is None else frozenset((owner,))
        case All(parts):
            return frozenset().union(*(needed_fields(part, owners) for part in parts))
        case Any_(atoms, parts):
            first, *rest = (needed_fields(part, owners) for part in (*atoms, *parts))
            return first.intersection(*rest)
        case Without():
            return frozenset()
        case _:
            assert_never(tree)
