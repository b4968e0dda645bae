"""The reference matcher answers what the specification says, point by point."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from soc.detection.reference import applies, match, matches
from soc.kernel.errors import Location
from soc.model.alert import Severity
from soc.model.event import Event, LogSource, Mark
from soc.model.fields import MAX_DEPTH
from soc.model.identity import Layer, Origin
from soc.rulebook.plan import (
    And,
    Boolean,
    Cidr,
    Compare,
    Constant,
    Custom,
    Exists,
    FieldRef,
    Heading,
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
    Text,
    TimePart,
    Wild,
)
from soc.rulebook.plan import (
    Test as FieldTest,
)

ANY, ONE = Wild.ANY, Wild.ONE
LINUX, WINDOWS = LogSource(product="linux"), LogSource(product="windows", service="security")


def rule(condition: Node, logsource: LogSource = LINUX, *, routed: bool = True) -> RulePlan:
    heading = Heading("r", "r", "r", Severity.LOW, "", "", (), (), Location("r.yml"), "")
    return RulePlan(heading, logsource, condition, frozenset(), Custom(), "1", routed)


def event(fields: Mapping[str, Any], *logsources: LogSource, original: str = "", bad: bool = False) -> Event:
    return Event(
        id="0" * 32,
        day="2026-01-01",
        origin=Origin(agency="a", collector="c"),
        source="s",
        layer=Layer.MONITORING,
        logsources=logsources,
        at_ms=0,
        read_at_ms=0,
        received_at_ms=0,
        fields=dict(fields),
        original=original,
        marks=frozenset({Mark.QUARANTINED}) if bad else frozenset(),
    )


def holds(field: str, pattern: Pattern, fields: Mapping[str, Any]) -> bool:
    return matches(rule(FieldTest(field, pattern)), event(fields))


@pytest.mark.parametrize(
    ("parts", "value", "expected"),
    [
        (("Whoami",), "WHOAMI", True),
        (("đăng nhập",), "ĐĂNG NHẬP", True),
        (("straße",), "STRASSE", False),
        (("who",), "whoami", False),
        ((), "", True),
        ((), " ", False),
        ((ANY,), "", True),
        ((ANY,), "a\nb", True),
        (("a", ANY, "b"), "a\n\nb", True),
        (("a", ONE, "b"), "a😀b", True),
        (("a", ONE, "b"), "ab", False),
        (("a", ONE, "b"), "a\nb", True),
        ((ANY, "ab", ANY, "b"), "abab", True),
        ((ANY, "ab", ANY, "b"), "ab", False),
        (("ab", ANY), "xab", False),
        ((ANY, "ab"), "abx", False),
        ((ONE, ONE), "a", False),
        (("[a]",), "a", False),
        (("46", ANY), 4688, True),
        (("1",), 1.0, True),
        (("1.0",), 1.0, False),
        (("1",), "1.0", False),
        (("TRUE",), True, True),
        (("1",), True, False),
        ((ANY,), None, False),
        (("none",), None, False),
        ((ANY,), {}, False),
        ((ANY,), [], False),
        (("b",), ["a", ["B"]], True),
        (("c",), ["a", ["B"]], False),
    ],
)
def test_text_fits_the_whole_value(parts: tuple[Wild | str, ...], value: Any, *, expected: bool) -> None:
    assert holds("f", Text(parts), {"f": value}) is expected


def test_cased_text_minds_case() -> None:
    assert holds("f", Text(("Ab",), cased=True), {"f": "Ab"})
    assert not holds("f", Text(("Ab",), cased=True), {"f": "ab"})
    assert not holds("f", Text(("TRUE",), cased=True), {"f": True})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"a.b": "x"}, True),
        ({"a": {"b": "x"}}, True),
        ({"a": {"b": ["y", "x"]}}, True),
        ({"a": [{"b": "y"}, {"b": "x"}]}, True),
        ({"a": [[{"b": "x"}]]}, True),
        ({"a.b": "y", "a": {"b": "x"}}, True),
        ({"a.b": "x", "a": {"b": "y"}}, True),
        ({"a.b": "x", "a": "y"}, True),
        ({"A": {"b": "x"}}, False),
        ({"a": "x"}, False),
        ({"a": {"c": "x"}}, False),
    ],
)
def test_dots_walk_objects_and_the_literal_name_counts(fields: dict[str, Any], *, expected: bool) -> None:
    assert holds("a.b", Text(("x",)), fields) is expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"a.b": {"c": "x"}}, True),
        ({"a": {"b.c": "x"}}, True),
        ({"a": [{"b.c": "x"}]}, True),
        ({"a.b": [{"c": "x"}]}, True),
        ({"a": {"b": "y"}, "a.b": {"c": "x"}}, True),
        ({"a.b": {"a.b.c": "x"}}, False),
        ({"b": {"c": "x"}}, False),
    ],
)
def test_a_key_may_itself_hold_dots_at_any_level(fields: dict[str, Any], *, expected: bool) -> None:
    assert holds("a.b.c", Text(("x",)), fields) is expected
    assert holds("a.b.c", Exists(wanted=True), fields) is expected
    assert holds("a.b.c", Null(), fields) is not expected


@pytest.mark.parametrize(
    ("fields", "null", "exists"),
    [
        ({}, True, False),
        ({"f": None}, True, True),
        ({"f": ["a", None]}, True, True),
        ({"f": []}, False, True),
        ({"f": ""}, False, True),
        ({"f": {}}, False, True),
    ],
)
def test_null_is_missing_or_null_and_exists_is_presence(
    fields: dict[str, Any], *, null: bool, exists: bool
) -> None:
    assert holds("f", Null(), fields) is null
    assert holds("f", Exists(wanted=True), fields) is exists
    assert holds("f", Exists(wanted=False), fields) is not exists


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        (Number(Decimal(5)), 5, True),
        (Number(Decimal(5)), 5.0, True),
        (Number(Decimal(5)), " 5.0 ", True),
        (Number(Decimal(5)), "5", True),
        (Number(Decimal(5)), "5e0", True),
        (Number(Decimal(5)), "٥", False),
        (Number(Decimal(5)), "", False),
        (Number(Decimal(5)), [4, "5.0"], True),
        (Number(Decimal(5)), {"v": 5}, False),
        (Number(Decimal(5)), "0x5", False),
        (Number(Decimal(1)), True, False),
        (Number(Decimal("0.1")), 0.1, True),
        (Boolean(value=True), True, True),
        (Boolean(value=True), "TRUE", True),
        (Boolean(value=False), "False", True),
        (Boolean(value=True), 1, False),
        (Boolean(value=False), None, False),
        (Compare(Order.GT, Decimal(5)), "6", True),
        (Compare(Order.GT, Decimal(5)), 5, False),
        (Compare(Order.GTE, Decimal(5)), 5, True),
        (Compare(Order.LT, Decimal(5)), "x", False),
        (Compare(Order.LTE, Decimal(5)), None, False),
        (Compare(Order.LT, Decimal(5)), [9, 4], True),
        (Compare(Order.GT, Decimal(0)), True, False),
        (Cidr("10.0.0.0/8"), "10.1.2.3", True),
        (Cidr("10.0.0.0/8"), "11.1.2.3", False),
        (Cidr("10.0.0.0/8"), "::ffff:10.1.2.3", False),
        (Cidr("10.0.0.0/8"), "10.1.2", False),
        (Cidr("10.0.0.0/8"), 167837955, False),
        (Cidr("10.0.0.0/8"), " 10.1.2.3", False),
        (Cidr("10.0.0.0/8"), "010.1.2.3", False),
        (Cidr("10.0.0.0/8"), "10.evil.example", False),
        (Cidr("10.0.0.0/8"), "10.0.0.0/8", False),
        (Cidr("10.0.0.0/8"), ["x", "10.1.2.3"], True),
        (Cidr("2001:db8::/32"), "2001:0DB8:0:0::1", True),
        (Regex("b.d"), "abcde", True),
        (Regex("B"), "abc", False),
        (Regex("B", ignore_case=True), "abc", True),
        (Regex("đ", ignore_case=True), "Đ", True),
        (Regex("đ"), "Đ", False),
        (Regex("(?i)đ"), "Đ", True),
        (Regex("(?si)a.đ"), "A\nĐ", True),
        (Regex("[à-ý]", ignore_case=True), "Ý", True),
        (Regex(r"^\S+$", ignore_case=True), "Đa", True),
        (Regex(r"^\d$"), "٥", False),
        (Regex(r"^\s$"), "\u00a0", False),
        (Regex(r"a\b"), "ađ", True),
        (Regex("^$"), "", True),
        (Regex("^true$"), True, True),
        (Regex(r"^\w+$"), "đ", False),
        (Regex(r"^\w+$", ignore_case=True), "đ", False),
        (Regex("a.b"), "a\nb", False),
        (Regex("a.b", dot_all=True), "a\nb", True),
        (Regex("^b"), "a\nb", False),
        (Regex("^b", multi_line=True), "a\nb", True),
        (Regex("a$"), "a\n", True),
        (Regex("a$"), "a\nb", False),
        (Regex("^46"), 4688, True),
        (Regex(""), None, False),
        (TimePart("hour", None, Decimal(23)), "2026-01-01T23:59:00+07:00", True),
        (TimePart("minute", Order.GT, Decimal(58)), "2026-01-01T23:59:00Z", True),
        (TimePart("week", None, Decimal(53)), "2027-01-01", True),
        (TimePart("year", Order.LT, Decimal(2027)), "2026-01-01 00:00", True),
        (TimePart("day", None, Decimal(1)), "today", False),
        (TimePart("day", None, Decimal(30)), "2026-02-30T00:00:00", False),
        (TimePart("hour", None, Decimal(8)), "2026-01-01T08:30:00.1234567Z", True),
        (TimePart("week", Order.LTE, Decimal(1)), "2025-12-29T08:30:00", True),
        (TimePart("hour", None, Decimal(1)), ["x", "2026-01-01T01:00:00"], True),
        (TimePart("month", None, Decimal(1)), 1, False),
    ],
)
def test_a_pattern_fits_a_value(pattern: Pattern, value: Any, *, expected: bool) -> None:
    assert holds("f", pattern, {"f": value}) is expected
    assert not holds("g", pattern, {"f": value})


@pytest.mark.parametrize(
    ("reference", "fields", "expected"),
    [
        (FieldRef("g"), {"f": "A", "g": "a"}, True),
        (FieldRef("g", cased=True), {"f": "A", "g": "a"}, False),
        (FieldRef("g"), {"f": ["x", "y"], "g": ["z", "Y"]}, True),
        (FieldRef("g"), {"f": 1.0, "g": "1.00"}, True),
        (FieldRef("g"), {"f": "1", "g": "1.0"}, False),
        (FieldRef("g"), {"f": True, "g": "True"}, True),
        (FieldRef("g"), {"f": True, "g": 1}, False),
        (FieldRef("g"), {}, False),
        (FieldRef("g"), {"f": "x"}, False),
        (FieldRef("g"), {"f": [], "g": []}, False),
        (FieldRef("o.g"), {"f": "x", "o": {"g": ["X"]}}, True),
        (FieldRef("f"), {"f": "x"}, True),
        (FieldRef("g", Place.CONTAINS), {"f": "abc", "g": ""}, True),
        (FieldRef("g", Place.STARTSWITH), {"f": 4688, "g": 46}, True),
        (FieldRef("g"), {"f": None, "g": None}, False),
        (FieldRef("g", Place.CONTAINS), {"f": "abc", "g": "B"}, True),
        (FieldRef("g", Place.CONTAINS), {"f": "b", "g": "abc"}, False),
        (FieldRef("g", Place.STARTSWITH), {"f": "abc", "g": "AB"}, True),
        (FieldRef("g", Place.STARTSWITH), {"f": "abc", "g": "bc"}, False),
        (FieldRef("g", Place.ENDSWITH), {"f": "abc", "g": "bc"}, True),
        (FieldRef("g", Place.ENDSWITH), {"f": "abc", "g": "ab"}, False),
    ],
)
def test_a_field_is_compared_with_another(
    reference: FieldRef, fields: dict[str, Any], *, expected: bool
) -> None:
    assert holds("f", reference, fields) is expected


def test_logic_is_two_valued() -> None:
    absent, present = FieldTest("x", Text((ANY,))), FieldTest("f", Text((ANY,)))
    subject = event({"f": "a"})
    assert matches(rule(Not(absent)), subject)
    assert matches(rule(And((present, Not(absent)))), subject)
    assert not matches(rule(And((present, absent))), subject)
    assert matches(rule(Or((absent, present))), subject)
    assert not matches(rule(Or(())), subject)
    assert matches(rule(And(())), subject)
    assert not matches(rule(Constant(value=False)), subject)


def test_keywords_see_every_scalar_value_and_no_name() -> None:
    def seen(word: str) -> bool:
        fields = {"name": {"deep": ["Needle", 4688, True, None]}}
        return matches(rule(Keyword(Text((ANY, word, ANY)))), event(fields, original="raw"))

    assert seen("needle")
    assert seen("468")
    assert seen("tru")
    assert not seen("deep")
    assert not seen("none")
    assert not seen("raw")


def test_only_keywords_see_a_quarantined_record() -> None:
    broken = event({"f": "x"}, original="<broken ...", bad=True)
    keyword = Keyword(Regex("bro"))
    assert match([rule(keyword, WINDOWS)], broken)
    assert not applies(rule(FieldTest("f", Null())), broken)
    for pattern in (Text(("x",)), Null(), Exists(wanted=False)):
        assert not matches(rule(Or((FieldTest("g", pattern), FieldTest("f", pattern)))), broken)
    assert match([rule(Not(And((FieldTest("f", Null()), keyword))))], broken)


def test_a_rule_is_tried_where_its_log_source_covers_one_of_the_events() -> None:
    always = Constant(value=True)
    found = event({}, WINDOWS, LogSource(category="process_creation"))
    product, other = rule(always, LogSource(product="windows")), rule(always, LINUX)
    unknown = rule(always, LINUX, routed=False)
    assert match([product, other, unknown], found) == (product, unknown)
    assert match([rule(always, LogSource())], event({})) == ()


def test_what_lies_deeper_than_the_bound_is_not_seen() -> None:
    def nested(levels: int, value: Any) -> Any:
        return value if levels == 0 else [nested(levels - 1, value)]

    def found(levels: int) -> tuple[bool, bool, bool]:
        keyword = rule(Keyword(Text((ANY, "x", ANY))))
        return (
            holds("f", Text(("x",)), {"f": nested(levels, "x")}),
            holds("f.g", Text(("x",)), {"f": nested(levels, {"g": "x"})}),
            matches(keyword, event({"f": nested(levels, "x")})),
        )

    assert found(MAX_DEPTH - 1) == (True, True, True)
    assert found(MAX_DEPTH + 2) == (False, False, False)


def test_a_thousand_levels_are_looked_at_without_harm() -> None:
    value: Any = "x"
    for _ in range(1_000):
        value = [{"f": value}]
    assert not holds("f.f.f", Text(("x",)), {"f": value})
    assert holds("f", Exists(wanted=True), {"f": value})
    assert not matches(rule(Keyword(Text((ANY, "x", ANY)))), event({"f": value}))
