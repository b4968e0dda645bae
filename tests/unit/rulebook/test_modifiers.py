"""What each modifier makes of a value, and which combinations are refused."""

from decimal import Decimal
from typing import Any

import pytest

from soc.rulebook.documents import Fault
from soc.rulebook.modifiers import read_modifiers
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
    Wild,
)
from soc.rulebook.values import filled, final, read_value

ANY = Wild.ANY


def made(value: Any, *names: str, **placeholders: tuple[str, ...]) -> list[Pattern]:
    modifiers = read_modifiers(names)
    values = filled(read_value(value, modifiers), modifiers, placeholders)
    return [pattern for each in values for pattern in final(each)]


@pytest.mark.parametrize(
    ("value", "names", "pattern"),
    [
        ("a", (), Text(("a",))),
        ("", (), Text(())),
        ("a", ("cased",), Text(("a",), cased=True)),
        ("a", ("contains",), Text((ANY, "a", ANY))),
        ("a", ("startswith", "cased"), Text(("a", ANY), cased=True)),
        ("a", ("endswith",), Text((ANY, "a"))),
        ("1?", ("endswith",), Text((ANY, "1", Wild.ONE))),
        ("", ("contains",), Text((ANY,))),
        (5, (), Number(Decimal(5))),
        (1.5, (), Number(Decimal("1.5"))),
        (5, ("contains",), Text((ANY, "5", ANY))),
        (True, (), Boolean(value=True)),
        (True, ("startswith",), Text(("true", ANY))),
        (None, (), Null()),
        ("a.c", ("re",), Regex("a.c")),
        ("a", ("re", "i", "m", "s"), Regex("a", ignore_case=True, multi_line=True, dot_all=True)),
        ("a", ("re", "ignorecase", "multiline", "dotall"), Regex("a", True, True, True)),
        ("10.1.1.1/8", ("cidr",), Cidr("10.0.0.0/8")),
        ("2001:DB8:0::/32", ("cidr",), Cidr("2001:db8::/32")),
        (True, ("exists",), Exists(wanted=True)),
        ("false", ("exists",), Exists(wanted=False)),
        (5, ("gt",), Compare(Order.GT, Decimal(5))),
        ("1.5", ("lte",), Compare(Order.LTE, Decimal("1.5"))),
        ("other", ("fieldref",), FieldRef("other")),
        ("other", ("fieldref", "endswith", "cased"), FieldRef("other", Place.ENDSWITH, cased=True)),
        ("other", ("contains", "fieldref"), FieldRef("other", Place.CONTAINS)),
        (8, ("hour",), TimePart("hour", None, Decimal(8))),
        ("8", ("hour", "gte"), TimePart("hour", Order.GTE, Decimal(8))),
    ],
)
def test_a_value_becomes_its_pattern(value: Any, names: tuple[str, ...], pattern: Pattern) -> None:
    assert made(value, *names) == [pattern]


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        (("unknown",), "unknown modifier 'unknown'"),
        (("contains", "startswith"), "exclude each other"),
        (("re", "cidr"), "exclude each other"),
        (("hour", "day"), "exclude each other"),
        (("re", "contains"), "re cannot be combined"),
        (("cidr", "wide"), "cidr cannot be combined"),
        (("i", "re"), "before its flags"),
        (("i",), "belong to re"),
        (("re", "cased"), "cased cannot be combined"),
        (("gt", "contains"), "gt compares numbers"),
    ],
)
def test_modifiers_that_do_not_go_together_are_refused(names: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(Fault, match=complaint):
        read_modifiers(names)


@pytest.mark.parametrize(
    ("value", "names", "complaint"),
    [
        ("x", ("gt",), "no number"),
        (True, ("gt",), "no number"),
        (float("nan"), (), "no number"),
        (float("inf"), ("lt",), "no number"),
        ("0x10", ("gte",), "no number"),
        ("10.0.0.0/33", ("cidr",), "no network"),
        ("yes", ("exists",), "exists takes true or false"),
        ("", ("fieldref",), "fieldref takes a text"),
        (5, ("fieldref",), "fieldref takes a text"),
        (None, ("contains",), "null takes no modifier"),
        ("(", ("re",), "regular expression"),
        ("%nobody%", ("expand",), "has no values"),
        ("a*", ("base64",), "without wildcards"),
        (8, ("hour", "fieldref"), "cannot be combined with fieldref"),
    ],
)
def test_a_value_that_a_modifier_does_not_take_is_refused(
    value: Any, names: tuple[str, ...], complaint: str
) -> None:
    with pytest.raises(Fault, match=complaint):
        made(value, *names)


def test_order_of_dashes_and_places_does_not_matter() -> None:
    assert made(" -f", "contains", "windash") == made(" -f", "windash", "contains")


def test_placeholders_are_expanded_before_anything_else() -> None:
    assert made("%u%", "expand", u=("a", "b*")) == [Text(("a",)), Text(("b", ANY))]
    assert made("%u%", "contains", "expand", u=("a",)) == [Text((ANY, "a", ANY))]
    assert made("%n%", "cidr", "expand", n=("10.0.0.0/8", "192.168.0.0/16")) == [
        Cidr("10.0.0.0/8"),
        Cidr("192.168.0.0/16"),
    ]
    assert made("%u%") == [Text(("%u%",))]


def test_one_value_cannot_become_ever_more_patterns() -> None:
    with pytest.raises(Fault, match="becomes more than"):
        made("%a%%a%%a%%a%", "expand", a=tuple("abcdefghij"))
