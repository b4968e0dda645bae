"""Atoms: patterns numbered once, and conditions over the numbers."""

from hypothesis import assume, given
from hypothesis import strategies as st
from support.drawn import nodes
from support.rulings import plan_of

from soc.detection.atoms import (
    All,
    Any_,
    Atom,
    Atoms,
    Condition,
    Without,
    all_of,
    any_of,
    atoms_in,
    narrowed,
    needed_fields,
    without,
)
from soc.rulebook.plan import Node


def holds(tree: Condition, held: set[Atom]) -> bool:
    """What a tree means, as plainly as it can be said."""
    match tree:
        case bool():
            return tree
        case int():
            return tree in held
        case All(parts):
            return all(holds(part, held) for part in parts)
        case Any_(atoms, parts):
            return bool(atoms & held) or any(holds(part, held) for part in parts)
        case Without(part):
            return not holds(part, held)


subsets = st.sets(st.integers(0, 12))


def test_equal_patterns_are_one_atom_and_unequal_ones_are_not() -> None:
    atoms = Atoms()
    for detection in (
        "{s: {f: x}, condition: s}",
        "{t: {f: x, g: x}, condition: t}",
        r"{s: {f: ['*', '\*']}, condition: s}",
        "{s: {f: 1}, t: {f: true}, u: {f|cased: x}, condition: 1 of them}",
    ):
        atoms.lower(plan_of(detection).condition)
    assert {field: len(table) for field, table in atoms.fields.items()} == {"f": 6, "g": 1}
    assert atoms.owners.count("f") == 6


def test_references_and_keywords_belong_to_no_field() -> None:
    atoms = Atoms()
    for detection in (
        "{s: {a|fieldref: b}, k: [word], condition: s and k}",
        "{s: {a|fieldref: b, c: x}, k: [word], condition: s and k}",
    ):
        atoms.lower(plan_of(detection).condition)
    assert atoms.owners == [None, None, "c"]
    assert [len(table) for table in (atoms.references, atoms.keywords, atoms.fields)] == [1, 1, 1]


def test_what_is_constant_leaves_no_tree_behind() -> None:
    assert all_of([]) is True
    assert all_of([1, False, 2]) is False
    assert all_of([True, 1]) == 1
    assert any_of([]) is False
    assert any_of([1, True]) is True
    assert any_of([False, 1]) == 1
    assert any_of([1, 2, 1]) == Any_(frozenset((1, 2)), ())
    assert without(without(False)) is False
    assert without(1) == Without(1)


def test_atoms_zero_and_one_are_no_constants() -> None:
    assert all_of([0, 1]) == All((0, 1))
    assert any_of([0, 1]) == Any_(frozenset((0, 1)), ())
    assert without(0) == Without(0)
    assert narrowed(All((0, 1)), frozenset((0,)), frozenset((0,))) == 1


@given(node=nodes, known=subsets, held=subsets)
def test_what_is_narrowed_by_what_is_known_says_of_the_rest_what_the_whole_says(
    node: Node, known: set[Atom], held: set[Atom]
) -> None:
    tree = Atoms().lower(node)
    assume(not isinstance(tree, bool))
    rest = narrowed(tree, frozenset(known), frozenset(held & known))
    assert holds(rest, held - known) == holds(tree, held)
    assert isinstance(rest, bool) or known.isdisjoint(atoms_in(rest))


@given(node=nodes, held=subsets)
def test_a_needed_field_has_an_atom_that_holds_wherever_the_tree_does(node: Node, held: set[Atom]) -> None:
    atoms = Atoms()
    tree = atoms.lower(node)
    assume(not isinstance(tree, bool))
    held &= set(range(len(atoms.owners)))
    if holds(tree, held):
        assert needed_fields(tree, atoms.owners) <= {atoms.owners[atom] for atom in held}


def test_fields_are_needed_that_every_way_to_match_asks_for() -> None:
    atoms = Atoms()

    def needed(condition: str) -> frozenset[str]:
        selections = "a: {f: x, g: y}, b: {f: z}, c: {f|fieldref: h}, k: [word]"
        tree = atoms.lower(plan_of(f"{{{selections}, condition: {condition}}}").condition)
        return needed_fields(tree, atoms.owners)

    assert needed("a") == {"f", "g"}
    assert needed("a or b") == {"f"}
    assert needed("a and not b") == {"f", "g"}
    assert needed("not b") == needed("c") == needed("k") == needed("a or c") == frozenset()
    assert needed("b and c and k") == {"f"}
