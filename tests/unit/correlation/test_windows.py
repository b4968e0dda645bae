"""Windows: when each type of correlation is satisfied, by hand."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from support.correlating import T0, a_plan, a_signal

from soc.correlation.held import Held, hold
from soc.correlation.keys import entry_of_signal
from soc.correlation.windows import window_for
from soc.rulebook.plan import CorrelationPlan


def held(plan: CorrelationPlan, values: Sequence[Any], field: str = "n") -> list[Held]:
    signals = (a_signal("a", f"e{n}", n, fields={field: value}) for n, value in enumerate(values))
    return [hold(plan, entry_of_signal(signal)) for signal in signals]


def holds(plan: CorrelationPlan, values: Sequence[Any]) -> bool:
    """Return whether a window of *values* satisfies *plan*, with more that came and went before."""
    window = window_for(plan)
    gone = held(plan, [10**9, "-3e5", "x"])
    for entry in gone:
        window.add(entry)
    for entry in held(plan, values):
        window.add(entry)
    for entry in gone:
        window.remove(entry)
    return window.holds(T0)


@pytest.mark.parametrize(
    ("type_", "values", "figure"),
    [
        ("value_sum", ["0.1", "0.7"], "0.8"),
        ("value_sum", [0.1] * 10, "1"),
        ("value_sum", [1e300, 1, "-1e300"], "1"),
        ("value_sum", [" +2.5 ", "1e1", ".5", "5."], "18"),
        ("value_sum", [True, "0x10", "inf", "nan", None, {"n": 4}, "1 2", 3], "3"),
        ("value_sum", [[1, "2", [3]], []], "6"),
        ("value_avg", [1, 2, "many"], "1.5"),
        ("value_avg", [1, 1, 2], "1.33333333333333333333333333333333333333333333333"),
        ("value_median", [9, 1, 5], "5"),
        ("value_median", [1, 2, 4, 100], "3"),
    ],
)
def test_a_figure_is_exact(type_: str, values: list[Any], figure: str) -> None:
    reached = a_plan("r", type_, ["a"], fields=("n",), gte=figure)
    above = a_plan("r", type_, ["a"], fields=("n",), gte=str(Decimal(figure) + Decimal("1e-20")))
    assert holds(reached, values)
    if len(figure) < 10:
        assert not holds(above, values)


@pytest.mark.parametrize("type_", ["value_sum", "value_avg", "value_median", "value_percentile"])
@pytest.mark.parametrize("operator", ["gte", "lte", "neq"])
def test_no_number_satisfies_nothing(type_: str, operator: str) -> None:
    plan = a_plan("r", type_, ["a"], fields=("n",), percentile=Decimal(50), **{operator: 0})
    assert not holds(plan, ["x", None])


@pytest.mark.parametrize(
    ("percentile", "figure"), [(0, 1), (20, 1), (21, 2), (50, 3), (80, 4), ("80.0001", 5), (100, 5)]
)
def test_a_percentile_is_the_nearest_rank(percentile: Any, figure: int) -> None:
    plan = a_plan("r", "value_percentile", ["a"], fields=("n",), percentile=Decimal(percentile), eq=figure)
    assert holds(plan, [5, 3, 1, 4, 2])


@pytest.mark.parametrize(
    ("values", "count"),
    [
        (["Ab", "aB", "ab "], 2),
        ([1, 1.0, "1", "1.0"], 2),
        ([True, "TRUE"], 1),
        (["é", "e\u0301"], 1),
        (["ß", "SS"], 2),
        ([None, [], {}, ""], 1),
        ([["a", "b"], "B"], 2),
        ([None], 0),
    ],
)
def test_distinct_values_are_folded_like_keys(values: list[Any], count: int) -> None:
    assert holds(a_plan("r", "value_count", ["a"], fields=("n",), eq=count), values)


def test_a_tuple_with_a_missing_part_does_not_count() -> None:
    plan = a_plan("r", "value_count", ["a"], fields=("n", "ip"), eq=0)
    assert holds(plan, [None])
    assert not holds(plan, [1])


@pytest.mark.parametrize(
    ("conditions", "count", "expected"),
    [
        ({"gte": 2.5}, 2, False),
        ({"gte": 2.5}, 3, True),
        ({"gt": 2, "lt": 4}, 3, True),
        ({"gt": 2, "lt": 4}, 4, False),
        ({"neq": 3}, 3, False),
        ({"lte": 3}, 3, True),
    ],
)
def test_operators_are_anded_and_may_be_fractions(
    conditions: dict[str, float], count: int, *, expected: bool
) -> None:
    assert holds(a_plan("r", "event_count", ["a"], **conditions), [0] * count) is expected


def in_order(rules: Sequence[str], *signals: tuple[str, str, float]) -> bool:
    plan = a_plan("r", "temporal_ordered", rules)
    window = window_for(plan)
    for rule, event, second in sorted(signals, key=lambda signal: (signal[2], signal[1], signal[0])):
        window.add(hold(plan, entry_of_signal(a_signal(rule, event, second))))
    return window.holds(T0)


def test_order_is_that_of_the_list_and_equal_times_count() -> None:
    assert in_order("ab", ("a", "1", 0), ("b", "2", 1))
    assert not in_order("ab", ("b", "1", 0), ("a", "2", 1))
    assert in_order("ab", ("b", "1", 0), ("a", "2", 0))
    assert in_order("ab", ("a", "1", 0), ("b", "1", 0))
    assert in_order("abc", ("c", "1", 2), ("b", "2", 2), ("a", "3", 2))


def test_each_listing_needs_a_signal_of_its_own() -> None:
    assert not in_order("aa", ("a", "1", 0))
    assert in_order("aa", ("a", "1", 0), ("a", "2", 0))
    assert in_order("aba", ("a", "1", 0), ("b", "2", 0), ("a", "3", 1))
    assert not in_order("aba", ("a", "1", 0), ("b", "2", 1), ("b", "3", 2))
    assert not in_order("aba", ("a", "1", 0), ("b", "2", 0))


def test_a_chain_that_began_before_the_window_does_not_count() -> None:
    assert not in_order("ab", ("a", "1", -1), ("b", "2", 1))
    assert in_order("ab", ("a", "1", -1), ("a", "2", 0), ("b", "3", 1))
    assert not in_order("aab", ("a", "1", -1), ("a", "2", 0), ("b", "3", 1))
