"""Held: an entry as one group keeps it, with the values that its rule reads and no field more."""

import itertools
from collections.abc import Callable
from fractions import Fraction
from operator import attrgetter
from typing import NamedTuple, TypeAlias

from soc.correlation.keys import Entry, field_values, key_text
from soc.kernel.numbers import decimal_of
from soc.model.episode import Member
from soc.model.identity import Layer
from soc.rulebook.plan import CorrelationPlan, CorrelationType

Values: TypeAlias = tuple[tuple[str, ...] | Fraction, ...]
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
    return Held(entry.at_ms, entry.id, _member(entry), values, entry.layers, entry.agencies)


def _values(plan: CorrelationPlan, entry: Entry) -> Values:
    if plan.type is CorrelationType.VALUE_COUNT:
        parts = [_texts(entry, field) for field in plan.fields]
        return tuple(itertools.islice(itertools.product(*parts), MAX_VALUES))
    found = (decimal_of(value) for value in field_values(entry, plan.fields[0]))
    numbers = (Fraction(number) for number in found if number is not None)
    return tuple(itertools.islice(numbers, MAX_VALUES))


def _texts(entry: Entry, field: str) -> list[str]:
    found = (key_text(value) for value in field_values(entry, field))
    return list(dict.fromkeys(text for text in found if text is not None))


def _member(entry: Entry) -> Member:
    return Member(
        id=entry.id,
        rule_id=entry.rule_id,
        agency=entry.agency,
        at_ms=entry.at_ms,
        layer=entry.layers[0] if len(entry.layers) == 1 else None,
        event_id=entry.event_id,
        event_day=entry.event_day,
        child_first_ms=entry.first_ms,
        child_last_ms=entry.last_ms,
    )
