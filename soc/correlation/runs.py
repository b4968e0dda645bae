"""Runs: firing points and tumbling windows of one group → the spans of time that are episodes."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import msgspec

from soc.correlation.firing import (
    affirmed_rules,
    is_bounded,
    is_negated,
    negated_points,
    rising_points,
)
from soc.correlation.keys import Entry
from soc.correlation.windows import window_for
from soc.kernel.clock import from_ms
from soc.rulebook.plan import CorrelationPlan


class Span(msgspec.Struct, frozen=True):
    """One episode of a group, not yet named."""

    members: tuple[Entry, ...]
    """In time order; never empty."""
    fires_at_ms: int


class Judged(msgspec.Struct, frozen=True):
    """What stands in a group now."""

    spans: tuple[Span, ...]
    """In time order."""
    due_ms: int | None
    """The watermark that makes more of it known; None when all is."""


def judge(plan: CorrelationPlan, entries: Sequence[Entry], passed_ms: int, zone: str) -> Judged:
    """Return what stands among *entries* (sorted by time and id) when the watermark is at *passed_ms*."""
    if is_bounded(plan):
        return _bounded(plan, entries, passed_ms, plan.custom.zone or zone)
    if is_negated(plan):
        assert plan.expression is not None
        affirmed = affirmed_rules(plan.expression)
        members = [entry for entry in entries if entry.rule_id in affirmed]
        points = list(negated_points(plan, entries, passed_ms))
        waiting = [e.at_ms + plan.timespan_ms for e in members if e.at_ms + plan.timespan_ms >= passed_ms]
        return Judged(tuple(_runs(plan, members, points)), min(waiting, default=None))
    return Judged(tuple(_runs(plan, entries, list(rising_points(plan, entries)))), None)


def _runs(plan: CorrelationPlan, entries: Sequence[Entry], points: Sequence[int]) -> Iterator[Span]:
    times = [entry.at_ms for entry in entries]
    start = 0
    for position, point in enumerate(points):
        last = position + 1 == len(points)
        if last or points[position + 1] - point > plan.timespan_ms:
            first = bisect_left(times, points[start] - plan.timespan_ms)
            end = bisect_right(times, point)
            yield Span(tuple(entries[first:end]), points[start])
            start = position + 1


def _bounded(plan: CorrelationPlan, entries: Sequence[Entry], passed_ms: int, zone: str) -> Judged:
    offset = _offsets(zone)
    spans = []
    due: list[int] = []
    for number, found in groupby(entries, key=lambda e: (e.at_ms + offset(e.at_ms)) // plan.timespan_ms):
        members = tuple(found)
        end_local = (number + 1) * plan.timespan_ms
        end_ms = end_local - offset(end_local - offset(members[-1].at_ms))
        if end_ms > passed_ms:
            due.append(end_ms)
            continue
        window = window_for(plan)
        for entry in members:
            window.add(entry)
        if window.holds():
            spans.append(Span(members, members[-1].at_ms))
    return Judged(tuple(spans), min(due, default=None))


def _offsets(zone: str) -> Callable[[int], int]:
    info = ZoneInfo(zone)

    def offset(at_ms: int) -> int:
        found = from_ms(at_ms).astimezone(info).utcoffset() or timedelta(0)
        return int(found.total_seconds()) * 1000

    return offset
