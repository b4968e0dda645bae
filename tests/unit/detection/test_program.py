"""Rules as programs over atoms, and what they need at least."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.drawn import nodes
from support.rulings import plan_of

from soc.detection.atoms import Atom, Atoms, narrowed
from soc.detection.program import Lowered, has_keyword, necessary_atoms
from soc.rulebook.plan import Node


def lowered(detection: str, atoms: Atoms | None = None, position: int = 0) -> Lowered:
    plan = plan_of(detection)
    return Lowered(position, plan, (atoms or Atoms()).lower(plan.condition))


DETECTIONS = {
    "{s: {f: x}, condition: s}": 1,
    "{s: {f: [x, y]}, condition: s}": 2,
    "{s: {f: [x, y], g: z}, condition: s}": 1,
    "{s: {f: x}, t: {g: y}, condition: s or t}": 2,
    "{s: {f: x}, t: {g: y}, condition: s and not t}": 1,
    "{s: {f: x}, t: {g: y, h: z}, condition: s or t}": 2,
}


@pytest.mark.parametrize(("detection", "size"), DETECTIONS.items())
def test_a_rule_knows_the_fewest_atoms_it_cannot_do_without(detection: str, size: int) -> None:
    necessary = lowered(detection).program.necessary
    assert necessary is not None
    assert len(necessary) == size


@pytest.mark.parametrize("condition", ["not s", "s or not t", "not (s and t)", "not (s or t)"])
def test_a_rule_that_may_match_without_any_atom_is_always_tried(condition: str) -> None:
    rule = lowered(f"{{s: {{f: x}}, t: {{g: y}}, condition: {condition}}}")
    assert rule.program.necessary is None
    assert necessary_atoms([rule.program]) == ({}, (rule.program,))


def test_a_program_judges_by_the_atoms_that_hold() -> None:
    atoms = Atoms()
    program = lowered("{s: {f: x, g: [y, z]}, t: {h: w}, condition: s and not t}", atoms).program
    number = {(field, str(p.parts)): n for field, table in atoms.fields.items() for p, n in table.items()}  # type: ignore[union-attr]
    x, y, z, w = (number[key] for key in (("f", "('x',)"), ("g", "('y',)"), ("g", "('z',)"), ("h", "('w',)")))
    assert [program.judge(set(held)) for held in ([x, y], [x, z], [x], [y, z], [x, y, w], [])] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]


@given(node=nodes, held=st.sets(st.integers(0, 12)))
def test_what_is_necessary_holds_wherever_the_program_does(node: Node, held: set[Atom]) -> None:
    tree = Atoms().lower(node)
    assume(not isinstance(tree, bool))
    program = Lowered(0, plan_of("{s: {f: x}, condition: s}"), tree).program
    everything = frozenset(range(13))
    assert program.judge(held) == narrowed(tree, everything, frozenset(held))
    if program.necessary is not None and program.judge(held):
        assert program.necessary & held


def test_programs_are_found_by_each_of_their_necessary_atoms() -> None:
    atoms = Atoms()
    detections = (
        "{s: {f: [x, y]}, condition: s}",
        "{s: {f: y}, condition: s}",
        "{s: {f: z}, condition: not s}",
    )
    x_or_y, y, not_z = (lowered(text, atoms, n).program for n, text in enumerate(detections))
    by_atom, always = necessary_atoms([x_or_y, y, not_z])
    assert sorted(map(len, by_atom.values())) == [1, 2]
    assert (x_or_y, y) in by_atom.values()
    assert always == (not_z,)


def test_what_always_holds_is_a_program_that_needs_nothing() -> None:
    program = Lowered(3, plan_of("{s: {f: x}, condition: s}"), tree=True).program
    assert (program.position, program.judge(set()), program.necessary) == (3, True, None)


def test_keywords_are_noticed_at_any_depth() -> None:
    assert has_keyword(plan_of("{s: {f: x}, k: [word], condition: s and not k}").condition)
    assert not has_keyword(plan_of("{s: {f: x}, condition: not s}").condition)
