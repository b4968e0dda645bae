"""One field's atoms: every kind of pattern against every kind of value."""

from decimal import Decimal
from typing import Any

import pytest

from soc.detection import field as field_module
from soc.detection.field import FieldAtoms, compare_holds, time_part_holds
from soc.detection.scanner import Databases
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


def holds(pattern: Pattern, value: Any) -> bool:
    return FieldAtoms([(0, pattern)], Databases()).judge(value) == {0}


@pytest.mark.parametrize(
    ("pattern", "held", "not_held"),
    [
        (
            Number(Decimal(5)),
            [5, 5.0, "5", "5.0", " 5 ", "+5", "5e0"],
            [6, "x", "", None, True, ABSENT, "0x5"],
        ),
        (Number(Decimal("0.1")), [0.1, "0.10", "1e-1"], [0.2, 1]),
        (Boolean(value=True), [True, "true", "TRUE"], [False, 1, "1", "yes", None, ABSENT]),
        (Boolean(value=False), [False, "False", "fal\u017fe"], [True, 0, "0", "", None, ABSENT]),
        (Text(("true",)), [True, "True"], [1, False]),
        (Text(("5",)), [5, 5.0, "5"], ["5.0", 55]),
        (Text(("46", Wild.ANY)), [4688, "46", 46.5], [4588]),
        (Text(()), [""], [None, ABSENT, " "]),
        (Text((Wild.ANY,)), ["", "a", 0, False], [None, ABSENT]),
        (Regex("^a"), ["ab"], ["ba", "Ab", None]),
        (
            Cidr("10.0.0.0/8"),
            ["10.1.2.3"],
            ["11.0.0.1", "10.1.2.3 ", "10.evil.example", "", 10, "::ffff:10.1.2.3", "::10.1.2.3"],
        ),
        (Cidr("2001:db8::/32"), ["2001:DB8::1", "2001:0db8:0:0::1"], ["2001:db9::1", "10.0.0.1"]),
        (Compare(Order.GT, Decimal(5)), [6, "6", 5.1], [5, "5", "x", None, True, ABSENT, ""]),
        (Compare(Order.LTE, Decimal(5)), [5, "4", -1], [6, "a"]),
        (Null(), [None, ABSENT], ["", 0, False]),
        (Exists(wanted=True), ["", None, 0], [ABSENT]),
        (Exists(wanted=False), [ABSENT], ["", None]),
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


def test_all_patterns_of_a_field_are_judged_together() -> None:
    patterns: list[Pattern] = [
        Text(("5",)),
        Number(Decimal(5)),
        Compare(Order.LT, Decimal(6)),
        Regex("5"),
        Exists(wanted=True),
        Null(),
        Boolean(value=True),
    ]
    atoms = FieldAtoms(enumerate(patterns), Databases())
    assert atoms.judge(5) == atoms.judge("5") == {0, 1, 2, 3, 4}
    assert atoms.judge(None) == {4, 5}
    assert atoms.judge(True) == {4, 6}
    assert atoms.judge(ABSENT) == {5}
    assert atoms.present == {4}


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


def many(count: int) -> FieldAtoms:
    return FieldAtoms(
        ((n, Text((Wild.ANY, f"word{n}.", Wild.ANY), cased=n % 2 == 0)) for n in range(count)), Databases()
    )


def test_few_of_many_patterns_are_judged_apart_with_the_same_answer() -> None:
    field, wanted = many(100), frozenset({3, 4, 50})
    few = field.narrowed(wanted)
    assert few is not field
    assert few is field.narrowed(wanted)
    for text in ("WORD3. word5.", "word4. word50. word99.", "WORD4.", ""):
        assert few.judge(text) == field.judge(text) & wanted


def test_most_patterns_or_ever_new_choices_are_judged_with_the_others() -> None:
    field = many(field_module.MAX_NARROWED * 10)
    assert field.narrowed(frozenset(range(100))) is field
    assert many(10).narrowed(frozenset({1, 2})).judge("word3.") == {3}
    narrowed = [field.narrowed(frozenset({n})) for n in range(field_module.MAX_NARROWED + 5)]
    assert [found is field for found in narrowed] == [False] * field_module.MAX_NARROWED + [True] * 5
