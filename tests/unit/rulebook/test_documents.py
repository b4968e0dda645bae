"""Rule files are read in pieces; whatever is wrong with one is said with its place."""

import pytest
from support.rulings import document_of

from soc.rulebook.documents import (
    MAX_FILE_BYTES,
    Document,
    Fault,
    RuleFile,
    documents,
    merged,
)


def read(text: str) -> tuple[list[Document], list[str]]:
    found, errors = documents(RuleFile("a.yml", text))
    return found, [str(error) for error in errors]


def test_each_document_knows_its_place_and_its_text() -> None:
    found, errors = read("title: One\nid: 1\n---\n# more\ntitle: Two\nid: 2\n---\n\ntitle: Three\n")
    assert errors == []
    assert [document.data["title"] for document in found] == ["One", "Two", "Three"]
    assert [str(document.location()) for document in found] == ["a.yml:1:1", "a.yml:5:1", "a.yml:9:1"]
    assert [document.text.strip() for document in found] == [
        "title: One\nid: 1",
        "title: Two\nid: 2",
        "title: Three",
    ]


def test_a_fault_is_located_as_near_as_the_document_has_it() -> None:
    document = document_of("title: x\ndetection:\n  s:\n    - a: 1\n    - b|foo: 2\n")
    assert str(document.location(("detection", "s", 1, "b|foo"))) == "a.yml:5:7"
    assert str(document.location(("detection", "s", 1, "gone", "x"))) == "a.yml:5:7"
    assert str(document.location(("nothing",))) == "a.yml:1:1"
    assert str(document.located(Fault("wrong", "title", fix="right"))) == "a.yml:1:1: wrong (right)"


def test_global_reset_and_repeat_are_resolved() -> None:
    found, errors = read(
        "action: global\ntitle: G\nlogsource: {product: p}\n---\nlogsource: {service: s}\n---\n"
        "action: repeat\nlogsource: {service: t}\n---\naction: reset\n---\ntitle: Alone\n"
    )
    assert errors == []
    assert [document.data for document in found] == [
        {"title": "G", "logsource": {"product": "p", "service": "s"}},
        {"title": "G", "logsource": {"product": "p", "service": "t"}},
        {"title": "Alone"},
    ]


def test_mappings_are_merged_all_the_way_down() -> None:
    assert merged({"a": {"b": 1, "c": {"d": 1}}, "e": 1}, {"a": {"c": {"f": 2}}, "e": {"g": 1}}) == {
        "a": {"b": 1, "c": {"d": 1, "f": 2}},
        "e": {"g": 1},
    }


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a: [", "a.yml:2:1: YAML: did not find expected node content"),
        ("a: 1\na: 2\n", "a.yml:2:1: YAML: key 'a' is given twice"),
        ("? [a]\n: b\n", "a.yml:1:3: YAML: a key is no text"),
        ("a: !!python/object:os.system x\n", "a.yml:1:4: YAML: could not determine a constructor"),
        ("a: !!binary aGk=\n", "bytes is no value of a rule"),
        ("a: !!set {b}\n", "set is no value of a rule"),
        ("a: 2024-99-99\n", "YAML: month must be in"),
        ("a: &a [*a]\n", "nested deeper than"),
        ("a: '\x00'\n", "YAML: unacceptable character"),
        ("- a\n", "a.yml:1:1: a rule is a mapping of text keys"),
        ("1: a\n", "a.yml:1:1: a rule is a mapping of text keys"),
        ("a: " + "[" * 60 + "]" * 60, "nested deeper than 50"),
        ("a: " + "[" * 200_000, "nested deeper than 50"),
        ("- " * 200_000 + "a", "nested deeper than 50"),
        ("a: " + "9" * 5000, "YAML: Exceeds the limit"),
        ("#" * (MAX_FILE_BYTES + 1), "file larger than"),
    ],
)
def test_what_no_rule_can_be_is_refused_with_its_place(text: str, error: str) -> None:
    found, errors = read(text)
    assert found == []
    assert len(errors) == 1
    assert error in errors[0]
    assert len(errors[0]) < 300


def test_a_few_aliases_cannot_become_millions_of_values() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    _, errors = read("\n".join(lines))
    assert "more than" in errors[0]


def test_documents_before_a_broken_one_are_kept() -> None:
    found, errors = read("title: good\n---\ntitle: [\n")
    assert [document.data for document in found] == [{"title": "good"}]
    assert len(errors) == 1


def test_empty_documents_are_no_fault() -> None:
    assert read("") == ([], [])
    assert read("---\n---\n# nothing\n") == ([], [])


def test_a_document_whose_node_is_forgotten_knows_its_places_still() -> None:
    found, _ = read(
        "title: One\n---\ntitle: Two\ndetection:\n  s:\n    - a: 1\n    - b|foo: 2\n---\ntitle: ["
    )
    for document in (found[1], found[1].forgotten()):
        assert str(document.location(("detection", "s", 1, "b|foo"))) == "a.yml:7:7"
        assert str(document.location()) == "a.yml:3:1"
        assert document.text.startswith("title: Two")
