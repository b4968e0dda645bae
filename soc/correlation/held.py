"""Held: an entry as one group keeps it, with the values that its rule reads and no field more."""

import itertools
from collections.abc import Callable
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple, TypeAlias

from soc.correlation.keys import Entry, texts_of
from soc.kernel.numbers import decimal_of
from soc.model.episode import Member
from soc.model.fields import values_of
from soc.model.identity import Layer
from soc.rulebook.plan import CorrelationPlan, CorrelationType

Values: TypeAlias = tuple[tuple[str, ...] | Decimal, ...]
"""Distinct folded tuples (``value_count``) or numbers (numeric types) of ``condition.field``."""
MAX_VALUES = 1000
"""Values that one signal with arrays may add."""


class Held(NamedTuple):
    """Sorts by (time, id), which is unique within a group."""

    at_ms: int
    id: str
    member: Member
    values: Values
    layers: tuple[Layer, ...]
    agencies: tuple[str, ...]

    @property
    def rule_id(self) -> str:
        """Return the rule it is a signal of."""
        return self.member.rule_id


at_of: Callable[[Held], int] = attrgetter("at_ms")
"""The key that a group's entries are looked up by."""


def hold(plan: CorrelationPlan, entry: Entry) -> Held:
    """Return *entry* as the groups of *plan* keep it."""
    values = _values(plan, entry) if plan.fields else ()
    return Held(entry.member.at_ms, entry.member.id, entry.member, values, entry.layers, entry.agencies)


def _values(plan: CorrelationPlan, entry: Entry) -> Values:
    if plan.type is CorrelationType.VALUE_COUNT:
        parts = [texts_of(entry, field, province=plan.province) for field in plan.fields]
        return tuple(itertools.islice(itertools.product(*parts), MAX_VALUES))
    found = (decimal_of(value) for value in values_of(entry.fields, plan.fields[0]))
    return tuple(itertools.islice((number for number in found if number is not None), MAX_VALUES))
