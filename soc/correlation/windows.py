"""Windows: whether a condition holds for the entries inside, kept while entries come and go.

Every figure is exact over the decimal text (fractions), so that no order of arrival changes it.
"""

import itertools
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Protocol, assert_never

from soc.correlation.keys import Entry, field_values, key_text
from soc.kernel.numbers import decimal_of
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


class Window(Protocol):
    """The entries of one span of time."""

    def add(self, entry: Entry) -> None:
        """Take *entry* in."""
        ...

    def remove(self, entry: Entry) -> None:
        """Let *entry* go."""
        ...

    def holds(self) -> bool:
        """Return whether the condition is satisfied."""
        ...


def window_for(plan: CorrelationPlan) -> Window:
    """Return an empty window of *plan*'s type (temporal_ordered has its own way, see ``ordered``)."""
    match plan.type:
        case CorrelationType.EVENT_COUNT:
            return _Counting(plan)
        case CorrelationType.VALUE_COUNT:
            return _Distinct(plan)
        case CorrelationType.TEMPORAL | CorrelationType.TEMPORAL_ORDERED:
            return _Rules(plan)
        case CorrelationType.VALUE_SUM | CorrelationType.VALUE_AVG:
            return _Summing(plan)
        case CorrelationType.VALUE_MEDIAN | CorrelationType.VALUE_PERCENTILE:
            return _Ranking(plan)
        case _:
            assert_never(plan.type)


def meets(operators: Sequence[tuple[Operator, Decimal]], figure: Fraction | int) -> bool:
    """Return whether *figure* meets every operator."""
    return all(_compare(operator, figure, Fraction(wanted)) for operator, wanted in operators)


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

    def add(self, entry: Entry) -> None:  # noqa: ARG002 - every entry counts one
        self._count += 1

    def remove(self, entry: Entry) -> None:  # noqa: ARG002
        self._count -= 1

    def holds(self) -> bool:
        return meets(self._operators, self._count)


class _Distinct:
    def __init__(self, plan: CorrelationPlan) -> None:
        self._plan = plan
        self._values: Counter[tuple[str, ...]] = Counter()

    def add(self, entry: Entry) -> None:
        self._values.update(self._tuples(entry))

    def remove(self, entry: Entry) -> None:
        for value in self._tuples(entry):
            self._values[value] -= 1
            if not self._values[value]:
                del self._values[value]

    def holds(self) -> bool:
        return meets(self._plan.operators, len(self._values))

    def _tuples(self, entry: Entry) -> set[tuple[str, ...]]:
        parts = [
            [
                text
                for value in field_values(self._plan, entry, field)
                if (text := key_text(value)) is not None
            ]
            for field in self._plan.fields
        ]
        return set(itertools.product(*parts))


class _Rules:
    def __init__(self, plan: CorrelationPlan) -> None:
        self._plan = plan
        self._wanted = len(set(plan.rules))
        self._present: Counter[str] = Counter()

    def add(self, entry: Entry) -> None:
        self._present[entry.rule_id] += 1

    def remove(self, entry: Entry) -> None:
        self._present[entry.rule_id] -= 1
        if not self._present[entry.rule_id]:
            del self._present[entry.rule_id]

    def holds(self) -> bool:
        if self._plan.expression is not None:
            return true_of(self._plan.expression, set(self._present))
        if self._plan.operators:
            return meets(self._plan.operators, len(self._present))
        return len(self._present) == self._wanted


class _Numeric:
    def __init__(self, plan: CorrelationPlan) -> None:
        self._plan = plan

    def _numbers(self, entry: Entry) -> list[Fraction]:
        values = field_values(self._plan, entry, self._plan.fields[0])
        return [Fraction(number) for value in values if (number := decimal_of(value)) is not None]


class _Summing(_Numeric):
    def __init__(self, plan: CorrelationPlan) -> None:
        super().__init__(plan)
        self._sum = Fraction(0)
        self._count = 0

    def add(self, entry: Entry) -> None:
        numbers = self._numbers(entry)
        self._sum += sum(numbers)
        self._count += len(numbers)

    def remove(self, entry: Entry) -> None:
        numbers = self._numbers(entry)
        self._sum -= sum(numbers)
        self._count -= len(numbers)

    def holds(self) -> bool:
        if not self._count:
            return False
        average = self._plan.type is CorrelationType.VALUE_AVG
        return meets(self._plan.operators, self._sum / self._count if average else self._sum)


class _Ranking(_Numeric):
    def __init__(self, plan: CorrelationPlan) -> None:
        super().__init__(plan)
        self._sorted: list[Fraction] = []

    def add(self, entry: Entry) -> None:
        for number in self._numbers(entry):
            insort(self._sorted, number)

    def remove(self, entry: Entry) -> None:
        for number in self._numbers(entry):
            del self._sorted[bisect_left(self._sorted, number)]

    def holds(self) -> bool:
        return bool(self._sorted) and meets(self._plan.operators, self._figure())

    def _figure(self) -> Fraction:
        count = len(self._sorted)
        if self._plan.percentile is None:
            return (self._sorted[(count - 1) // 2] + self._sorted[count // 2]) / 2
        return self._sorted[max(1, ceil(Fraction(self._plan.percentile) * count / 100)) - 1]


def _compare(operator: Operator, left: Fraction | int, right: Fraction) -> bool:
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
