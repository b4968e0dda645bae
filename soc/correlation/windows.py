"""Windows: whether a condition holds for the entries inside, kept while entries come and go.

Every figure is exact over the decimal text, so that no order of arrival changes it.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Sequence
from decimal import Context, Decimal
from typing import Protocol, assert_never

from soc.correlation.held import Held
from soc.rulebook.expressions import All, Any_, Expression, Name, Negated
from soc.rulebook.plan import CorrelationPlan, CorrelationType, Operator


class Window(Protocol):
    """The entries of one span of time: they come in order of time and go in the same order."""

    def add(self, entry: Held) -> None:
        """Take *entry* in."""
        ...

    def remove(self, entry: Held) -> None:
        """Let *entry* go."""
        ...

    def holds(self, start_ms: int) -> bool:
        """Return whether the condition is satisfied; the window begins at *start_ms*."""
        ...


def window_for(plan: CorrelationPlan) -> Window:
    """Return an empty window of *plan*'s type."""
    match plan.type:
        case CorrelationType.EVENT_COUNT:
            return _Counting(plan)
        case CorrelationType.VALUE_COUNT:
            return _Distinct(plan)
        case CorrelationType.TEMPORAL:
            return _Rules(plan)
        case CorrelationType.TEMPORAL_ORDERED:
            return _Ordered(plan)
        case CorrelationType.VALUE_SUM | CorrelationType.VALUE_AVG:
            return _Summing(plan)
        case CorrelationType.VALUE_MEDIAN | CorrelationType.VALUE_PERCENTILE:
            return _Ranking(plan)
        case _:
            assert_never(plan.type)


EXACT = Context(prec=5000)
"""Arithmetic that never rounds a sum or product of the numbers that ``kernel.numbers`` reads."""


def meets(operators: Sequence[tuple[Operator, Decimal]], figure: Decimal | int, per: int = 1) -> bool:
    """Return whether *figure* / *per* meets every operator, without dividing."""
    for operator, limit in operators:
        if not _compare(operator, figure, limit if per == 1 else EXACT.multiply(limit, per)):
            return False
    return True


def true_of(expression: Expression, present: frozenset[str] | set[str]) -> bool:
    """Return whether *expression* holds when just the rules in *present* have signals."""
    match expression:
        case Name(rule_id):
            return rule_id in present
        case All(parts):
            return all(true_of(part, present) for part in parts)
        case Any_(parts):
            return any(true_of(part, present) for part in parts)
        case Negated(part):
            return not true_of(part, present)
        case _:
            assert_never(expression)


class _Counting:
    def __init__(self, plan: CorrelationPlan) -> None:
        self._operators = plan.operators
        self._count = 0

    def add(self, entry: Held) -> None:  # noqa: ARG002 - every entry counts one
        self._count += 1

    def remove(self, entry: Held) -> None:  # noqa: ARG002
        self._count -= 1

    def holds(self, start_ms: int) -> bool:  # noqa: ARG002
        return meets(self._operators, self._count)


class _Distinct:
    def __init__(self, plan: CorrelationPlan) -> None:
        self._operators = plan.operators
        self._values: Counter[object] = Counter()

    def add(self, entry: Held) -> None:
        self._values.update(entry.values)

    def remove(self, entry: Held) -> None:
        for value in entry.values:
            self._values[value] -= 1
            if not self._values[value]:
                del self._values[value]

    def holds(self, start_ms: int) -> bool:  # noqa: ARG002
        return meets(self._operators, len(self._values))


class _Rules:
    def __init__(self, plan: CorrelationPlan) -> None:
        self._plan = plan
        self._wanted = len(set(plan.rules))
        self._present: Counter[str] = Counter()

    def add(self, entry: Held) -> None:
        self._present[entry.rule_id] += 1

    def remove(self, entry: Held) -> None:
        self._present[entry.rule_id] -= 1
        if not self._present[entry.rule_id]:
            del self._present[entry.rule_id]

    def holds(self, start_ms: int) -> bool:  # noqa: ARG002
        if self._plan.expression is not None:
            return true_of(self._plan.expression, set(self._present))
        if self._plan.operators:
            return meets(self._plan.operators, len(self._present))
        return len(self._present) == self._wanted


class _Ordered:
    """``starts[k]`` is the latest time at which a chain through the first k rules can begin.

    Entries of one instant may stand in any order, but each listing needs an entry of its own: an
    instant is therefore taken as a whole, on top of the chains that stood before it.
    """

    def __init__(self, plan: CorrelationPlan) -> None:
        self._rules = plan.rules
        self._before: list[int | None] = [None] * (len(plan.rules) + 1)
        self._starts = self._before
        self._present: Counter[str] = Counter()
        self._at_ms: int | None = None

    def add(self, entry: Held) -> None:
        if entry.at_ms != self._at_ms:
            self._before = self._starts
            self._present.clear()
            self._at_ms = entry.at_ms
        self._present[entry.rule_id] += 1
        self._starts = [self._latest_start(length) for length in range(len(self._rules) + 1)]

    def remove(self, entry: Held) -> None:
        """Nothing to do: a chain that began too early is told by its start."""

    def holds(self, start_ms: int) -> bool:
        start = self._starts[-1]
        return start is not None and start >= start_ms

    def _latest_start(self, length: int) -> int | None:
        """Let the instant serve as many of the last listings as it can: a shorter rest starts no earlier."""
        used: Counter[str] = Counter()
        rest = length
        while rest:
            rule_id = self._rules[rest - 1]
            used[rule_id] += 1
            if used[rule_id] > self._present[rule_id]:
                return self._before[rest]
            rest -= 1
        return self._at_ms if length else None


class _Summing:
    def __init__(self, plan: CorrelationPlan) -> None:
        self._operators = plan.operators
        self._average = plan.type is CorrelationType.VALUE_AVG
        self._sum = Decimal(0)
        self._count = 0

    def add(self, entry: Held) -> None:
        for number in _numbers(entry):
            self._sum = EXACT.add(self._sum, number)
            self._count += 1

    def remove(self, entry: Held) -> None:
        for number in _numbers(entry):
            self._sum = EXACT.subtract(self._sum, number)
            self._count -= 1

    def holds(self, start_ms: int) -> bool:  # noqa: ARG002
        per = self._count if self._average else 1
        return self._count > 0 and meets(self._operators, self._sum, per)


class _Ranking:
    def __init__(self, plan: CorrelationPlan) -> None:
        self._operators = plan.operators
        self._percentile = plan.percentile
        self._sorted: list[Decimal] = []

    def add(self, entry: Held) -> None:
        for number in _numbers(entry):
            insort(self._sorted, number)

    def remove(self, entry: Held) -> None:
        for number in _numbers(entry):
            del self._sorted[bisect_left(self._sorted, number)]

    def holds(self, start_ms: int) -> bool:  # noqa: ARG002
        count = len(self._sorted)
        if not count:
            return False
        if self._percentile is None:
            middle = EXACT.add(self._sorted[(count - 1) // 2], self._sorted[count // 2])
            return meets(self._operators, middle, 2)
        over, under = self._percentile.as_integer_ratio()
        rank = max(1, -(-over * count // (under * 100)))
        return meets(self._operators, self._sorted[rank - 1])


def _numbers(entry: Held) -> list[Decimal]:
    return [value for value in entry.values if isinstance(value, Decimal)]


def _compare(operator: Operator, left: Decimal | int, right: Decimal) -> bool:
    match operator:
        case Operator.GT:
            return left > right
        case Operator.GTE:
            return left >= right
        case Operator.LT:
            return left < right
        case Operator.LTE:
            return left <= right
        case Operator.EQ:
            return left == right
        case Operator.NEQ:
            return left != right
