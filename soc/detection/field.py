"""One field's atoms: which patterns hold for a value, remembered for values seen before."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from soc.detection.placed import Atom
from soc.detection.texts import Texts
from soc.kernel.folding import fold
from soc.kernel.numbers import decimal_of
from soc.model.fields import ABSENT, text_of
from soc.rulebook.plan import (
    Boolean,
    Cidr,
    Compare,
    Exists,
    Null,
    Number,
    Order,
    Pattern,
    Regex,
    Text,
    TimePart,
)

MAX_REMEMBERED = 20_000
"""Values a field remembers; an adversary who sends ever-new ones costs time, not memory."""
MAX_REMEMBERED_CHARACTERS = 1024
NOTHING: frozenset[Atom] = frozenset()


class FieldAtoms:
    """All patterns that rules of one route put to one field, but references to other fields."""

    def __init__(self, patterns: Iterable[tuple[Atom, Pattern]]) -> None:
        """Compile (atom, pattern) pairs."""
        pairs = list(patterns)
        self._texts = Texts((a, p) for a, p in pairs if isinstance(p, Text | Regex))
        self._numbers = [(a, p.value) for a, p in pairs if isinstance(p, Number)]
        self._booleans = [(a, p.value) for a, p in pairs if isinstance(p, Boolean)]
        self._compares = [(a, p) for a, p in pairs if isinstance(p, Compare)]
        self._networks = [(a, ip_network(p.network)) for a, p in pairs if isinstance(p, Cidr)]
        self._times = [(a, p) for a, p in pairs if isinstance(p, TimePart)]
        self._null = frozenset(a for a, p in pairs if isinstance(p, Null))
        self._exists = frozenset(a for a, p in pairs if isinstance(p, Exists) and p.wanted)
        self._absent = self._null | {a for a, p in pairs if isinstance(p, Exists) and not p.wanted}
        self._remembered: dict[Any, frozenset[Atom]] = {}

    def holding(self, values: list[Any]) -> frozenset[Atom]:
        """Return the atoms that hold for any of *values* (as ``values_of`` gives them)."""
        if len(values) == 1:
            return self.one(values[0])
        found = set(self._exists)
        for value in values:
            found |= self.one(value)
        return frozenset(found)

    def one(self, value: Any) -> frozenset[Atom]:
        """Return the atoms that hold for one scalar, ``ABSENT``, or ``{}`` for any object."""
        if value is ABSENT:
            return frozenset(self._absent)
        if isinstance(value, dict):
            return self._exists
        # Equal numbers may read differently (0.0 and -0.0, 1 and True): their text tells them apart.
        key = value if isinstance(value, str) else (type(value), text_of(value))
        known = self._remembered.get(key)
        if known is None:
            known = self._exists | self._judge(value)
            if not isinstance(value, str) or len(value) <= MAX_REMEMBERED_CHARACTERS:
                if len(self._remembered) >= MAX_REMEMBERED:
                    self._remembered.clear()
                self._remembered[key] = known
        return known

    def _judge(self, value: Any) -> set[Atom]:
        text = text_of(value)
        if text is None:
            return set(self._null)
        found = self._texts.holding((text,))
        found.update(self._judge_number(value))
        if self._booleans:
            folded = fold(text)
            found.update(a for a, wanted in self._booleans if folded == ("true" if wanted else "false"))
        if self._networks and isinstance(value, str):
            address = _address(value)
            if address is not None:
                found.update(a for a, network in self._networks if _inside(address, network))
        found.update(a for a, part in self._times if time_part_holds(part, value))
        return found

    def _judge_number(self, value: Any) -> set[Atom]:
        if not (self._numbers or self._compares):
            return set()
        number = decimal_of(value)
        if number is None:
            return set()
        found = {a for a, wanted in self._numbers if number == wanted}
        found.update(
            a for a, pattern in self._compares if compare_holds(pattern.order, number, pattern.value)
        )
        return found


def compare_holds(order: Order, left: Decimal, right: Decimal) -> bool:
    """Return whether *left* is *order* than *right*."""
    match order:
        case Order.GT:
            return left > right
        case Order.GTE:
            return left >= right
        case Order.LT:
            return left < right
        case Order.LTE:
            return left <= right


def time_part_holds(pattern: TimePart, value: Any) -> bool:
    """Return whether a part of an ISO 8601 text, as written, equals or compares with the number."""
    if not isinstance(value, str):
        return False
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return False
    part = moment.isocalendar().week if pattern.part == "week" else getattr(moment, pattern.part)
    if pattern.order is None:
        return Decimal(part) == pattern.value
    return compare_holds(pattern.order, Decimal(part), pattern.value)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _inside(address: IPv4Address | IPv6Address, network: IPv4Network | IPv6Network) -> bool:
    return address.version == network.version and address in network
