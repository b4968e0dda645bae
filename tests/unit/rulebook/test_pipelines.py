"""Pipelines change rules as pySigma's do; what they cannot do is an error of the pipeline, with its place."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from support.rulings import correlation_text, loaded, rule_text

from soc.model.event import LogSource
from soc.rulebook.changes import CHANGES
from soc.rulebook.criteria import FIELD_TESTS, ITEM_TESTS, RULE_TESTS
from soc.rulebook.documents import RuleFile, read_pipeline_files, read_rule_files
from soc.rulebook.pipelines import read_pipelines
from soc.rulebook.plan import And, FieldRef, Keyword, Node, Not, Number, Or, Regex, Rulebook, Text, Wild
from soc.rulebook.plan import Test as On

ANY = Wild.ANY


def is_(field: str, text: str) -> On:
    return On(field, Text((text,)))


def has(field: str, text: str) -> On:
    return On(field, Text((ANY, text, ANY)))


def pipeline_file(*steps: str, path: str = "pipelines/p.yml", **more: Any) -> RuleFile:
    body = {**more, "transformations": [yaml.safe_load(step) for step in steps]}
    return RuleFile(path, yaml.safe_dump(body, sort_keys=False))


def book_under(rule: str, *steps: str, **more: Any) -> Rulebook:
    return loaded(rule, pipelines=[pipeline_file(*steps, **more)])


def under(selection: str, *steps: str, **more: Any) -> Node:
    """The condition of a rule of one selection after the pipeline of *steps*."""
    book = book_under(rule_text(f"{{s: {selection}, condition: s}}"), *steps, **more)
    assert book.errors == ()
    return book.rules[0].condition


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


def test_a_placeholder_that_no_step_fills_rejects_the_rule_with_what_to_do() -> None:
    book = book_under(rule_text("{s: {a|expand: '%x%'}, condition: s}"), VALUES, vars=LISTS)
    assert book.rules == ()
    assert "0.yml:7:5: placeholder %x% has no values (in pipelines/NAME.yml" in book.errors[0]


def test_lists_of_one_pipeline_serve_the_steps_of_another_and_the_later_list_wins() -> None:
    rule = rule_text("{s: {a|expand: '%u%'}, condition: s}")
    files = [
        pipeline_file(VALUES, path="pipelines/c.yml", priority=30),
        pipeline_file(path="pipelines/b.yml", priority=10, vars={"u": "early"}),
        pipeline_file(path="pipelines/a.yml", priority=20, vars={"u": "late"}),
    ]
    assert loaded(rule, pipelines=files).rules[0].condition == is_("a", "late")


def test_pipelines_work_by_priority_then_path() -> None:
    def suffix(name: str, priority: int) -> RuleFile:
        step = f"{{type: field_name_suffix, suffix: {name}}}"
        return pipeline_file(step, path=f"pipelines/{name}.yml", priority=priority)

    files = [suffix("z", 10), suffix("b", 20), suffix("a", 20), suffix("c", 0)]
    rule = rule_text("{s: {f: v}, condition: s}")
    assert loaded(rule, pipelines=files).rules[0].condition == is_("fczab", "v")


def test_a_pipeline_works_on_the_rules_beside_its_folder_only() -> None:
    step = "{type: field_name_prefix, prefix: p.}"
    for path, name in (("pipelines/p.yml", "p.f"), ("other/pipelines/p.yml", "f")):
        found = loaded(rule_text("{s: {f: v}, condition: s}"), pipelines=[pipeline_file(step, path=path)])
        assert found.rules[0].condition == is_(name, "v")


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
    ("joined", "holds"),
    [
        ("rule_cond_op: or", True),
        ("rule_cond_op: and", False),
        ("rule_cond_op: or, rule_cond_not: true", False),
        ("rule_cond_expr: yes-1 and not no_1", True),
        ("rule_cond_expr: no_1 or (yes-1 and no_1)", False),
    ],
)
def test_conditions_are_joined_as_the_step_says(joined: str, holds: bool) -> None:
    conditions = "{yes-1: {type: logsource, product: windows}, no_1: {type: contains_field, field: zz}}"
    step = f"{{type: rule_failure, message: met, rule_conditions: {conditions}, {joined}}}"
    assert bool(book_under(RULE, step).errors) is holds


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


def test_a_changed_log_source_is_what_the_rule_then_has() -> None:
    step = "{type: change_logsource, product: Linux, service: auditd}"
    after = loaded(RULE, pipelines=[pipeline_file(step)], known=lambda source: source.product == "linux")
    assert after.rules[0].logsource == LogSource(product="linux", service="auditd")
    assert after.rules[0].routed
    assert after.rules[0].version != loaded(RULE).rules[0].version


def test_a_pipeline_that_does_nothing_leaves_the_version() -> None:
    step = "{type: field_name_mapping, mapping: {zz: y}}"
    assert book_under(RULE, step).rules == loaded(RULE).rules
    assert book_under(RULE, step).hash == loaded(RULE).hash


def test_filters_are_chosen_before_pipelines_and_go_through_them() -> None:
    body = {"rules": "any", "selection": {"u": "admin"}, "condition": "not selection"}
    filter_ = yaml.safe_dump({"title": "F", "logsource": {"product": "test"}, "filter": body})
    steps = ["{type: change_logsource, product: other}", "{type: field_name_prefix, prefix: p.}"]
    book = loaded(rule_text("{s: {a: v}, condition: s}"), filter_, pipelines=[pipeline_file(*steps)])
    assert book.errors == ()
    assert book.rules[0].condition == And((is_("p.a", "v"), Not(is_("p.u", "admin"))))


def test_a_filter_without_its_placeholders_is_one_error_and_the_rules_stand() -> None:
    body = {"rules": "any", "s": {"u|expand": "%admins%"}, "condition": "not s"}
    filter_ = yaml.safe_dump({"title": "F", "logsource": {"product": "test"}, "filter": body})
    rules = [rule_text("{s: {a: v}, condition: s}", id=name) for name in ("r", "q")]
    book = loaded(*rules, filter_)
    assert [rule.condition for rule in book.rules] == [is_("a", "v")] * 2
    assert [error.split(" ")[0] for error in book.errors] == ["2.yml:5:5:"]


def test_correlations_group_by_the_new_names() -> None:
    correlation = correlation_text(
        {
            "type": "value_count",
            "rules": ["r"],
            "group-by": ["user", "alias"],
            "timespan": "1m",
            "aliases": {"alias": {"r": "src"}},
            "condition": {"gte": 2, "field": "dst"},
        }
    )
    rule = rule_text("{s: {a: v}, condition: s}", custom={"group-by": ["user"]})
    step = """
        type: field_name_mapping
        mapping: {user: user.name, src: source.ip, dst: destination.ip, alias: wrong}
        rule_conditions: [{type: logsource, product: test}]
    """
    book = loaded(rule, correlation, pipelines=[pipeline_file(step)])
    (plan,) = (plan for plan in book.correlations if plan.id == "c")
    assert plan.group_by == ("user.name", "alias")
    assert plan.aliases == (("alias", (("r", "source.ip"),)),)
    assert plan.fields == ("destination.ip",)
    assert book.rules[0].custom.group_by == ("user.name",)
    other = step.replace("product: test", "product: gone")
    untouched = loaded(rule, correlation, pipelines=[pipeline_file(other)])
    assert untouched.correlations == loaded(rule, correlation).correlations


def test_a_correlation_that_would_count_two_fields_is_refused() -> None:
    count = {"type": "value_count", "rules": "r", "timespan": "1m", "condition": {"gte": 2, "field": "b"}}
    rule = rule_text("{s: {a: v}, condition: s}")
    book = loaded(rule, correlation_text(count), pipelines=[pipeline_file(MAP)])
    assert "pipelines make y and z of 'b'" in book.errors[0]


def test_a_step_that_refuses_a_rule_is_named_beside_the_rule() -> None:
    rule = "title: A rule\nid: r\nlogsource: {product: test}\ndetection: {s: {a: v}, condition: s}\n"
    whole = book_under(rule, "{type: rule_failure, message: no such events}")
    assert whole.errors == ("0.yml:1:1: no such events (step at pipelines/p.yml:2:3)",)
    item = book_under(rule, "{type: detection_item_failure, message: no such field}")
    assert item.errors == ("0.yml:4:17: no such field (step at pipelines/p.yml:2:3)",)
    assert whole.rules == item.rules == ()
    chained = {"type": "event_count", "rules": ["r"], "timespan": "1m", "condition": {"gte": 2}}
    both = loaded(
        rule, correlation_text(chained), pipelines=[pipeline_file("{type: rule_failure, message: n}")]
    )
    assert len(both.errors) == 2


def test_a_rule_of_which_nothing_is_left_is_refused() -> None:
    book = book_under(rule_text("{s: {a: v}, condition: s}"), "{type: drop_detection_item}")
    assert "pipelines leave nothing of it" in book.errors[0]
    assert book.rules == ()


def test_values_that_wait_are_not_changed_behind_their_placeholders() -> None:
    rule = rule_text("{s: {a|expand: '%u%'}, condition: s}")
    change = "{type: replace_string, regex: a, replacement: b}"
    assert "put value_placeholders before this step" in book_under(rule, change, vars=LISTS).errors[0]
    assert book_under(rule, VALUES, change, vars=LISTS).rules[0].condition == Or(
        (is_("a", "bnn"), On("a", Text(("b", ANY))))
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("name: [", "2:1: YAML"),
        ("names: x", "1:1: unknown key 'names' (did you mean 'name'?)"),
        ("priority: high", "1:1: priority 'high' (accepted: an integer)"),
        ("vars: [a]", "1:7: a mapping was expected"),
        ("vars: {a: []}", "1:11: a [] (accepted: a text or number, or a list of them)"),
        ("vars: {a: [{b: c}]}", "1:11: a [{'b': 'c'}] (accepted: a text or number"),
        ("transformations: x", "1:1: transformations must be a list"),
        ("transformations: [x]", "1:19: a mapping was expected, not 'x'"),
        ("transformations:\n- {id: a}", "2:3: type is missing"),
        (
            "transformations:\n- {type: field_name_maping, mapping: {}}",
            "2:4: unknown transformation 'field_name_maping' (did you mean 'field_name_mapping'?)",
        ),
        ("transformations: [{type: add_field, field: x}]", "1:20: transformation 'add_field' changes a list"),
        ("transformations: [{type: case}]", "1:20: transformation 'case' changes the text of a query"),
        (
            "transformations: [{type: http_placeholders}]",
            "1:20: transformation 'http_placeholders' reads from",
        ),
        (
            "transformations:\n- type: field_name_mapping\n  mapping: {a: [x, 5]}",
            "3:16: a ['x', 5] (accepted: a text or a list of texts)",
        ),
        ("transformations: [{type: field_name_mapping}]", "1:19: mapping is missing"),
        ("transformations: [{type: field_name_prefix, prefix: 5}]", "1:45: prefix 5 (accepted: a text)"),
        (
            "transformations: [{type: field_name_prefix, prefix: p, fields: x}]",
            "1:56: unknown key 'fields' (accepted: detection_item_cond_expr, ",
        ),
        (
            "transformations: [{type: field_name_prefix_mapping, mapping: {null: x}}]",
            "1:62: keywords have no prefix",
        ),
        (
            "transformations: [{type: value_placeholders, include: [a], exclude: [b]}]",
            "1:69: include and exclude exclude each other",
        ),
        ("transformations: [{type: add_condition, conditions: {a|bad: x}}]", "unknown modifier 'bad'"),
        ("transformations: [{type: add_condition, conditions: [x]}]", "1:53: a mapping was expected"),
        ("transformations: [{type: change_logsource}]", "1:19: product, category and service are missing"),
        ("transformations: [{type: replace_string, regex: (, replacement: x}]", "1:42: regex: missing )"),
        (
            r"transformations: [{type: replace_string, regex: a, replacement: '\1'}]",
            "1:52: replacement: invalid group reference 1",
        ),
        ("transformations: [{type: set_value, value: [x]}]", "a value must be a text"),
        ("transformations: [{type: set_value, value: x, force_type: num}]", "value 'x' (accepted: a number)"),
        ("transformations: [{type: rule_failure}]", "message is missing"),
        ("transformations: [{type: nest, items: {}}]", "1:39: items must be a list of at most 1000 steps"),
        ("transformations: [{type: nest, items: [{type: nets}]}]", "1:41: unknown transformation 'nets'"),
        (
            "transformations: [{type: add_condition, conditions: {a: b}, field_name_cond_not: true}]",
            "1:61: add_condition is about the rule and takes no field_name_cond_not",
        ),
        (
            "transformations:\n- type: drop_detection_item\n  rule_conditions:\n  - type: logsourc\n",
            "4:5: type 'logsourc' (did you mean 'logsource'?)",
        ),
        (
            "transformations:\n- type: drop_detection_item\n  rule_conditions:\n  - {type: tag, tags: x}\n",
            "4:17: unknown key 'tags' (did you mean 'tag'?)",
        ),
        (
            "transformations:\n- type: drop_detection_item\n  rule_cond_not: true\n",
            "3:3: rule_cond_not without rule_conditions",
        ),
        (
            (
                "transformations:\n- type: drop_detection_item\n  rule_conditions: {a: {type: is_sigma_rule}}"
                "\n  rule_cond_expr: b\n"
            ),
            "4:3: no condition is called 'b' (accepted: a)",
        ),
        (
            (
                "transformations:\n- type: drop_detection_item\n  detection_item_conditions:\n"
                "  - {type: match_string, pattern: x}\n"
            ),
            "4:5: cond is missing",
        ),
        ("postprocessing: [{type: embed}]", "1:17: postprocessing is for programs that write queries"),
        ("finalizers: [{type: concat}]", "1:13: finalizers is for programs that write queries"),
        ("allowed_backends: [splunk]", "1:19: allowed_backends is for programs that write queries"),
    ],
)
def test_a_pipeline_that_cannot_be_used_is_rejected_whole_with_the_place(text: str, error: str) -> None:
    good = pipeline_file("{type: field_name_prefix, prefix: p.}", path="pipelines/good.yml")
    found, errors = read_pipelines([RuleFile("pipelines/bad.yml", text), good])
    assert [pipeline.path for pipeline in found] == ["pipelines/good.yml"]
    (told,) = map(str, errors)
    assert told.startswith("pipelines/bad.yml:")
    assert error in told


def test_errors_of_pipelines_stand_before_those_of_rules() -> None:
    book = loaded("title: x\n", pipelines=[RuleFile("pipelines/p.yml", "names: x")])
    assert [error.split(":")[0] for error in book.errors] == ["pipelines/p.yml", "0.yml"]


def test_steps_cannot_make_ever_more_of_a_rule() -> None:
    double = "{type: field_name_prefix_mapping, mapping: {'': [a, b]}}"
    steps = [double] * 40
    fields = rule_text("{s: {f: v}, condition: s}")
    assert "more than 20000 values" in book_under(fields, *steps).errors[0]
    texts = ["{type: map_string, mapping: {v: [v, v]}}"] * 40
    assert "more than 20000 values" in book_under(fields, *texts).errors[0]
    keywords = rule_text("{s: [v], condition: s}", custom={"group-by": ["f"]})
    assert "more than 100 names of 'f'" in book_under(keywords, *steps).errors[0]
    assert book_under(keywords, *steps).rules == ()


STEP_KEYS = st.sampled_from(
    ["type", "id", "mapping", "prefix", "suffix", "conditions", "template", "negated", "regex", "replacement"]
    + ["skip_special", "value", "force_type", "message", "include", "exclude", "key", "val", "product"]
    + [
        f"{prefix}_{end}"
        for prefix in ("rule", "field_name")
        for end in ("conditions", "cond_op", "cond_not")
    ]
    + ["detection_item_conditions", "rule_cond_expr", "attribute", "op", "cond", "pattern", "fields", "mode"]
)
STEP_VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 3),
        st.sampled_from([*CHANGES, *RULE_TESTS, *ITEM_TESTS, *FIELD_TESTS]),
        st.sampled_from(
            ["s", "a", "any", "all", "and", "not x", "re", "str", "num", "(", "%u%", "", "\\\\1", "$x"]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(STEP_KEYS | st.sampled_from(["a", "b"]), inner, max_size=4),
    ),
    max_leaves=10,
)
STEPS = st.builds(
    lambda kind, rest: {**rest, "type": kind},
    st.sampled_from(list(CHANGES)),
    st.dictionaries(STEP_KEYS, STEP_VALUES, max_size=5),
)


@given(
    st.lists(st.one_of(STEPS, STEP_VALUES), max_size=4),
    st.dictionaries(
        st.sampled_from(["name", "priority", "vars", "finalizers", "x"]), STEP_VALUES, max_size=2
    ),
)
def test_nothing_that_a_pipeline_may_hold_stops_the_loading(steps: list[Any], more: dict[str, Any]) -> None:
    text = yaml.safe_dump({**more, "transformations": steps}, allow_unicode=True)
    rules = [rule_text("{s: {a: [v, 5, null], 'b|expand': '%u%'}, t: [k], condition: s or t}", id="one")]
    rules += [rule_text("{s: {a|re: x, b|fieldref: a}, condition: s}", id="two", custom={"group-by": "a"})]
    book = loaded(*rules, pipelines=[RuleFile("pipelines/p.yml", text)])
    assert all(re.match(r"(pipelines/p|\d)\.yml:\d+", error) for error in book.errors)
    assert len(book.rules) == 2 or book.errors


def test_pipelines_are_found_beside_the_rules_they_are_for(tmp_path: Path) -> None:
    for name in ("pipelines/a.yml", "sub/pipelines/b.yml", "sub/r.yml", "pipelines/deeper/c.yml", "x.yml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("title: x\n", encoding="utf-8")
    found = [Path(file.path).relative_to(tmp_path).as_posix() for file in read_pipeline_files([tmp_path])]
    assert found == ["pipelines/a.yml", "sub/pipelines/b.yml"]
    rules = [Path(file.path).relative_to(tmp_path).as_posix() for file in read_rule_files([tmp_path])]
    assert rules == ["sub/r.yml", "x.yml"]
    assert read_pipeline_files([tmp_path / "x.yml"]) == []


def test_a_nest_is_made_under_one_condition() -> None:
    nest = """
        type: nest
        rule_conditions: [{type: logsource, product: %s}]
        items:
        - {id: inner, type: field_name_prefix, prefix: p.}
        - type: field_name_suffix
          suffix: .s
          rule_conditions: [{type: processing_item_applied, processing_item_id: inner}]
    """
    after = """
        type: field_name_suffix
        suffix: .t
        rule_conditions: [{type: processing_item_applied, processing_item_id: inner}]
    """
    assert under("{f: v}", nest % "test", after) == is_("p.f.s.t", "v")
    assert under("{f: v}", nest % "other", after) == is_("f", "v")
