"""Pipelines are found, ordered and scoped; what cannot be used is an error, with its place."""

import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from support.pipelines import book_under, is_, pipeline_file
from support.rulings import loaded, rule_text

from soc.rulebook.changes import CHANGES
from soc.rulebook.criteria import FIELD_TESTS, ITEM_TESTS, RULE_TESTS
from soc.rulebook.documents import RuleFile
from soc.rulebook.pipelines import read_pipelines
from soc.rulebook.plan import And, Not

RULE = rule_text("{s: {a: v}, condition: s}", logsource={"product": "windows"})
LISTS = {"u": ["ann", "b*"], "n": 5}


VALUES = "{type: value_placeholders}"


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
