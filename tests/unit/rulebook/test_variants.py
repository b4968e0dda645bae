"""Selections are known again in a rule's tree, and variants are compiled as rules are."""

from support.rulings import document_of, plan_of, rule_text

from soc.kernel.errors import Location
from soc.rulebook.documents import RuleFile
from soc.rulebook.plan import And, Or
from soc.rulebook.variants import condition_of, document_at, replaced, selection_names

DETECTION = "{one: {f: x}, two: {g: [y, z]}, also: {f: x}, condition: one and not two}"


def test_selections_have_the_names_that_the_rule_gives_them() -> None:
    rule = plan_of({"one": {"f": "x"}, "two": {"g": ["y", "z"]}, "condition": "one and two"})
    assert isinstance(rule.condition, And)
    names = selection_names(document_of(rule_text(DETECTION)))
    assert [names[node] for node in rule.condition.nodes] == ["one, also", "two"]


def test_a_rule_that_cannot_be_has_no_condition() -> None:
    document = document_of(rule_text(DETECTION))
    assert condition_of(document.data) is not None
    assert condition_of({**document.data, "detection": {"one": {"f": "x"}, "condition": "two"}}) is None


def test_what_a_filter_laid_around_a_condition_stays() -> None:
    old, new, around = (plan_of({"s": {"f": word}, "condition": "s"}).condition for word in "abc")
    assert replaced(And((old, around)), old, new) == And((new, around))
    assert replaced(Or((around, And((old,)))), old, new) == Or((around, And((new,))))


def test_a_document_is_found_by_its_place() -> None:
    file = RuleFile("a.yml", "title: one\n---\ntitle: two\n")
    found = document_at(file, Location("a.yml", 3, 1))
    assert found is not None
    assert found.data == {"title": "two"}
    assert document_at(file, Location("a.yml", 2, 1)) is None
