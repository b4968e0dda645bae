"""Firing points: the instants of a group at which a rising or negated condition holds.

rising    t fires if the entries in [t - timespan, t] satisfy the condition: known at once
negated   t, where an affirmed rule has an entry, fires if the expression holds; a name under ``not``
          looks at [t - timespan, t + timespan]: known when the watermark has passed that
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, assert_never

from soc.correlation.held import Held, at_of
from soc.correlation.windows import window_for
from soc.rulebook.expressions import All, Any_, Expression, Name, Negated
from soc.rulebook.plan import CorrelationPlan, Operator

Stretch = tuple[int, int]
"""First and last millisecond, both included."""


def is_bounded(plan: CorrelationPlan) -> bool:
    """Return whether some operator is other than ``gt`` and ``gte``: judged in tumbling windows."""
    return any(operator not in (Operator.GT, Operator.GTE) for operator, _ in plan.operators)


def is_negated(plan: CorrelationPlan) -> bool:
    """Return whether the expression says ``not``."""
    return plan.expression is not None and _says_not(plan.expression)


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


class Firing(Protocol):
    """How one group's instants are judged."""

    def stretches(self, touched: Iterable[Stretch], mark_ms: int) -> Iterator[Stretch]:
        """Yield where to look again when entries in *touched* came or went and the watermark is *mark_ms*."""
        ...

    def points(self, entries: Sequence[Held], stretch: Stretch) -> list[int]:
        """Return the firing points in *stretch*; it is asked in order of time, from the first change on."""
        ...

    def members(self, entries: Sequence[Held]) -> Sequence[Held]:
        """Return those of a run's *entries* that belong to its episode."""
        ...

    def judged(self, firing_ms: int) -> None:
        """Note that the instant *firing_ms* was judged before."""
        ...

    def due_ms(self, entries: Sequence[Held]) -> int | None:
        """Return the watermark at which the next instant can be judged; None if all are."""
        ...

    def forget(self) -> None:
        """Note that the first entries are gone."""
        ...


class Rising:
    """At once. One window slides over the entries and stays where it ended: appending costs what is new."""

    def __init__(self, plan: CorrelationPlan) -> None:
        """Begin before the first entry."""
        self._plan = plan
        self._window = window_for(plan)
        self._left = self._entered = 0

    def stretches(self, touched: Iterable[Stretch], mark_ms: int) -> Iterator[Stretch]:  # noqa: ARG002
        """Yield the instants whose window holds a touched one."""
        for from_ms, to_ms in touched:
            yield from_ms, to_ms + self._plan.timespan_ms

    def points(self, entries: Sequence[Held], stretch: Stretch) -> list[int]:
        """Return the instants whose window satisfies the condition."""
        from_ms, to_ms = stretch
        self._move(entries, from_ms)
        found = []
        while self._entered < len(entries) and entries[self._entered].at_ms <= to_ms:
            at_ms = entries[self._entered].at_ms
            self._enter(entries, bisect_right(entries, at_ms, self._entered, key=at_of))
            start_ms = at_ms - self._plan.timespan_ms
            while entries[self._left].at_ms < start_ms:
                self._window.remove(entries[self._left])
                self._left += 1
            if self._window.holds(start_ms):
                found.append(at_ms)
        return found

    def members(self, entries: Sequence[Held]) -> Sequence[Held]:
        """Return all: also those that do not contribute."""
        return entries

    def judged(self, firing_ms: int) -> None:
        """Do nothing: every instant is judged at once."""

    def due_ms(self, entries: Sequence[Held]) -> int | None:  # noqa: ARG002
        """Return None."""
        return None

    def forget(self) -> None:
        """Lose the place: the next stretch fills the window anew."""
        self._entered = _NOWHERE

    def _move(self, entries: Sequence[Held], from_ms: int) -> None:
        first = bisect_left(entries, from_ms, key=at_of)
        if first == self._entered:
            # All before the stretch has entered, and nothing before it has changed since.
            return
        self._window = window_for(self._plan)
        self._left = self._entered = bisect_left(entries, from_ms - self._plan.timespan_ms, key=at_of)
        self._enter(entries, first)

    def _enter(self, entries: Sequence[Held], until: int) -> None:
        for entry in entries[self._entered : until]:
            self._window.add(entry)
        self._entered = until


class Awaiting:
    """When the watermark has passed the timespan behind the instant: what is denied could still come."""

    def __init__(self, plan: CorrelationPlan, expression: Expression) -> None:
        """Begin with nothing judged."""
        self._timespan_ms = plan.timespan_ms
        self._expression = expression
        self._affirmed = affirmed_rules(expression)
        self._judged_ms = _LONG_AGO
        """Instants before this are judged."""

    def stretches(self, touched: Iterable[Stretch], mark_ms: int) -> Iterator[Stretch]:
        """Yield the judged instants near a touched one, then those that the watermark newly releases."""
        was_ms = self._judged_ms
        self._judged_ms = max(was_ms, mark_ms - self._timespan_ms)
        for from_ms, to_ms in touched:
            last_ms = min(to_ms + self._timespan_ms, was_ms - 1)
            if from_ms - self._timespan_ms <= last_ms:
                yield from_ms - self._timespan_ms, last_ms
        if was_ms < self._judged_ms:
            yield was_ms, self._judged_ms - 1

    def points(self, entries: Sequence[Held], stretch: Stretch) -> list[int]:
        """Return the instants with a signal of an affirmed rule at which the expression holds."""
        return list(dict.fromkeys(self._points(entries, *stretch)))

    def members(self, entries: Sequence[Held]) -> Sequence[Held]:
        """Return the signals of the rules that the expression affirms."""
        return [entry for entry in entries if entry.rule_id in self._affirmed]

    def judged(self, firing_ms: int) -> None:
        """Judge everything up to *firing_ms* from now on."""
        self._judged_ms = max(self._judged_ms, firing_ms + 1)

    def due_ms(self, entries: Sequence[Held]) -> int | None:
        """Return the watermark that releases the first affirmed signal not judged yet."""
        first = bisect_left(entries, self._judged_ms, key=at_of)
        waiting = (entries[n] for n in range(first, len(entries)))
        at_ms = next((entry.at_ms for entry in waiting if entry.rule_id in self._affirmed), None)
        return None if at_ms is None else at_ms + self._timespan_ms + 1

    def forget(self) -> None:
        """Do nothing: no place is kept."""

    def _points(self, entries: Sequence[Held], from_ms: int, to_ms: int) -> Iterator[int]:
        left = near = far = bisect_left(entries, from_ms - self._timespan_ms, key=at_of)
        before: Counter[str] = Counter()
        around: Counter[str] = Counter()

        def seen(rule_id: str, under_not: bool) -> bool:  # noqa: FBT001
            return (around if under_not else before)[rule_id] > 0

        first = bisect_left(entries, from_ms, key=at_of)
        for entry in entries[first : bisect_right(entries, to_ms, key=at_of)]:
            if entry.rule_id not in self._affirmed:
                continue
            near = _enter(before, entries, near, entry.at_ms)
            far = _enter(around, entries, far, entry.at_ms + self._timespan_ms)
            while entries[left].at_ms < entry.at_ms - self._timespan_ms:
                before[entries[left].rule_id] -= 1
                around[entries[left].rule_id] -= 1
                left += 1
            if _holds(self._expression, seen):
                yield entry.at_ms


_LONG_AGO = -(1 << 62)
_NOWHERE = -1


def _enter(seen: Counter[str], entries: Sequence[Held], place: int, until_ms: int) -> int:
    while place < len(entries) and entries[place].at_ms <= until_ms:
        seen[entries[place].rule_id] += 1
        place += 1
    return place


def _holds(expression: Expression, seen: Callable[[str, bool], bool], *, under_not: bool = False) -> bool:
    match expression:
        case Name(rule_id):
            return seen(rule_id, under_not)
        case All(parts):
            return all(_holds(part, seen, under_not=under_not) for part in parts)
        case Any_(parts):
            return any(_holds(part, seen, under_not=under_not) for part in parts)
        case Negated(part):
            return not _holds(part, seen, under_not=not under_not)
        case _:
            assert_never(expression)


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
