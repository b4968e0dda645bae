"""Correlation documents: every key, and a located error for everything else."""

from decimal import Decimal
from typing import Any

import pytest
import yaml
from support.rulings import correlation_text, fault_of, loaded, rule_text

from soc.rulebook.expressions import All, Any_, Name, Negated
from soc.rulebook.plan import CorrelationPlan, CorrelationType, Custom, Operator

A = rule_text("{s: {a: x}, condition: s}", id="id-a", name="a")
B = rule_text("{s: {b: x}, condition: s}", id="id-b", name="b")


def plan_with(more: str = "", **top: Any) -> CorrelationPlan:
    base = {"type": "temporal", "rules": ["a", "b"], "timespan": "5m"}
    book = loaded(A, B, correlation_text({**base, **yaml.safe_load(more or "{}")}, **top))
    assert book.errors == ()
    return book.correlations[-1]


def fault_with(more: str, **top: Any) -> str:
    base = {"type": "temporal", "rules": ["a", "b"], "timespan": "5m"}
    return fault_of(A, B, correlation_text({**base, **yaml.safe_load(more)}, **top))


def test_a_correlation_is_resolved_to_rule_ids() -> None:
    plan = plan_with("{group-by: [user, host]}", level="high", name="n")
    assert (plan.type, plan.rules, plan.group_by, plan.timespan_ms) == (
        CorrelationType.TEMPORAL,
        ("id-a", "id-b"),
        ("user", "host"),
        300_000,
    )
    assert (plan.operators, plan.expression, plan.silent, plan.implicit, plan.heading.name) == (
        (),
        None,
        False,
        False,
        "n",
    )


def test_a_single_rule_is_a_list_of_one_and_a_text_groups_by_one() -> None:
    plan = plan_with("{type: event_count, rules: a, group-by: user, condition: {gte: 10}}")
    assert (plan.rules, plan.group_by) == (("id-a",), ("user",))
    assert plan_with("{rules: [id-a, b]}").rules == ("id-a", "id-b")
    assert plan_with("{group-by: []}").group_by == ()


def test_several_operators_and_broken_thresholds_are_kept_exactly() -> None:
    plan = plan_with("{type: value_sum, condition: {field: f, gt: 1.5, lte: '200', neq: 0.1}}")
    assert plan.operators == (
        (Operator.GT, Decimal("1.5")),
        (Operator.LTE, Decimal(200)),
        (Operator.NEQ, Decimal("0.1")),
    )
    assert plan.fields == ("f",)


def test_values_may_be_counted_as_tuples_and_percentiles_named() -> None:
    assert plan_with("{type: value_count, condition: {field: [f, g], gte: 3}}").fields == ("f", "g")
    plan = plan_with("{type: value_percentile, condition: {field: f, percentile: 99.5, gte: 3}}")
    assert plan.percentile == Decimal("99.5")
    assert (
        plan_with("{type: value_median, condition: {field: f, gte: 3}}").type is CorrelationType.VALUE_MEDIAN
    )


def test_temporal_takes_numbers_of_rules_or_an_expression() -> None:
    assert plan_with("{condition: {gte: 1}}").operators == ((Operator.GTE, Decimal(1)),)
    plan = plan_with("{condition: a and not (b or id-a)}")
    assert plan.expression == All((Name("id-a"), Negated(Any_((Name("id-b"), Name("id-a"))))))


def test_an_ordered_correlation_may_list_a_rule_twice() -> None:
    assert plan_with("{type: temporal_ordered, rules: [a, b, a]}").rules == ("id-a", "id-b", "id-a")


def test_aliases_name_fields_per_rule() -> None:
    plan = plan_with("{group-by: [ip], aliases: {ip: {a: src_ip, id-b: dst_ip}}}")
    assert plan.aliases == (("ip", (("id-a", "src_ip"), ("id-b", "dst_ip"))),)


def test_our_custom_mapping_stands_at_the_top() -> None:
    plan = plan_with(custom={"scope": "province", "zone": "UTC"})
    assert plan.custom == Custom("province", "UTC")
    assert plan.province
    assert "unknown key 'custom' in correlation" in fault_with("{custom: {scope: province}}")


def test_unknown_keys_at_the_top_are_allowed() -> None:
    assert plan_with(taxonomy="sigma", x_ours=[1]).rules == ("id-a", "id-b")


COUNT = "type: event_count, rules: a"


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ("{typ: x}", "unknown key 'typ' in correlation"),
        ("{type: count}", "type 'count'"),
        ("{type: [temporal]}", "type ['temporal']"),
        ("{rules: []}", "a text or a list of texts"),
        ("{rules: [gone]}", "no rule has the id or name 'gone'"),
        ("{rules: [a, c]}", "names itself"),
        ("{timespan: 1y}", "timespan '1y'"),
        ("{timespan: 1M}", "timespan '1M'"),
        ("{timespan: null}", "timespan None"),
        ("{group-by: {a: b}}", "a text or a list of texts"),
        ("{" + COUNT + "}", "event_count needs a condition with an operator"),
        ("{" + COUNT + ", condition: {}}", "the condition has no operator"),
        ("{" + COUNT + ", condition: {gte: ten}}", "gte must be a number, not 'ten'"),
        ("{" + COUNT + ", condition: {gte: true}}", "gte must be a number"),
        ("{" + COUNT + ", condition: {gte: .inf}}", "gte must be a number"),
        ("{" + COUNT + ", condition: {gte: 1, field: f}}", "unknown key 'field' in the condition"),
        ("{" + COUNT + ", condition: {gte: 1, atleast: 2}}", "unknown key 'atleast'"),
        ("{" + COUNT + ", condition: a and b}", "event_count needs a condition with an operator"),
        ("{type: value_count, condition: {gte: 1}}", "value_count needs a field"),
        ("{type: value_sum, condition: {field: [f, g], gte: 1}}", "value_sum takes one field"),
        ("{type: value_percentile, condition: {field: f, gte: 1}}", "needs percentile"),
        ("{type: value_percentile, condition: {field: f, gte: 1, percentile: 101}}", "percentile 101"),
        ("{type: value_sum, condition: {field: f, gte: 1, percentile: 50}}", "unknown key 'percentile'"),
        ("{type: temporal_ordered, condition: {gte: 1}}", "temporal_ordered takes no condition"),
        ("{type: temporal_ordered, condition: a and b}", "temporal_ordered takes no condition"),
        ("{condition: [a]}", "temporal needs a condition with an operator"),
        ("{condition: a and}", "ends where a name"),
        ("{condition: a and gone}", "no rule has the id or name 'gone'"),
        ("{rules: [a], condition: a and b}", "'b' is not among the rules"),
        ("{condition: 1 of them}", "'of them' in the condition of a correlation"),
        ("{condition: ''}", "ends where a name"),
        ("{aliases: [x]}", "aliases map"),
        ("{aliases: {ip: x}}", "aliases map"),
        ("{aliases: {ip: {a: 5}}}", "aliases map"),
        ("{aliases: {ip: {a: f}}}", "alias 'ip' is not in group-by"),
        ("{group-by: ip, rules: [a], aliases: {ip: {b: f}}}", "'b' is not among the rules"),
        ("{generate: maybe}", "generate is true or false"),
        ("{generate: [true]}", "generate is true or false"),
    ],
)
def test_a_fault_is_located_inside_the_correlation(more: str, fault: str) -> None:
    found = fault_with(more)
    assert fault in found
    assert found.startswith("2.yml:")
    assert not found.startswith("2.yml:1:1:")


def test_generate_is_read_in_both_places_which_must_agree() -> None:
    assert "differ" in fault_with("{generate: true}", generate=False)
    for more, top in (
        ("{generate: true}", {}),
        ("{}", {"generate": True}),
        ("{generate: true}", {"generate": True}),
    ):
        base = {"type": "temporal", "rules": ["a"], "timespan": "5m", **yaml.safe_load(more)}
        book = loaded(A, correlation_text(base, **top))
        assert {plan.id: plan.silent for plan in book.correlations} == {"id-a": False, "c": False}


def test_a_correlation_that_is_no_mapping_is_refused() -> None:
    assert "correlation must be a mapping" in fault_of("title: C\nid: c\ncorrelation: [x]\n")
    assert "title is missing" in fault_of(A, "id: c\ncorrelation: {type: temporal, rules: a, timespan: 1m}\n")
