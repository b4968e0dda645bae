"""One field's atoms: which patterns hold for a value."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from soc.detection.atoms import NOTHING, Atom
from soc.detection.scanner import Databases
from soc.detection.texts import Texts
from soc.kernel.folding import fold
from soc.kernel.numbers import decimal_of
from soc.model.fields import Absent, Scalar, text_of
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

FEW = 64
"""Literals up to which hyperscan searches several times as fast."""
SEVERAL = 8
MAX_NARROWED = 32
"""Choices of patterns of one field; rules ask for few, and each takes a database."""


class FieldAtoms:
    """All patterns that rules put to one field, but references to other fields."""

    def __init__(self, patterns: Iterable[tuple[Atom, Pattern]], databases: Databases) -> None:
        """Compile (atom, pattern) pairs."""
        pairs = self._pairs = list(patterns)
        self._databases = databases
        self._narrowed: dict[frozenset[Atom], FieldAtoms] = {}
        self._texts = Texts(((a, p) for a, p in pairs if isinstance(p, Text | Regex)), databases)
        self._numbers = [(a, p.value) for a, p in pairs if isinstance(p, Number)]
        self._booleans = [(a, p.value) for a, p in pairs if isinstance(p, Boolean)]
        self._compares = [(a, p) for a, p in pairs if isinstance(p, Compare)]
        self._networks = [(a, *_places(ip_network(p.network))) for a, p in pairs if isinstance(p, Cidr)]
        self._times = [(a, p) for a, p in pairs if isinstance(p, TimePart)]
        self._null = frozenset(a for a, p in pairs if isinstance(p, Null))
        self.present = frozenset(a for a, p in pairs if isinstance(p, Exists) and p.wanted)
        """The atoms that hold for any value at all, an object or an empty array too."""
        self._absent = self._null | {a for a, p in pairs if isinstance(p, Exists) and not p.wanted}
        self._only_texts = all(isinstance(p, Text | Regex | Null) for _, p in pairs)

    def narrowed(self, wanted: frozenset[Atom]) -> "FieldAtoms":
        """Return what judges at least the *wanted* atoms: few of them are found faster in a long text."""
        if len(wanted) > FEW or len(wanted) * SEVERAL > len(self._pairs):
            return self
        if wanted not in self._narrowed:
            if len(self._narrowed) >= MAX_NARROWED:
                return self
            few = ((atom, pattern) for atom, pattern in self._pairs if atom in wanted)
            self._narrowed[wanted] = FieldAtoms(few, self._databases)
        return self._narrowed[wanted]

    def judge(self, value: Scalar | Absent) -> frozenset[Atom]:
        """Return the atoms that hold for one scalar, or for ``ABSENT``."""
        if isinstance(value, Absent):
            return self._absent
        text = text_of(value)
        if text is None:
            return self.present | self._null
        found = self._texts.holding(text)
        if not self._only_texts:
            self._judge_otherwise(value, text, found)
        return frozenset(found) if found else NOTHING

    def _judge_otherwise(self, value: Scalar, text: str, found: set[Atom]) -> None:
        """Add what holds for a value by what it means, not by how it is written."""
        found.update(self.present)
        if self._numbers or self._compares:
            self._judge_number(value, found)
        if self._booleans:
            folded = fold(text)
            found.update(a for a, wanted in self._booleans if folded == ("true" if wanted else "false"))
        if self._networks and isinstance(value, str):
            address = _address(value)
            if address is not None:
                place = _place(address)
                found.update([a for a, first, last in self._networks if first <= place <= last])
        if self._times:
            found.update(a for a, part in self._times if time_part_holds(part, value))

    def _judge_number(self, value: Scalar, found: set[Atom]) -> None:
        number = decimal_of(value)
        if number is not None:
            found.update(a for a, wanted in self._numbers if number == wanted)
            found.update(a for a, p in self._compares if compare_holds(p.order, number, p.value))


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


def _place(address: IPv4Address | IPv6Address) -> tuple[int, int]:
    return address.version, int(address)


def _places(network: IPv4Network | IPv6Network) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the places of the first and the last address."""
    return _place(network.network_address), _place(network.broadcast_address)
