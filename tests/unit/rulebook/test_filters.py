"""Filters are ANDed to the rules they name and whose log source they cover."""

import pytest
import yaml
from support.rulings import fault_of, loaded, rule_text

from soc.model.event import LogSource
from soc.rulebook.plan import And, Not, Text
from soc.rulebook.plan import Test as On

RULE = rule_text("{s: {a: x}, f_one: {a: z}, condition: s}", name="named")


def filter_text(condition: str = "not selection", rules: object = "any", product: str = "test") -> str:
    body = {"rules": rules, "selection": {"user": "admin"}, "condition": condition}
    return yaml.safe_dump({"title": "F", "logsource": {"product": product}, "filter": body})


FILTERED = And((On("a", Text(("x",))), Not(On("user", Text(("admin",))))))


@pytest.mark.parametrize("rules", ["any", ["r"], ["named"], "named", ["other", "r"]])
def test_a_filter_is_anded_to_the_rules_it_names(rules: object) -> None:
    book = loaded(filter_text(rules=rules), RULE)
    assert book.errors == ()
    assert book.rules[0].condition == FILTERED
    assert book.rules[0].fields == {"a", "user"}


def test_a_filter_leaves_other_rules_and_log_sources_alone() -> None:
    plain = loaded(RULE).rules[0]
    assert loaded(RULE, filter_text(rules=["other"])).rules[0] == plain
    assert loaded(RULE, filter_text(product="windows")).rules[0] == plain


def test_a_filter_of_a_whole_product_covers_its_services() -> None:
    rule = rule_text("{s: {a: x}, condition: s}", logsource={"product": "test", "service": "sub"})
    assert loaded(rule, filter_text()).rules[0].condition == FILTERED
    narrow = yaml.safe_load(filter_text())
    narrow["logsource"]["service"] = "sub"
    assert loaded(RULE, yaml.safe_dump(narrow)).rules[0].condition != FILTERED


def test_names_of_selections_do_not_leak_between_rule_and_filter() -> None:
    rule = rule_text("{selection: {a: x}, condition: 1 of sel*}")
    book = loaded(rule, filter_text("not 1 of sel*"))
    assert book.rules[0].condition == FILTERED
    assert "names 'f_one'" in fault_of(RULE, filter_text("not f_one"))


def test_a_filter_changes_the_version_of_its_rules() -> None:
    assert loaded(RULE, filter_text()).rules[0].version != loaded(RULE).rules[0].version


def test_a_filter_that_keeps_what_it_selects_is_warned_of() -> None:
    warnings = loaded(RULE, filter_text("selection")).warnings
    assert len(warnings) == 1
    assert "1.yml:2:3: filter keeps only what it selects" in warnings[0]
    assert loaded(RULE, filter_text()).warnings == ()


def test_a_filter_of_a_rule_that_does_not_exist_is_warned_of() -> None:
    assert "filter of 'gone'" in loaded(RULE, filter_text(rules=["gone"])).warnings[0]


def test_a_filter_without_rules_or_with_a_bad_condition_is_refused_and_rules_stand() -> None:
    assert "a filter needs rules" in fault_of(RULE, "title: F\nlogsource: {product: test}\nfilter: {}\n")
    assert "names 'gone'" in fault_of(RULE, filter_text("gone"))
    assert "logsource is missing" in fault_of(
        RULE, "title: F\nfilter: {rules: any, s: {a: b}, condition: s}\n"
    )
    assert loaded(RULE, filter_text("gone")).rules == loaded(RULE).rules


def test_filters_do_not_apply_to_correlations() -> None:
    correlation = yaml.safe_dump(
        {
            "title": "C",
            "id": "c",
            "correlation": {"type": "event_count", "rules": "r", "timespan": "1m", "condition": {"gte": 2}},
        }
    )
    with_filter, without = loaded(RULE, correlation, filter_text(rules=["r"])), loaded(RULE, correlation)
    assert with_filter.correlations[-1] == without.correlations[-1]


def test_a_filter_covers_by_log_source() -> None:
    assert LogSource("test").covers(LogSource("test", "c", "s"))
