"""What a rule should also have is asked for, each with its place."""

import pytest
from support.rulings import document_of, loaded, rule_text

from soc.rulebook.house import Kind, missing, unknown_fields, without_cases

DETECTION = "{s: {a: x, b: y}, condition: s}"
GOOD = {
    "id": "6d0b7a4e-1c57-4c49-9a5c-2f8f2a6d9c03",
    "author": "SOC",
    "level": "low",
    "description": "words",
    "falsepositives": ["none"],
    "tags": ["attack.t1110.001", "attack.credential-access", "cve.2026-1", "detection.emerging-threats"],
}


def kinds(**more: object) -> list[Kind]:
    return [finding.kind for finding in missing(document_of(rule_text(DETECTION, **{**GOOD, **more})))]


def test_a_whole_rule_is_left_alone() -> None:
    assert kinds() == []
    assert kinds(id="mail_login_failure") == []


@pytest.mark.parametrize("key", ["author", "level", "description", "falsepositives"])
def test_what_is_missing_is_named(key: str) -> None:
    data = document_of(rule_text(DETECTION, **{name: value for name, value in GOOD.items() if name != key}))
    assert [finding.kind.value for finding in missing(data)] == [key]


@pytest.mark.parametrize(
    "id_", ["Not A Slug", "6d0b7a4e", "6d0b7a4e-1c57", "{6d0b7a4e-1c57-4c49-9a5c-2f8f2a6d9c03}"]
)
def test_an_id_is_a_uuid_or_a_slug(id_: str) -> None:
    assert kinds(id=id_) == [Kind.ID]


@pytest.mark.parametrize(
    "tag", ["attack.T1110", "attack.t11", "attack.credential_access", "attack", "Cve.1", 5]
)
def test_a_tag_is_well_formed_and_its_place_is_told(tag: object) -> None:
    tags = [*GOOD["tags"], tag]
    (finding,) = missing(document_of(rule_text(DETECTION, **{**GOOD, "tags": tags})))
    assert finding.kind == Kind.TAG
    assert finding.location.startswith("a.yml:")
    assert finding.location != "a.yml:1:1"


def test_a_rule_without_technique_or_tactic_is_named() -> None:
    assert kinds(tags=["cve.2026-1"]) == [Kind.TAG]


def test_a_filter_needs_only_an_id() -> None:
    text = "title: F\nlogsource: {product: test}\nfilter: {rules: any, s: {a: x}, condition: not s}\n"
    assert [finding.kind for finding in missing(document_of(text))] == [Kind.ID]


def test_fields_that_the_mapping_does_not_know_are_named_only_where_it_knows_any() -> None:
    (rule,) = loaded(rule_text(DETECTION)).rules
    assert [str(found) for found in unknown_fields(rule, lambda _: {"a"})] == [
        "0.yml:1:1: the mapping of test knows no field 'b'"
    ]
    assert list(unknown_fields(rule, lambda _: None)) == []


def test_a_rule_file_without_cases_is_named() -> None:
    rules = loaded(rule_text(DETECTION), rule_text(DETECTION, id="r2")).rules
    assert [str(found) for found in without_cases(rules, {"0.yml"})] == [
        "1.yml:1:1: no cases; wanted beside it: 1.cases.yaml"
    ]
