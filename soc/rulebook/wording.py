"""Tests of a plan in words, for people who ask why a rule holds or does not."""

from decimal import Decimal
from typing import assert_never

from soc.rulebook.plan import (
    Boolean,
    Cidr,
    Compare,
    Exists,
    FieldRef,
    Keyword,
    Null,
    Number,
    Order,
    Pattern,
    Place,
    Regex,
    Test,
    Text,
    TimePart,
    Wild,
)

_ORDERS = {None: "=", Order.GT: ">", Order.GTE: "≥", Order.LT: "<", Order.LTE: "≤"}
_PLACES = {
    Place.EQUALS: "is the same as",
    Place.CONTAINS: "contains the value of",
    Place.STARTSWITH: "starts with the value of",
    Place.ENDSWITH: "ends with the value of",
}
_CASED = " (case as written)"


def said(test: Test | Keyword) -> str:
    """Return *test* as a sentence: ``CommandLine contains '-enc'``."""
    if isinstance(test, Keyword):
        return f"any value {_worded(test.pattern)}"
    return f"{test.field} {_worded(test.pattern)}"


def _worded(pattern: Pattern) -> str:  # noqa: C901, PLR0911, PLR0912 - one line for each kind of pattern
    match pattern:
        case Text(parts, cased):
            return _text(parts) + (_CASED if cased else "")
        case Number(value):
            return f"is the number {_number(value)}"
        case Boolean(value):
            return f"is {str(value).lower()}"
        case Regex():
            return _regex(pattern)
        case Cidr(network):
            return f"is an address in {network}"
        case Compare(order, value):
            return f"{_ORDERS[order]} {_number(value)}"
        case Null():
            return "is missing or null"
        case Exists(wanted):
            return "is there" if wanted else "is not there"
        case FieldRef(field, place, cased):
            return f"{_PLACES[place]} {field}" + (_CASED if cased else "")
        case TimePart(part, order, value):
            return f"is a time whose {part} {_ORDERS[order]} {_number(value)}"
        case _:
            assert_never(pattern)


def _text(parts: tuple[Wild | str, ...]) -> str:  # noqa: PLR0911 - one line for each shape
    match parts:
        case ():
            return "is the empty text"
        case (Wild.ANY,):
            return "is any value"
        case (str(text),):
            return f"is {text!r}"
        case (Wild.ANY, str(text), Wild.ANY):
            return f"contains {text!r}"
        case (str(text), Wild.ANY):
            return f"starts with {text!r}"
        case (Wild.ANY, str(text)):
            return f"ends with {text!r}"
        case _:
            return f"fits {''.join(map(_part, parts))!r}"


def _part(part: Wild | str) -> str:
    match part:
        case Wild.ANY:
            return "*"
        case Wild.ONE:
            return "?"
        case _:
            return part


def _regex(regex: Regex) -> str:
    flags = {"i": regex.ignore_case, "m": regex.multi_line, "s": regex.dot_all}
    return f"matches /{regex.pattern}/{''.join(flag for flag, given in flags.items() if given)}"


def _number(value: Decimal) -> str:
    return f"{value:f}"
