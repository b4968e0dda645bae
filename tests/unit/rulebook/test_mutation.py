"""Each part of a rule is left out once, and its place is known."""

from typing import Any

import pytest
import yaml
from support.rulings import document_of, rule_text

from soc.rulebook.mutation import MAX_MUTANTS, mutants


def without(detection: str, *, values: bool = False) -> dict[str, Any]:
    document = document_of(rule_text(detection))
    return {found.what: found.data["detection"] for found in mutants(document, values=values)}


def test_selections_and_items_are_left_out() -> None:
    found = without("{a: {f: x, g: [y, z]}, b: {h: x}, condition: all of them}")
    assert found == {
        "selection 'a'": {"b": {"h": "x"}, "condition": "all of them"},
        "item 'f'": {"a": {"g": ["y", "z"]}, "b": {"h": "x"}, "condition": "all of them"},
        "item 'g'": {"a": {"f": "x"}, "b": {"h": "x"}, "condition": "all of them"},
        "selection 'b'": {"a": {"f": "x", "g": ["y", "z"]}, "condition": "all of them"},
    }


def test_elements_and_their_items_are_left_out() -> None:
    found = without("{a: [{f: x, g: y}, {h: z}], condition: a}")
    assert [detection["a"] for what, detection in found.items() if what != "selection 'a'"] == [
        [{"h": "z"}],
        [{"g": "y"}, {"h": "z"}],
        [{"f": "x"}, {"h": "z"}],
        [{"f": "x", "g": "y"}],
    ]


def test_values_are_left_out_only_when_asked_for() -> None:
    detection = "{a: {f: [x, y]}, b: [k, l], condition: a or b}"
    assert not any(what.startswith("value") for what in without(detection))
    found = without(detection, values=True)
    assert found["value 'x'"]["a"] == {"f": ["y"]}
    assert found["value 'l'"]["b"] == ["k"]


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        ("a and not b", {"a": "not b", "not b": "a"}),
        ("a or b or c", {"a": "(b or c)", "b": "(a or c)", "c": "(a or b)"}),
        ("not (a and 1 of b*)", {"a": "not 1 of b*", "1 of b*": "not a"}),
        ("a and (b or c)", {"a": "(b or c)", "(b or c)": "a", "b": "(a and c)", "c": "(a and b)"}),
        ("all of them", {}),
    ],
)
def test_parts_of_the_condition_are_left_out(condition: str, left: dict[str, str]) -> None:
    found = without(f"{{a: {{f: x}}, b: {{g: x}}, c: {{h: x}}, condition: {condition}}}")
    parts = {
        what.removesuffix("' in the condition").removeprefix("'"): detection["condition"]
        for what, detection in found.items()
        if what.endswith("in the condition")
    }
    assert parts == {part: [rest] for part, rest in left.items()}


def test_one_of_several_conditions_is_left_out() -> None:
    found = without("{a: {f: x}, b: {g: x}, condition: [a, b]}")
    assert found["condition 'a'"]["condition"] == ["b"]


def test_the_place_of_a_part_is_known() -> None:
    text = rule_text({"a": {"f": "x", "g": "y"}, "condition": "a"})
    document = document_of(text)
    places = {found.what: document.location(found.keys).line for found in mutants(document)}
    lines = text.splitlines()
    assert lines[places["item 'g'"] - 1].strip() == "g: y"


def test_mutants_of_one_rule_are_bounded() -> None:
    detection = yaml.safe_dump({"a": {"f": [f"v{n}" for n in range(3000)]}, "condition": "a"})
    assert sum(1 for _ in mutants(document_of(rule_text(detection)), values=True)) == MAX_MUTANTS
