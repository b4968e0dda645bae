"""Firing points: the instants of a group at which a rising or negated condition holds.

rising    t fires if the entries in [t - timespan, t] satisfy the condition
negated   t, where an affirmed rule has an entry, fires if the expression holds; a name under ``not``
          looks at [t - timespan, t + timespan]
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import assert_never

from soc.correlation.keys import Entry
from soc.correlation.windows import window_for
from soc.rulebook.plan import (
    All,
    Any_,
    CorrelationPlan,
    CorrelationType,
    Expression,
    Name,
    Negated,
    Operator,
)


def is_bounded(plan: CorrelationPlan) -> bool:
    """Return whether some operator is other than ``gt`` and ``gte``: judged in tumbling windows."""
    return any(operator not in (Operator.GT, Operator.GTE) for operator, _ in plan.operators)


def is_negated(plan: CorrelationPlan) -> bool:
    """Return whether the expression says ``not``."""
    return plan.expression is not None and _says_not(plan.expression)


def rising_points(plan: CorrelationPlan, entries: Sequence[Entry]) -> Iterator[int]:
    """Yield the firing points of *entries* (sorted by time), in order."""
    if plan.type is CorrelationType.TEMPORAL_ORDERED:
        yield from _ordered_points(plan, entries)
        return
    window = window_for(plan)
    oldest = 0
    for at_ms, batch in groupby(entries, key=lambda entry: entry.at_ms):
        for entry in batch:
            window.add(entry)
        while entries[oldest].at_ms < at_ms - plan.timespan_ms:
            window.remove(entries[oldest])
            oldest += 1
        if window.holds():
            yield at_ms


def negated_points(plan: CorrelationPlan, entries: Sequence[Entry], passed_ms: int) -> Iterator[int]:
    """Yield the firing points whose future the watermark *passed_ms* has passed."""
    assert plan.expression is not None
    affirmed = affirmed_rules(plan.expression)
    times: dict[str, list[int]] = {rule: [] for rule in plan.rules}
    for entry in entries:
        times[entry.rule_id].append(entry.at_ms)
    for at_ms in sorted({t for rule in affirmed for t in times[rule]}):
        if at_ms + plan.timespan_ms < passed_ms and _holds_at(
            plan.expression, times, at_ms, plan.timespan_ms, under_not=False
        ):
            yield at_ms


def affirmed_rules(expression: Expression, *, under_not: bool = False) -> set[str]:
    """Return the rules named under an even number of ``not``."""
    match expression:
        case Name(rule_id):
            return set() if under_not else {rule_id}
        case All(parts) | Any_(parts):
            return {rule for part in parts for rule in affirmed_rules(part, under_not=under_not)}
        case Negated(part):
            return affirmed_rules(part, under_not=not under_not)
        case _:
            assert_never(expression)


def _holds_at(
    expression: Expression, times: dict[str, list[int]], at_ms: int, timespan_ms: int, *, under_not: bool
) -> bool:
    match expression:
        case Name(rule_id):
            until = at_ms + timespan_ms if under_not else at_ms
            found = times.get(rule_id, [])
            return bisect_left(found, at_ms - timespan_ms) < bisect_right(found, until)
        case All(parts):
            return all(_holds_at(p, times, at_ms, timespan_ms, under_not=under_not) for p in parts)
        case Any_(parts):
            return any(_holds_at(p, times, at_ms, timespan_ms, under_not=under_not) for p in parts)
        case Negated(part):
            return not _holds_at(part, times, at_ms, timespan_ms, under_not=not under_not)
        case _:
            assert_never(expression)


def _ordered_points(plan: CorrelationPlan, entries: Sequence[Entry]) -> Iterator[int]:
    """Yield where one entry per listed rule stands in order within the timespan.

    ``starts[k]`` is the latest time at which a chain through the first k + 1 rules can begin; entries
    of equal time may stand in any order, but each listing needs an entry of its own.
    """
    starts: list[int | None] = [None] * len(plan.rules)
    for at_ms, batch in groupby(entries, key=lambda entry: entry.at_ms):
        present = Counter(entry.rule_id for entry in batch)
        starts = [_latest_start(plan.rules, starts, k, present, at_ms) for k in range(len(plan.rules))]
        begun = starts[-1]
        if begun is not None and begun >= at_ms - plan.timespan_ms:
            yield at_ms


def _latest_start(
    rules: tuple[str, ...], starts: list[int | None], k: int, present: Counter[str], at_ms: int
) -> int | None:
    best = starts[k]
    used: Counter[str] = Counter()
    for first in range(k, -1, -1):
        used[rules[first]] += 1
        if used[rules[first]] > present[rules[first]]:
            break
        begun = at_ms if first == 0 else starts[first - 1]
        if begun is not None and (best is None or begun > best):
            best = begun
    return best


def _says_not(expression: Expression) -> bool:
    match expression:
        case Name():
            return False
        case All(parts) | Any_(parts):
            return any(_says_not(part) for part in parts)
        case Negated():
            return True
        case _:
            assert_never(expression)
