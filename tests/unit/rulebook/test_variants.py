"""Selections are known again in a rule's tree, and variants are compiled as rules are."""

from support.rulings import document_of, plan_of, rule_text

from soc.kernel.errors import Location
from soc.rulebook import plan
from soc.rulebook.documents import RuleFile
from soc.rulebook.plan import And, Or
from soc.rulebook.variants import Variants, document_at, replaced

DETECTION = "{one: {f: x}, two: {g: [y, z]}, also: {f: x}, condition: one and not two}"


def test_selections_have_the_names_that_the_rule_gives_them() -> None:
    rule = plan_of({"one": {"f": "x"}, "two": {"g": ["y", "z"]}, "condition": "one and two"})
    assert isinstance(rule.condition, And)
    names = Variants().names(document_of(rule_text(DETECTION)))
    assert [names[node] for node in rule.condition.nodes] == ["one, also", "two"]


def test_a_rule_that_cannot_be_has_no_condition() -> None:
    document = document_of(rule_text(DETECTION))
    variants = Variants()
    assert variants.condition(document, document.data) is not None
    wrong = {**document.data, "detection": {"one": {"f": "x"}, "condition": "two"}}
    assert variants.condition(document, wrong) is None


def test_pipelines_work_on_variants_as_on_the_rule() -> None:
    pipeline = RuleFile(
        "rules/pipelines/p.yml", "transformations: [{type: field_name_mapping, mapping: {f: file}}]\n"
    )
    document = document_of(rule_text("{one: {f: x}, condition: one}"), "rules/a.yml")
    (node,) = Variants([pipeline]).names(document)
    assert isinstance(node, plan.Test)
    assert node.field == "file"


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
