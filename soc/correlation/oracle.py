"""The meaning of correlation, written to be read: every window of every group, by brute force.

The engine, whatever the order in which signals reach it, must end with the episodes given here.
Cost grows with the square of a group's signals: this is for tests and proofs.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from soc.correlation.oracle_conditions import affirmed, bounded, holds, negated, satisfied
from soc.correlation.oracle_values import Item, groups
from soc.model.episode import Key, Member
from soc.model.signal import Signal
from soc.rulebook.expressions import Expression
from soc.rulebook.plan import CorrelationPlan

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Stand(msgspec.Struct, frozen=True):
    """An episode that stands when everything has been read."""

    rule_id: str
    key: Key
    first_at_ms: int
    last_at_ms: int
    fires_at_ms: int
    """First firing point; bounded: ``last_at_ms``."""
    count: int
    members: tuple[Member, ...]
    """In order of time, then id."""

    @property
    def id(self) -> str:
        """Return a text that names this episode as a member of others."""
        return f"{self.key} {self.first_at_ms}"


_Group: TypeAlias = Sequence[Item]
_Firing: TypeAlias = dict[int, list[Item]]
"""Firing point → the members of its window."""


def episodes(plans: Sequence[CorrelationPlan], signals: Iterable[Signal], *, zone: str) -> list[Stand]:
    """Return every standing episode of *plans* over *signals*, the watermark beyond everything.

    Args:
        plans: in topological order: a referenced rule before its parents.
        signals: in any order; those of one id are one, the earliest, but live and exercise runs stay apart.
        zone: where bounded windows are cut, unless a rule names its own.

    Returns:
        By order of plans, then key, then time.
    """
    latest_first = sorted(signals, key=_instant, reverse=True)
    distinct = sorted({(s.exercise, s.id): s for s in latest_first}.values(), key=_instant)
    standing: list[Stand] = []
    children = {plan.id for plan in plans if not plan.implicit}
    for plan in plans:
        below = [stand for stand in standing if stand.rule_id in children]
        standing += _of_plan(plan, distinct, below, zone)
    return standing


def _instant(signal: Signal) -> tuple[int, str, str]:
    return signal.at_ms, signal.id, signal.exercise or ""


def _of_plan(plan: CorrelationPlan, signals: list[Signal], below: list[Stand], zone: str) -> list[Stand]:
    by_key: dict[Key, list[Item]] = defaultdict(list)
    for agency, exercise, item in _items(plan, signals, below):
        for group in groups(plan, item):
            by_key[Key(plan.id, None if plan.province else agency, exercise, group)].append(item)
    found = [stand for key, items in by_key.items() for stand in _of_group(plan, key, items, zone)]
    return sorted(found, key=_place)


def _place(stand: Stand) -> tuple[object, ...]:
    key = stand.key
    return key.agency or "", key.exercise or "", key.group, stand.first_at_ms, stand.last_at_ms


def _items(
    plan: CorrelationPlan, signals: list[Signal], below: list[Stand]
) -> Iterator[tuple[str | None, str | None, Item]]:
    """Yield what *plan* refers to, each with the agency and the exercise run it belongs to."""
    for signal in signals:
        if signal.rule_id in plan.rules:
            visible = (signal.agency or None) if plan.province else None
            yield signal.agency, signal.exercise, Item(_member(signal), signal.fields, visible)
    for child in below:
        if child.rule_id in plan.rules:
            fields = dict(child.key.group)
            visible = child.key.agency or fields.get("soc.agency")
            yield child.key.agency, child.key.exercise, Item(_child(child), fields, visible)


def _member(signal: Signal) -> Member:
    return Member(
        id=signal.id,
        rule_id=signal.rule_id,
        agency=signal.agency,
        at_ms=signal.at_ms,
        layer=signal.layer,
        event_id=signal.event_id,
        event_day=signal.event_day,
    )


def _child(child: Stand) -> Member:
    layers = {member.layer for member in child.members}
    return Member(
        id=child.id,
        rule_id=child.rule_id,
        agency=child.key.agency or "",
        at_ms=child.fires_at_ms,
        layer=layers.pop() if len(layers) == 1 else None,
        child_first_ms=child.first_at_ms,
        child_last_ms=child.last_at_ms,
    )


def _of_group(plan: CorrelationPlan, key: Key, items: _Group, zone: str) -> Iterator[Stand]:
    if bounded(plan):
        for window in _tumbling(plan, items, zone):
            if satisfied(plan, window):
                yield _stand(key, window, max(item.member.at_ms for item in window))
    else:
        firing = _firing(plan, items)
        for run in _runs(sorted(firing), plan.timespan_ms):
            yield _stand(key, [item for instant in run for item in firing[instant]], run[0])


def _tumbling(plan: CorrelationPlan, items: _Group, zone: str) -> Iterable[list[Item]]:
    """Return the signals by window of local wall time, counted from local 1970."""
    offset = _offset_at(ZoneInfo(plan.custom.zone or zone))
    windows: dict[int, list[Item]] = defaultdict(list)
    for item in items:
        at_ms = item.member.at_ms
        windows[(at_ms + offset(at_ms)) // plan.timespan_ms].append(item)
    return windows.values()


def _offset_at(zone: ZoneInfo) -> Callable[[int], int]:
    def offset(at_ms: int) -> int:
        local = (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(zone)
        return (local.utcoffset() or timedelta()) // _MILLISECOND

    return offset


def _firing(plan: CorrelationPlan, items: _Group) -> _Firing:
    if plan.expression is not None and negated(plan.expression):
        return _firing_negated(plan.expression, plan.timespan_ms, items)
    instants = {item.member.at_ms for item in items}
    windows = {instant: _between(items, instant - plan.timespan_ms, instant) for instant in instants}
    return {instant: window for instant, window in windows.items() if satisfied(plan, window)}


def _firing_negated(expression: Expression, timespan_ms: int, items: _Group) -> _Firing:
    wanted = set(affirmed(expression))
    witnesses = [item for item in items if item.member.rule_id in wanted]
    firing: _Firing = {}
    for instant in {item.member.at_ms for item in witnesses}:
        start = instant - timespan_ms
        before = {item.member.rule_id for item in _between(items, start, instant)}
        around = {item.member.rule_id for item in _between(items, start, instant + timespan_ms)}
        if holds(expression, before, around):
            firing[instant] = _between(witnesses, start, instant)
    return firing


def _between(items: _Group, first_ms: int, last_ms: int) -> list[Item]:
    return [item for item in items if first_ms <= item.member.at_ms <= last_ms]


def _runs(instants: list[int], timespan_ms: int) -> list[list[int]]:
    """Return maximal runs in which neighbours are at most the timespan apart."""
    runs: list[list[int]] = []
    for instant in instants:
        if runs and instant - runs[-1][-1] <= timespan_ms:
            runs[-1].append(instant)
        else:
            runs.append([instant])
    return runs


def _stand(key: Key, items: list[Item], fires_at_ms: int) -> Stand:
    distinct = {item.member.id: item.member for item in items}.values()
    members = tuple(sorted(distinct, key=lambda member: (member.at_ms, member.id)))
    return Stand(
        rule_id=key.rule_id,
        key=key,
        first_at_ms=members[0].at_ms,
        last_at_ms=members[-1].at_ms,
        fires_at_ms=fires_at_ms,
        count=len(members),
        members=members,
    )
