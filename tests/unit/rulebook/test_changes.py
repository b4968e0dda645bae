"""What each kind of step makes of a selection."""

from decimal import Decimal

import pytest
from support.pipelines import has, is_, under

from soc.rulebook.plan import And, FieldRef, Keyword, Node, Not, Number, Or, Regex, Text, Wild
from soc.rulebook.plan import Test as On

ANY = Wild.ANY


MAP = "{type: field_name_mapping, mapping: {a: x, b: [y, z], r: q}}"


@pytest.mark.parametrize(
    ("selection", "step", "node"),
    [
        ("{a: v}", MAP, is_("x", "v")),
        ("{a|contains: v}", MAP, has("x", "v")),
        ("{b: v}", MAP, Or((is_("y", "v"), is_("z", "v")))),
        ("{b|neq: v}", MAP, And((Not(is_("y", "v")), Not(is_("z", "v"))))),
        ("{c: v}", MAP, is_("c", "v")),
        ("[{a: v}, {c: w}]", MAP, Or((is_("x", "v"), is_("c", "w")))),
        ("{c|fieldref: r}", MAP, On("c", FieldRef("q"))),
        ("{a|fieldref: b}", MAP, Or((On("x", FieldRef("y")), On("x", FieldRef("z"))))),
        ("[v]", "{type: field_name_mapping, mapping: {null: msg}}", has("msg", "v")),
        ("[5]", "{type: field_name_mapping, mapping: {null: msg}}", has("msg", "5")),
        ("{'|re': v}", "{type: field_name_mapping, mapping: {null: msg}}", On("msg", Regex("v"))),
        ("[v]", MAP, Keyword(Text((ANY, "v", ANY)))),
        ("{ab: v}", "{type: field_name_prefix_mapping, mapping: {a: x.}}", is_("x.b", "v")),
        (
            "{ab: v}",
            "{type: field_name_prefix_mapping, mapping: {a: [x., y.]}}",
            Or((is_("x.b", "v"), is_("y.b", "v"))),
        ),
        ("{a: v}", "{type: field_name_prefix, prefix: p.}", is_("p.a", "v")),
        ("{a: v}", "{type: field_name_suffix, suffix: .s}", is_("a.s", "v")),
        ("[v]", "{type: field_name_prefix, prefix: p.}", Keyword(Text((ANY, "v", ANY)))),
        (
            "{a: v, b: w}",
            "{type: field_name_suffix, suffix: s, field_name_conditions: [{type: include_fields, fields: b}]}",  # noqa: E501
            And((is_("a", "v"), is_("bs", "w"))),
        ),
        (
            "{a: v, b: w}",
            "{type: drop_detection_item, field_name_conditions: [{type: include_fields, fields: [b]}]}",
            is_("a", "v"),
        ),
        (
            "[{a: v}, {b: w}]",
            "{type: drop_detection_item, field_name_conditions: [{type: include_fields, fields: [b]}]}",
            is_("a", "v"),
        ),
        (
            "{a: v}",
            "{type: add_condition, conditions: {k: w}}",
            And((is_("a", "v"), is_("k", "w"))),
        ),
        (
            "{a: v}",
            "{type: add_condition, conditions: {k: [w, u], 'm|contains': n}, negated: true}",
            And((is_("a", "v"), Not(And((Or((is_("k", "w"), is_("k", "u"))), has("m", "n")))))),
        ),
        (
            "{a: v}",
            "{type: add_condition, conditions: {k: $product-$service}, template: true}",
            And((is_("a", "v"), is_("k", "test-None"))),
        ),
        (
            "{a: C:\\x\\y}",
            r"{type: replace_string, regex: '^C:\\', replacement: 'D:\\'}",
            is_("a", "D:\\x\\y"),
        ),
        ("{a|contains: vw}", "{type: replace_string, regex: v, replacement: x}", has("a", "xw")),
        (
            "{a|endswith: vw}",
            r"{type: replace_string, regex: '^\*v', replacement: 'x?'}",
            On("a", Text(("x", Wild.ONE, "w"))),
        ),
        (r"{a: 'v\*'}", "{type: replace_string, regex: v, replacement: w}", is_("a", "w*")),
        (
            "{a: v*v}",
            "{type: replace_string, regex: '^.', replacement: '*', skip_special: true}",
            On("a", Text(("*", ANY, "*"))),
        ),
        (
            "{a: v*v}",
            "{type: replace_string, regex: ^., replacement: '?', skip_special: true, interpret_special: true}",  # noqa: E501
            On("a", Text((Wild.ONE, ANY, Wild.ONE))),
        ),
        ("{a: 5}", "{type: replace_string, regex: '5', replacement: '6'}", is_("a", "6")),
        ("{a: 5}", "{type: replace_string, regex: '7', replacement: '6'}", On("a", Number(Decimal(5)))),
        ("{a|re: v}", "{type: replace_string, regex: v, replacement: w}", On("a", Regex("v"))),
        ("{a|base64: v}", "{type: replace_string, regex: d, replacement: w}", is_("a", "dg==")),
        ("{a: v}", "{type: map_string, mapping: {v: w}}", is_("a", "w")),
        ("{a: v}", "{type: map_string, mapping: {v: [w, u]}}", Or((is_("a", "w"), is_("a", "u")))),
        ("{a|contains: v}", "{type: set_value, value: 5}", On("a", Number(Decimal(5)))),
        ("{a: v}", "{type: set_value, value: 5, force_type: str}", is_("a", "5")),
        ("{a|expand: '%u%'}", "{type: set_value, value: w}", is_("a", "w")),
    ],
)
def test_a_step_changes_a_selection(selection: str, step: str, node: Node) -> None:
    assert under(selection, step) == node


LISTS = {"u": ["ann", "b*"], "n": 5}


VALUES = "{type: value_placeholders}"


@pytest.mark.parametrize(
    ("selection", "steps", "node"),
    [
        ("{a|expand: '%u%'}", [VALUES], Or((is_("a", "ann"), On("a", Text(("b", ANY)))))),
        ("{a|expand: '%u%-%n%'}", [VALUES], Or((is_("a", "ann-5"), On("a", Text(("b", ANY, "-5")))))),
        ("{a|expand|contains: '%n%'}", [VALUES], has("a", "5")),
        (
            "{a|contains|all|expand: '%u%'}",
            [VALUES],
            And((has("a", "ann"), On("a", Text((ANY, "b", ANY))))),
        ),
        ("{a|re|expand: 'x%n%'}", [VALUES], On("a", Regex("x5"))),
        ("{a|expand: '%gone%x'}", ["{type: wildcard_placeholders}"], On("a", Text((ANY, "x")))),
        ("{a|re|expand: 'x%gone%y'}", ["{type: wildcard_placeholders}"], On("a", Regex("x.*y"))),
        (
            "{a|expand: ['%u%', '%gone%']}",
            ["{type: value_placeholders, include: [u]}", "{type: wildcard_placeholders, exclude: [u]}"],
            Or((is_("a", "ann"), On("a", Text(("b", ANY))), On("a", Text((ANY,))))),
        ),
        ("{'|expand': '%n%'}", [VALUES], Keyword(Text((ANY, "5", ANY)))),
        (
            "{'|expand': '%n%'}",
            ["{type: field_name_mapping, mapping: {null: msg}}", VALUES],
            has("msg", "5"),
        ),
    ],
)
def test_placeholders_get_their_values_from_vars(selection: str, steps: list[str], node: Node) -> None:
    assert under(selection, *steps, vars=LISTS) == node
