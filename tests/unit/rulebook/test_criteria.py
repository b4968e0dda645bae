"""Which rules, items and fields a step is for."""

import pytest
from support.pipelines import book_under
from support.rulings import rule_text

RULE = rule_text(
    "{s: {a: v, 'b|contains': w*, n: 5}, condition: s}",
    name="named",
    logsource={"product": "windows", "category": "process_creation"},
    tags=["attack.execution", "attack.t1059"],
    level="high",
    status="test",
    date="2026-01-02",
    author="An Author",
    score=7,
)


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ("[]", True),
        ("[{type: logsource, product: windows}]", True),
        ("[{type: logsource, product: Windows, category: process_creation}]", True),
        ("[{type: logsource, product: windows, service: sysmon}]", False),
        ("[{type: contains_field, field: a}]", True),
        ("[{type: contains_field, field: c}]", False),
        ("[{type: contains_detection_item, field: a, value: v}]", True),
        ("[{type: contains_detection_item, field: b, value: '*w*'}]", True),
        ("[{type: contains_detection_item, field: b, value: w}]", False),
        ("[{type: contains_detection_item, field: n, value: 5}]", True),
        ("[{type: tag, tag: attack.t1059}]", True),
        ("[{type: tag, tag: attack.t1060}]", False),
        ("[{type: is_sigma_rule}]", True),
        ("[{type: is_sigma_correlation_rule}]", False),
        ("[{type: rule_attribute, attribute: id, value: r}]", True),
        ("[{type: rule_attribute, attribute: id, value: r, op: ne}]", False),
        ("[{type: rule_attribute, attribute: level, value: medium, op: gt}]", True),
        ("[{type: rule_attribute, attribute: level, value: critical, op: gte}]", False),
        ("[{type: rule_attribute, attribute: status, value: stable, op: lt}]", True),
        ("[{type: rule_attribute, attribute: date, value: '2026-01-01', op: gt}]", True),
        ("[{type: rule_attribute, attribute: tags, value: attack.execution, op: in}]", True),
        ("[{type: rule_attribute, attribute: tags, value: attack.execution, op: not_in}]", False),
        ("[{type: rule_attribute, attribute: score, value: 7, op: lte}]", True),
        ("[{type: rule_attribute, attribute: score, value: x, op: lte}]", False),
        ("[{type: rule_attribute, attribute: gone, value: x, op: ne}]", False),
        ("[{type: processing_item_applied, processing_item_id: first}]", True),
        ("[{type: processing_item_applied, processing_item_id: second}]", False),
        ("[{type: processing_state, key: k, val: 1}]", True),
        ("[{type: processing_state, key: k, val: 1, op: gt}]", False),
        ("[{type: processing_state, key: gone, val: 1, op: ne}]", False),
    ],
)
def test_a_step_is_made_where_its_conditions_on_the_rule_hold(conditions: str, holds: bool) -> None:
    first = "{id: first, type: set_state, key: k, val: 1}"
    for extra, expected in (("", holds), (", rule_cond_not: true", not holds)):
        if extra and conditions == "[]":
            continue
        step = f"{{type: rule_failure, message: met, rule_conditions: {conditions}{extra}}}"
        assert bool(book_under(RULE, first, step).errors) is expected


@pytest.mark.parametrize(
    ("conditions", "left"),
    [
        ("{type: match_string, cond: any, pattern: v}", {"b", "n", "k"}),
        ("{type: match_string, cond: all, pattern: v}", {"a", "b", "n", "k"}),
        ("{type: match_string, cond: any, pattern: '^[vy]', negate: true}", {"a"}),
        ("{type: match_value, cond: any, value: y}", {"b", "n", "k"}),
        ("{type: match_value, cond: any, value: 5}", {"a", "b", "k"}),
        ("{type: contains_wildcard, cond: any}", {"a", "n", "k"}),
        ("{type: is_null, cond: all}", {"a", "b", "n"}),
        ("{type: processing_state, key: k, val: 1}", {"a", "b", "n", "k"}),
        ("{type: processing_item_applied, processing_item_id: first}", {"a", "b", "n", "k"}),
    ],
)
def test_items_are_chosen_by_their_values(conditions: str, left: set[str]) -> None:
    rule = rule_text("{s: {a: [v, y], 'b|contains': w, n: 5, k: null}, condition: s}")
    step = f"{{type: drop_detection_item, detection_item_conditions: [{conditions}]}}"
    assert book_under(rule, step).rules[0].fields == left


def test_field_conditions_see_names_expressions_and_earlier_steps() -> None:
    rule = rule_text("{s: {a: v, ab: v, c: v, [k]: null}, condition: s}".replace("[k]", "k"))
    rename = "{id: one, type: field_name_mapping, mapping: {a: x}}"
    other = "{type: field_name_prefix, prefix: p., %s}"
    for condition, fields in (
        (
            "field_name_conditions: [{type: include_fields, mode: re, fields: ['a.*']}]",
            {"x", "p.ab", "c", "k"},
        ),
        ("field_name_conditions: [{type: exclude_fields, fields: [x, c]}]", {"x", "p.ab", "c", "p.k"}),
        (
            (
                "field_name_conditions: [{type: processing_item_applied, processing_item_id: one}],"
                " field_name_cond_not: true"
            ),
            {"x", "p.ab", "p.c", "p.k"},
        ),
    ):
        assert book_under(rule, rename, other % condition).rules[0].fields == fields
