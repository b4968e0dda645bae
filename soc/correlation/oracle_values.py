"""What the oracle reads from a signal: the values of a field, and the groups that it belongs to."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import product
from typing import Any

import msgspec

from soc.kernel.folding import fold_key
from soc.kernel.numbers import decimal_of, number_text
from soc.model.episode import Member
from soc.model.event import Fields
from soc.model.fields import MAX_DEPTH
from soc.rulebook.plan import CorrelationPlan

_AGENCY = "soc.agency"


class Item(msgspec.Struct, frozen=True):
    """A signal, or a child episode standing as one, as one correlation sees it."""

    member: Member
    fields: Fields
    agency: str | None
    """The value of ``soc.agency``; None: this correlation has no such field here."""


def groups(plan: CorrelationPlan, item: Item) -> set[tuple[tuple[str, str], ...]]:
    """Return every group of *plan* that *item* joins; none if it lacks a part of the key."""
    if plan.implicit_entities:
        found = [(name, values) for name in plan.implicit_entities if (values := texts(item, name))]
        return {((name, value),) for name, values in found[:1] for value in values} or {()}
    parts = [_group_part(plan, name, item) for name in plan.group_by]
    return {tuple(zip(plan.group_by, values, strict=True)) for values in product(*parts)}


def tuples(item: Item, fields: tuple[str, ...]) -> set[tuple[str, ...]]:
    """Return the distinct folded values of *fields* together; none where one of them is missing."""
    return set(product(*(texts(item, field) for field in fields)))


def texts(item: Item, name: str) -> set[str]:
    """Return the folded values of *name*; null, objects and empty arrays are none."""
    return {fold_key(text) for value in _values(item, name) if (text := _text(value)) is not None}


def numbers(item: Item, name: str) -> list[Decimal]:
    """Return the numeric values of *name*, exactly as written."""
    found = (decimal_of(value) for value in _values(item, name))
    return [number for number in found if number is not None]


def _group_part(plan: CorrelationPlan, name: str, item: Item) -> set[str]:
    field = dict(dict(plan.aliases).get(name, ())).get(item.member.rule_id, name)
    return texts(item, field)


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value) if isinstance(value, int | float) else None


def _values(item: Item, name: str) -> Iterator[Any]:
    """Yield the values of a field, arrays by element; ``soc.agency`` is never read from the event."""
    if name == _AGENCY:
        yield from () if item.agency is None else (item.agency,)
        return
    for found in _places(item.fields, name, 0):
        yield from _elements(found, 0)


def _places(value: Any, name: str, depth: int) -> Iterator[Any]:
    """Yield what stands under *name*: dots walk objects, keys may hold dots, arrays are entered."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, list):
        for element in value:
            yield from _places(element, name, depth + 1)
    elif isinstance(value, dict):
        if name in value:
            yield value[name]
        for cut in (place for place, char in enumerate(name) if char == "."):
            yield from _places(value.get(name[:cut]), name[cut + 1 :], depth + 1)


def _elements(value: Any, depth: int) -> Iterator[Any]:
    if not isinstance(value, list):
        yield value
    elif depth <= MAX_DEPTH:
        for element in value:
            yield from _elements(element, depth + 1)
