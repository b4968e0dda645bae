"""Selections and conditions become one tree."""

from decimal import Decimal
from typing import Any

import pytest
import yaml
from support.rulings import fault_of, node_of, plan_of, rule_text

from soc.rulebook.plan import And, FieldRef, Keyword, Not, Null, Number, Or, Regex, Text, Wild
from soc.rulebook.plan import Test as On

ANY = Wild.ANY


def is_(field: str, text: str) -> On:
    return On(field, Text((text,)))


def word(text: str) -> Keyword:
    return Keyword(Text((ANY, text, ANY)))


@pytest.mark.parametrize(
    ("selection", "node"),
    [
        ("{a: x}", is_("a", "x")),
        ("{a: x, b: y}", And((is_("a", "x"), is_("b", "y")))),
        ("{a: [x, y]}", Or((is_("a", "x"), is_("a", "y")))),
        (
            "{'a|contains|all': [x, y]}",
            And((On("a", Text((ANY, "x", ANY))), On("a", Text((ANY, "y", ANY))))),
        ),
        ("[{a: x}, {b: y}]", Or((is_("a", "x"), is_("b", "y")))),
        ("[x, y]", Or((word("x"), word("y")))),
        ("{'|all': [x, y]}", And((word("x"), word("y")))),
        ("[x, {a: y}]", Or((word("x"), is_("a", "y")))),
        ("x", word("x")),
        ("[5]", word("5")),
        ("[True]", word("true")),
        ("{'|re': 'a.*b'}", Keyword(Regex("a.*b"))),
        ("{a: null}", On("a", Null())),
        ("{a: 5}", On("a", Number(Decimal(5)))),
        ("{a|neq: x}", Not(is_("a", "x"))),
        ("{a|neq: [x, y]}", Not(Or((is_("a", "x"), is_("a", "y"))))),
        ("{a|fieldref|neq: b}", Not(On("a", FieldRef("b")))),
        ("{a: 2024-01-31}", is_("a", "2024-01-31")),
    ],
)
def test_a_selection_becomes_its_tree(selection: str, node: object) -> None:
    assert node_of(selection) == node


SELECTIONS = "{sel_a: {a: x}, sel_b: {b: y}, _off: {c: z}, notepad: {d: w}}"


@pytest.mark.parametrize(
    ("condition", "node"),
    [
        ("1 of sel_*", Or((is_("a", "x"), is_("b", "y")))),
        ("all of sel_*", And((is_("a", "x"), is_("b", "y")))),
        ("1 of *_b", is_("b", "y")),
        ("all of them", And((is_("a", "x"), is_("b", "y"), is_("d", "w")))),
        ("notepad and not sel_a", And((is_("d", "w"), Not(is_("a", "x"))))),
        (["sel_a", "sel_b"], Or((is_("a", "x"), is_("b", "y")))),
        ("1 of sel_a", is_("a", "x")),
    ],
)
def test_a_condition_joins_selections(condition: Any, node: object) -> None:
    assert plan_of({**yaml.safe_load(SELECTIONS), "condition": condition}).condition == node


@pytest.mark.parametrize(
    ("detection", "fault"),
    [
        ("{s: {a: x}, condition: t}", "the condition names 't' (selections: s)"),
        ("{s: {a: x}, condition: 1 of t_*}", "no selection fits 't_*'"),
        ("{s: {a: x}}", "condition is missing"),
        ("{condition: s}", "there is no selection"),
        ("{s: {}, condition: s}", "must be a mapping, a list or a text, and not empty"),
        ("{s: [], condition: s}", "must be a mapping, a list or a text, and not empty"),
        ("{s: null, condition: s}", "must be a mapping, a list or a text, and not empty"),
        ("{s: {a: {b: c}}, condition: s}", "5:20: a field's value is"),
        ("{s: {a: []}, condition: s}", "a list of 0 values"),
        ("{s: [[x]], condition: s}", "a list of selections holds mappings or texts"),
        ("{s: {a|unknown: x}, condition: s}", "5:17: unknown modifier 'unknown'"),
        ("{s: {'|gt': 5}, condition: s}", "gt needs a field"),
        ("{s: {'|exists': true}, condition: s}", "exists needs a field"),
        ("{s: {a: x}, condition: s, timeframe: 5m}", "timeframe was removed"),
        ("{s: {a: x}, condition: s | count() > 5}", "aggregation"),
        ("{s: {a: x}, condition: [s, 5]}", "condition must be a text"),
        ("[s]", "detection must be a mapping"),
    ],
)
def test_a_fault_says_what_and_where(detection: str, fault: str) -> None:
    text = f"title: A rule\nid: r\nlogsource: {{product: test}}\n#\ndetection: {detection}\n"
    assert fault in fault_of(text)
    assert fault_of(text).startswith("0.yml:5:")


def test_the_fields_that_a_rule_reads_are_known() -> None:
    plan = plan_of("{s: {a: x, 'b|fieldref': c}, t: [k, {d|exists: true}], condition: s and not t}")
    assert plan.fields == {"a", "b", "c", "d"}


def test_rule_text_round_trips_through_yaml() -> None:
    assert yaml.safe_load(rule_text("{s: {a: x}, condition: s}"))["detection"]["condition"] == "s"
