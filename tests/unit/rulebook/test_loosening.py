"""Each condition of a correlation is left out once."""

from decimal import Decimal

from support.rulings import correlation_text, loaded, rule_text

from soc.rulebook.loosening import ENDLESS_MS, Looser, looser
from soc.rulebook.plan import CorrelationType, Operator

RULES = [rule_text("{s: {a: x}, condition: s}", id=id_) for id_ in "abd"]
KEPT = "that agencies are kept apart"


def left_out(body: dict[str, object], **more: object) -> dict[str, Looser]:
    text = correlation_text({"timespan": "5m", "group-by": ["host"], **body}, **more)
    book = loaded(*RULES, text)
    assert book.errors == ()
    (plan,) = (plan for plan in book.correlations if not plan.implicit)
    return {found.what: found for found in looser(plan, {"a": "first"})}


def test_rules_order_group_and_timespan_are_left_out() -> None:
    found = left_out({"type": "temporal_ordered", "rules": ["a", "b"]})
    assert list(found) == ["rule 'first'", "rule 'b'", "group-by 'host'", "the order", "the timespan", KEPT]
    assert found["rule 'first'"].plan.rules == ("b",)
    assert found["group-by 'host'"].plan.group_by == ()
    assert found["the order"].plan.type == CorrelationType.TEMPORAL
    assert found["the timespan"].plan.timespan_ms == ENDLESS_MS
    assert found[KEPT].plan.province
    assert found["rule 'b'"].keys == ("correlation", "rules", 1)


def test_a_province_keeps_no_agencies_apart() -> None:
    assert KEPT not in left_out({"type": "temporal", "rules": ["a", "b"]}, custom={"scope": "province"})


def test_a_threshold_is_left_out_as_one() -> None:
    found = left_out({"type": "event_count", "rules": ["a"], "condition": {"gte": 10}})
    assert found["gte 10"].plan.operators == ((Operator.GTE, Decimal(1)),)
    assert "gte 1" not in left_out({"type": "event_count", "rules": ["a"], "condition": {"gte": 1}})


def test_one_of_two_operators_is_left_out() -> None:
    found = left_out({"type": "event_count", "rules": ["a"], "condition": {"gt": 1, "lt": 9}})
    assert found["gt 1"].plan.operators == ((Operator.LT, Decimal(9)),)


def test_parts_of_an_expression_are_left_out() -> None:
    found = left_out({"type": "temporal", "rules": ["a", "b", "d"], "condition": "a and (b or not d)"})
    parts = [what.removesuffix(" in the condition") for what in found if what.endswith("in the condition")]
    assert parts == ["'first'", "'(b or not d)'", "'b'", "'not d'"]
    assert not any(what.startswith("rule ") for what in found)
