"""The meaning of matching, written to be read: slow, without tricks, the authority for the engine.

Everything the fast engine answers must be what this module answers for the same rule and event.
Where Sigma leaves a choice, this is chosen:

- A number equals a JSON number, or numeric text, of the same value: 5, 5.0, "5", " 5.0 ", "5e0". Text
  sees a JSON number in its shortest form (5.0 is "5"), a boolean as "true" or "false".
- A boolean equals its text in any case, never 1 or 0. Null, objects and what is missing equal nothing.
- ``*`` alone is any text, number or boolean, also the empty text.
- In a quarantined event nothing is known of fields: every test is false, ``null`` and ``exists: false``
  too. Only keywords see it, in its raw text, whatever its log source; rules without keywords pass it by.
- Parts of a time are read as written, from ISO text only; an IPv4 network holds no mapped IPv6 address.
- What lies deeper than ``MAX_DEPTH`` is not seen.
"""

import operator
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any, assert_never

from soc.kernel.folding import fold
from soc.kernel.numbers import decimal_of, number_text
from soc.model.event import Event, Fields, Mark
from soc.model.fields import MAX_DEPTH
from soc.rulebook.dialects import found
from soc.rulebook.plan import (
    And,
    Boolean,
    Cidr,
    Compare,
    Constant,
    Exists,
    FieldRef,
    Keyword,
    Node,
    Not,
    Null,
    Number,
    Or,
    Order,
    Pattern,
    Place,
    Regex,
    RulePlan,
    Test,
    Text,
    TimePart,
    Wild,
)

_ORDERS: dict[Order | None, Callable[[Any, Any], bool]] = {
    None: operator.eq,
    Order.GT: operator.gt,
    Order.GTE: operator.ge,
    Order.LT: operator.lt,
    Order.LTE: operator.le,
}


def match(rules: Iterable[RulePlan], event: Event) -> tuple[RulePlan, ...]:
    """Return the *rules* that apply to *event* and match it, in their order."""
    return tuple(rule for rule in rules if applies(rule, event) and matches(rule, event))


def applies(rule: RulePlan, event: Event) -> bool:
    """Return whether *rule* is tried on *event*: by log source, or by keywords on a quarantined one."""
    if Mark.QUARANTINED in event.marks:
        return _has_keyword(rule.condition)
    return not rule.routed or any(rule.logsource.covers(found) for found in event.logsources)


def matches(rule: RulePlan, event: Event) -> bool:
    """Return whether the condition of *rule* holds for *event*, whatever its log source.

    Raises:
        re.error: a regular expression of the rule is none.
    """
    return _holds(rule.condition, event)


def _has_keyword(node: Node) -> bool:
    match node:
        case Keyword():
            return True
        case And(nodes) | Or(nodes):
            return any(_has_keyword(part) for part in nodes)
        case Not(part):
            return _has_keyword(part)
        case Test() | Constant():
            return False
        case _:
            assert_never(node)


def _holds(node: Node, event: Event) -> bool:
    match node:
        case Test(field, pattern):
            return Mark.QUARANTINED not in event.marks and _test(field, pattern, event.fields)
        case And(nodes):
            return all(_holds(part, event) for part in nodes)
        case Or(nodes):
            return any(_holds(part, event) for part in nodes)
        case Not(part):
            return not _holds(part, event)
        case Constant(value):
            return value
        case Keyword(pattern):
            return any(_fits_text(pattern, text) for text in _keyword_texts(event))
        case _:
            assert_never(node)


def _keyword_texts(event: Event) -> Iterator[str]:
    """Yield the texts keywords see: the raw record if it could not be parsed, else every scalar value."""
    if Mark.QUARANTINED in event.marks:
        yield event.original
    else:
        yield from _scalar_texts(event.fields, 0)


def _scalar_texts(value: Any, depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _scalar_texts(part, depth + 1)
    elif (text := _text_of(value)) is not None:
        yield text


def _test(field: str, pattern: Pattern, fields: Fields) -> bool:
    found = list(_places(fields, field, 0))
    values = [element for value in found for element in _elements(value, 0)]
    match pattern:
        case Exists(wanted):
            return bool(found) == wanted
        case Null():
            return not found or any(value is None for value in values)
        case FieldRef(other):
            others = [e for value in _places(fields, other, 0) for e in _elements(value, 0)]
            return any(_pair(pattern, value, against) for value in values for against in others)
        case _:
            return any(_fits(pattern, value) for value in values)


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
        steps = name.split(".")
        for count in range(1, len(steps)):
            below = value.get(".".join(steps[:count]))
            yield from _places(below, ".".join(steps[count:]), depth + 1)


def _elements(value: Any, depth: int) -> Iterator[Any]:
    """Yield *value*, or the elements of an array, of arrays in it too."""
    if not isinstance(value, list):
        yield value
    elif depth <= MAX_DEPTH:
        for element in value:
            yield from _elements(element, depth + 1)


def _text_of(value: Any) -> str | None:
    """Return a scalar as text; None for null and objects."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value) if isinstance(value, int | float) else None


def _fits(
    pattern: Text | Number | Boolean | Regex | Cidr | Compare | TimePart,
    value: Any,
) -> bool:
    match pattern:
        case Text() | Regex():
            text = _text_of(value)
            return text is not None and _fits_text(pattern, text)
        case Number(wanted):
            return decimal_of(value) == wanted
        case Boolean(wanted):
            return isinstance(value, bool | str) and fold(str(value)) == fold(str(wanted))
        case Cidr(network):
            return isinstance(value, str) and _inside(network, value)
        case Compare(order, bound):
            number = decimal_of(value)
            return number is not None and _ORDERS[order](number, bound)
        case TimePart(part, order, bound):
            return isinstance(value, str) and _time_fits(part, order, bound, value)
        case _:
            assert_never(pattern)


def _fits_text(pattern: Text | Regex, text: str) -> bool:
    match pattern:
        case Text(parts, cased):
            return _wildcards(parts, text) if cased else _wildcards(_folded(parts), fold(text))
        case Regex():
            return found(pattern, text)
        case _:
            assert_never(pattern)


@lru_cache(maxsize=65536)
def _folded(parts: tuple[Wild | str, ...]) -> tuple[Wild | str, ...]:
    return tuple(fold(part) if isinstance(part, str) else part for part in parts)


def _wildcards(parts: tuple[Wild | str, ...], text: str) -> bool:
    """Follow every place of *text* that the parts so far can end at; the last must be its end."""
    for part in parts:
        if isinstance(part, str) and part not in text:
            return False  # most texts are done with here
    ends = {0}
    for part in parts:
        match part:
            case Wild.ANY:
                ends = set(range(min(ends), len(text) + 1)) if ends else ends
            case Wild.ONE:
                ends = {end + 1 for end in ends if end < len(text)}
            case _:
                ends = {end + len(part) for end in ends if text.startswith(part, end)}
    return len(text) in ends


def _inside(network: str, text: str) -> bool:
    try:
        return ip_address(text) in ip_network(network)
    except ValueError:
        return False


def _time_fits(part: str, order: Order | None, bound: Decimal, text: str) -> bool:
    """Compare a part of the time as it is written; zones are not converted, weeks are ISO weeks."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return False
    number = moment.isocalendar().week if part == "week" else getattr(moment, part)
    return _ORDERS[order](number, bound)


def _pair(reference: FieldRef, value: Any, other: Any) -> bool:
    """Compare one value of the field with one of the other field."""
    left, right = _text_of(value), _text_of(other)
    if left is None or right is None:
        return False
    if not reference.cased:
        left, right = fold(left), fold(right)
    match reference.place:
        case Place.EQUALS:
            return left == right or _same_number(value, other)
        case Place.CONTAINS:
            return right in left
        case Place.STARTSWITH:
            return left.startswith(right)
        case Place.ENDSWITH:
            return left.endswith(right)
        case _:
            assert_never(reference.place)


def _same_number(value: Any, other: Any) -> bool:
    """Return whether both are one number, at least one of them a JSON number: two texts stay texts."""
    if isinstance(value, str) and isinstance(other, str):
        return False
    number = decimal_of(value)
    return number is not None and number == decimal_of(other)
