"""One field's atoms: every kind of pattern against every kind of value."""

from decimal import Decimal
from typing import Any

import pytest

from soc.detection.field import (
    MAX_REMEMBERED,
    MAX_REMEMBERED_CHARACTERS,
    FieldAtoms,
    compare_holds,
    time_part_holds,
)
from soc.model.fields import ABSENT
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
    Wild,
)


def holds(pattern: Pattern, *values: Any) -> bool:
    return FieldAtoms([(0, pattern)]).holding(list(values)) == {0}


@pytest.mark.parametrize(
    ("pattern", "held", "not_held"),
    [
        (
            Number(Decimal(5)),
            [5, 5.0, "5", "5.0", " 5 ", "+5", "5e0"],
            [6, "x", "", None, True, ABSENT, {}, "0x5"],
        ),
        (Number(Decimal("0.1")), [0.1, "0.10", "1e-1"], [0.2, 1]),
        (Boolean(value=True), [True, "true", "TRUE"], [False, 1, "1", "yes", None, ABSENT]),
        (Text(("true",)), [True, "True"], [1, False]),
        (Text(("5",)), [5, 5.0, "5"], ["5.0", 55]),
        (Text(("46", Wild.ANY)), [4688, "46", 46.5], [4588]),
        (Text(()), [""], [None, ABSENT, " ", {}]),
        (Text((Wild.ANY,)), ["", "a", 0, False], [None, ABSENT, {}]),
        (Regex("^a"), ["ab"], ["ba", "Ab", None]),
        (
            Cidr("10.0.0.0/8"),
            ["10.1.2.3"],
            ["11.0.0.1", "10.1.2.3 ", "10.evil.example", "", 10, "::ffff:10.1.2.3"],
        ),
        (Cidr("2001:db8::/32"), ["2001:DB8::1", "2001:0db8:0:0::1"], ["2001:db9::1", "10.0.0.1"]),
        (Compare(Order.GT, Decimal(5)), [6, "6", 5.1], [5, "5", "x", None, True, ABSENT, ""]),
        (Compare(Order.LTE, Decimal(5)), [5, "4", -1], [6, "a"]),
        (Null(), [None, ABSENT], ["", 0, False, {}]),
        (Exists(wanted=True), ["", None, 0, {}], [ABSENT]),
        (Exists(wanted=False), [ABSENT], ["", None, {}]),
        (
            TimePart("hour", None, Decimal(8)),
            ["2026-03-01T08:30:00Z", "2026-03-01 08:30"],
            ["08:30", 8, None, "x"],
        ),
    ],
)
def test_a_pattern_holds_for_what_the_specification_says(
    pattern: Pattern, held: list[Any], not_held: list[Any]
) -> None:
    assert [value for value in held if not holds(pattern, value)] == []
    assert [value for value in not_held if holds(pattern, value)] == []


def test_any_element_of_an_array_is_enough() -> None:
    assert holds(Text(("b",)), "a", "b")
    assert holds(Null(), "a", None)
    assert not holds(Text(("c",)), "a", "b")


def test_an_empty_array_is_there_and_holds_nothing() -> None:
    atoms = FieldAtoms(
        [(0, Exists(wanted=True)), (1, Null()), (2, Text((Wild.ANY,))), (3, Exists(wanted=False))]
    )
    assert atoms.holding([]) == {0}


def test_what_is_remembered_never_mixes_values_that_are_equal() -> None:
    atoms = FieldAtoms([(0, Text(("0",))), (1, Text(("-0",))), (2, Boolean(value=False)), (3, Text(("1",)))])
    for _ in range(2):
        assert atoms.one(0.0) == {0}
        assert atoms.one(-0.0) == {1}
        assert atoms.one(False) == {2}
        assert atoms.one(0) == {0}
        assert atoms.one(1) == {3}
        assert atoms.one(True) == frozenset()


def test_memory_is_bounded_in_number_and_size() -> None:
    atoms = FieldAtoms([(0, Text(("a",)))])
    for number in range(MAX_REMEMBERED + 10):
        atoms.one(str(number))
    atoms.one("x" * (MAX_REMEMBERED_CHARACTERS + 1))
    assert len(atoms._remembered) == 10


@pytest.mark.parametrize(
    ("part", "value"), [("minute", 30), ("hour", 8), ("day", 1), ("week", 9), ("month", 3), ("year", 2026)]
)
def test_each_part_of_a_time_is_as_it_is_written(part: str, value: int) -> None:
    text = "2026-03-01T08:30:00+07:00"
    assert time_part_holds(TimePart(part, None, Decimal(value)), text)
    assert time_part_holds(TimePart(part, Order.GTE, Decimal(value)), text)
    assert not time_part_holds(TimePart(part, Order.GT, Decimal(value)), text)


def test_comparisons_compare() -> None:
    one, two = Decimal(1), Decimal(2)
    assert [compare_holds(order, one, two) for order in Order] == [False, False, True, True]
    assert [compare_holds(order, two, two) for order in Order] == [False, True, False, True]
