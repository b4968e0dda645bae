"""Rules as programs over atoms, and what they need at least."""

import pytest
from support.rulings import plan_of

from soc.detection.program import Atoms, compile_rule, has_keyword

DETECTIONS = {
    "{s: {f: x}, condition: s}": 1,
    "{s: {f: [x, y]}, condition: s}": 2,
    "{s: {f: [x, y], g: z}, condition: s}": 1,
    "{s: {f: x}, t: {g: y}, condition: s or t}": 2,
    "{s: {f: x}, t: {g: y}, condition: s and not t}": 1,
}


@pytest.mark.parametrize(("detection", "size"), DETECTIONS.items())
def test_a_rule_knows_the_fewest_atoms_it_cannot_do_without(detection: str, size: int) -> None:
    necessary = compile_rule(plan_of(detection), 0, Atoms()).necessary
    assert necessary is not None
    assert len(necessary) == size


@pytest.mark.parametrize("condition", ["not s", "s or not t", "not (s and t)"])
def test_a_rule_that_may_match_without_any_atom_is_always_tried(condition: str) -> None:
    plan = plan_of(f"{{s: {{f: x}}, t: {{g: y}}, condition: {condition}}}")
    assert compile_rule(plan, 0, Atoms()).necessary is None


def test_a_program_judges_by_the_atoms_that_hold() -> None:
    atoms = Atoms()
    program = compile_rule(plan_of("{s: {f: x, g: [y, z]}, t: {h: w}, condition: s and not t}"), 0, atoms)
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


def test_equal_patterns_are_one_atom_and_unequal_ones_are_not() -> None:
    atoms = Atoms()
    for detection in (
        "{s: {f: x}, condition: s}",
        "{t: {f: x, g: x}, condition: t}",
        r"{s: {f: ['*', '\*']}, condition: s}",
    ):
        compile_rule(plan_of(detection), 0, atoms)
    assert {field: len(table) for field, table in atoms.fields.items()} == {"f": 3, "g": 1}


def test_keywords_are_noticed_at_any_depth() -> None:
    assert has_keyword(plan_of("{s: {f: x}, k: [word], condition: s and not k}").condition)
    assert not has_keyword(plan_of("{s: {f: x}, condition: not s}").condition)
