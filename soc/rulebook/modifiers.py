"""Modifiers: one value of a detection item under its ``|modifiers`` → patterns, any of which may hold.

Order counts as the specification says: what changes the text (``expand``, ``wide``, ``base64``,
``windash``) is applied as written; where it must stand (``contains``, …) is applied last.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_network
from itertools import islice
from typing import Any

import msgspec

from soc.kernel.errors import shortened
from soc.kernel.numbers import decimal_of
from soc.rulebook.documents import Fault, nearest
from soc.rulebook.encodings import encoded
from soc.rulebook.plan import (
    Boolean,
    Cidr,
    Compare,
    Exists,
    FieldRef,
    Null,
    Number,
    Order,
    Pattern,
    Place,
    Regex,
    Text,
    TimePart,
)
from soc.rulebook.regexes import checked
from soc.rulebook.strings import Parts, joined, parts_of, surrounded


class Kind(StrEnum):
    """What a modifier is about; at most one of each kind but ENCODING."""

    PLACE = "place"
    ENCODING = "encoding"
    TYPE = "type"
    FLAG = "flag"
    LINK = "link"
    TIME = "time"


KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("contains", "startswith", "endswith"), Kind.PLACE),
    **dict.fromkeys(
        ("wide", "utf16le", "utf16be", "utf16", "base64", "base64offset", "windash", "expand"), Kind.ENCODING
    ),
    **dict.fromkeys(("re", "cidr", "exists", "fieldref", "gt", "gte", "lt", "lte"), Kind.TYPE),
    **dict.fromkeys(("i", "ignorecase", "m", "multiline", "s", "dotall", "cased"), Kind.FLAG),
    **dict.fromkeys(("all", "neq"), Kind.LINK),
    **dict.fromkeys(("minute", "hour", "day", "week", "month", "year"), Kind.TIME),
}
MAX_PATTERNS = 5000


class Modifiers(msgspec.Struct, frozen=True):
    """The modifiers of one item, checked."""

    names: tuple[str, ...]

    @property
    def every(self) -> bool:
        """Return whether all values must hold instead of any."""
        return "all" in self.names

    @property
    def negated(self) -> bool:
        """Return whether no value may hold."""
        return "neq" in self.names

    def of(self, kind: Kind) -> tuple[str, ...]:
        """Return the modifiers of *kind*, as written."""
        return _of(self.names, kind)

    def one(self, kind: Kind) -> str | None:
        """Return the one modifier of *kind*."""
        return next(iter(self.of(kind)), None)


@lru_cache(maxsize=4096)
def _of(names: tuple[str, ...], kind: Kind) -> tuple[str, ...]:
    return tuple(name for name in names if KINDS[name] is kind)


def read_modifiers(names: Sequence[str]) -> Modifiers:
    """Return *names* checked.

    Raises:
        Fault: unknown modifier, two that exclude each other, or a flag without what it belongs to.
    """
    for name in names:
        if name not in KINDS:
            raise Fault(f"unknown modifier {name!r}", fix=nearest(name, KINDS))
    found = Modifiers(tuple(names))
    for kind in (Kind.PLACE, Kind.TYPE, Kind.TIME):
        if len(found.of(kind)) > 1:
            raise Fault(f"{' and '.join(found.of(kind))} exclude each other")
    _check_type(found)
    return found


def patterns(value: Any, modifiers: Modifiers) -> tuple[Pattern, ...]:
    """Return the patterns of *value*, any of which may hold.

    A tuple stands for the text that its pieces make; an escape never reaches from one into the next.

    Raises:
        Fault: the value is not of a kind that the modifiers take.
    """
    found = tuple(islice(_patterns(value, modifiers), MAX_PATTERNS + 1))
    if len(found) > MAX_PATTERNS:
        raise Fault(f"one value becomes more than {MAX_PATTERNS} patterns")
    return found


def _check_type(found: Modifiers) -> None:
    type_, names = found.one(Kind.TYPE), set(found.names)
    if type_ in {"re", "cidr", "exists"}:
        extra = found.of(Kind.PLACE) + tuple(n for n in found.of(Kind.ENCODING) if n != "expand")
        if extra or found.one(Kind.TIME):
            raise Fault(f"{type_} cannot be combined with {', '.join(extra) or found.one(Kind.TIME)}")
    if type_ == "re" and any(
        found.names.index(flag) < found.names.index("re") for flag in found.of(Kind.FLAG)
    ):
        raise Fault("re must come before its flags", fix="e.g. field|re|i")
    if names & {"i", "ignorecase", "m", "multiline", "s", "dotall"} and type_ != "re":
        raise Fault("the flags i, m and s belong to re", fix="e.g. field|re|i")
    if "cased" in names and type_ not in {None, "fieldref"}:
        fix = "re sees case unless |i is given" if type_ == "re" else "leave it out"
        raise Fault(f"cased cannot be combined with {type_}", fix=fix)
    if type_ in {"gt", "gte", "lt", "lte"} and (found.of(Kind.PLACE) or found.of(Kind.ENCODING)):
        extra = found.of(Kind.PLACE) + found.of(Kind.ENCODING)
        raise Fault(f"{type_} compares numbers and takes no {', '.join(extra)}")


def _patterns(value: Any, modifiers: Modifiers) -> Iterator[Pattern]:
    part = modifiers.one(Kind.TIME)
    if part is not None:
        yield TimePart(part, _order(modifiers.one(Kind.TYPE)), _number(_whole(value)))
        return
    match modifiers.one(Kind.TYPE):
        case "exists":
            yield Exists(_boolean(_whole(value)))
        case "gt" | "gte" | "lt" | "lte" as name:
            yield Compare(Order(name), _number(_whole(value)))
        case "fieldref":
            yield FieldRef(_string(_whole(value), "fieldref"), _place(modifiers), "cased" in modifiers.names)
        case "re":
            yield _regex(_raw_text(value, "re"), modifiers)
        case "cidr":
            yield _cidr(_raw_text(value, "cidr"))
        case _:
            yield from _texts(value, modifiers)


def _texts(value: Any, modifiers: Modifiers) -> Iterator[Pattern]:
    if value is None:
        if modifiers.of(Kind.PLACE) or modifiers.of(Kind.ENCODING):
            raise Fault("null takes no modifier that changes text")
        yield Null()
        return
    bare = not (modifiers.of(Kind.PLACE) or modifiers.of(Kind.ENCODING) or "cased" in modifiers.names)
    if bare and isinstance(value, bool):
        yield Boolean(value)
    elif bare and isinstance(value, int | float):
        yield Number(_number(value))
    else:
        pieces = value if isinstance(value, tuple) else (_scalar(value),)
        for parts in encoded(joined([parts_of(piece) for piece in pieces]), modifiers.of(Kind.ENCODING)):
            yield Text(_placed(parts, modifiers), "cased" in modifiers.names)


def _placed(parts: Parts, modifiers: Modifiers) -> Parts:
    match modifiers.one(Kind.PLACE):
        case "contains":
            return surrounded(parts, before=True, after=True)
        case "startswith":
            return surrounded(parts, before=False, after=True)
        case "endswith":
            return surrounded(parts, before=True, after=False)
        case _:
            return parts


def _whole(value: Any) -> Any:
    return "".join(value) if isinstance(value, tuple) else value


def _raw_text(value: Any, what: str) -> str:
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return _string(str(value) if numeric else _whole(value), what)


def _regex(text: str, modifiers: Modifiers) -> Regex:
    names = set(modifiers.names)
    return checked(
        Regex(
            text,
            ignore_case=bool(names & {"i", "ignorecase"}),
            multi_line=bool(names & {"m", "multiline"}),
            dot_all=bool(names & {"s", "dotall"}),
        )
    )


def _cidr(text: str) -> Cidr:
    try:
        return Cidr(str(ip_network(text.strip(), strict=False)))
    except ValueError as error:
        raise Fault(f"{text!r} is no network", fix="accepted: e.g. 10.0.0.0/8, 2001:db8::/32") from error


def _number(value: Any) -> Decimal:
    number = decimal_of(value)
    if number is None:
        raise Fault(f"{shortened(value)} is no number", fix="accepted: e.g. 5, 1.5, '10'")
    return number


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise Fault(f"exists takes true or false, not {shortened(value)}")


def _string(value: Any, what: str) -> str:
    if not isinstance(value, str) or not value:
        raise Fault(f"{what} takes a text, not {shortened(value)}")
    return value


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | str):
        return str(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    raise Fault(f"a value must be a text, number, boolean or null, not {type(value).__name__}")


def _order(name: str | None) -> Order | None:
    if name is None:
        return None
    if name not in set(Order):
        raise Fault(f"a part of a time cannot be combined with {name}")
    return Order(name)


def _place(modifiers: Modifiers) -> Place:
    name = modifiers.one(Kind.PLACE)
    return Place.EQUALS if name is None else Place(name)
