"""Boolean expressions over rules: the text condition of a temporal correlation."""

from typing import TypeAlias

import msgspec


class Name(msgspec.Struct, frozen=True, tag="name"):
    """A referenced rule has a signal."""

    rule_id: str


class All(msgspec.Struct, frozen=True, tag="all"):
    """Every part holds."""

    parts: tuple["Expression", ...]


class Any_(msgspec.Struct, frozen=True, tag="any"):  # noqa: N801 - Any is taken by typing
    """Some part holds."""

    parts: tuple["Expression", ...]


class Negated(msgspec.Struct, frozen=True, tag="negated"):
    """The part does not hold."""

    part: "Expression"


Expression: TypeAlias = Name | All | Any_ | Negated
