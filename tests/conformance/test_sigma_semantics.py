r"""What Sigma's specification says of matching, point by point, asked of the engine and of the reference.

Each vector: a detection as its author writes it, events that it must match, events that it must not.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from support.rulings import event_with, fault_of, plan_of, rule_text

from soc.detection import reference
from soc.detection.engine import Engine
from soc.model.event import Event, Fields
from soc.rulebook.plan import RulePlan

Matcher = Callable[[RulePlan, Event], bool]
MATCHERS: dict[str, Matcher] = {
    "engine": lambda rule, event: bool(Engine([rule]).match(event)),
    "reference": lambda rule, event: bool(reference.match([rule], event)),
}


class Vector(NamedTuple):
    """One statement of the specification."""

    says: str
    selection: str
    matches: list[Fields]
    others: list[Fields]
    condition: str = "s"


def f(*values: Any) -> list[Fields]:
    return [{"f": value} for value in values]


NOTHING: list[Fields] = [{}]
VECTORS = [
    # values
    Vector("plain values fit the whole field", "{f: abc}", f("abc"), [*f("abcd", "xabc", ""), {}]),
    Vector("case is folded beyond ASCII", "{f: ĐÀ NẴNG}", f("đà nẵng", "Đà Nẵng"), f("da nang")),
    Vector("folding is simple", "{f: STRASSE}", f("strasse"), f("straße")),
    Vector("cased switches folding off", "{f|cased: Abc}", f("Abc"), f("abc", "ABC")),
    Vector("cased goes with places", "{f|contains|cased: Abc}", f("xAbcx"), f("xabcx")),
    Vector("a star is any run", "{f: a*c}", f("ac", "abc", "a\nc", "aXXC"), f("ab", "abcd")),
    Vector("a question mark is one character", "{f: 'a?c'}", f("abc", "a\nc", "aéc"), f("ac", "abbc")),
    Vector("nothing else is a wildcard", "{f: 'a[b]{c}%_.'}", f("a[b]{c}%_."), f("ab", "a[b]{c}xx.")),
    Vector("an escaped star is a star", r"{f: 'a\*c'}", f("a*c"), f("abc", r"a\*c")),
    Vector("an escaped star in contains is a star", r"{f|contains: '\*'}", f("a*c"), f("abc", "")),
    Vector("a doubled backslash and a wildcard", r"{f: 'a\\*'}", f("a\\", "a\\b"), f("a", "ab")),
    Vector("three backslashes and a star are literal", r"{f: 'a\\\*'}", f("a\\*"), f("a\\b")),
    Vector("a lone backslash is one", r"{f: 'C:\Windows'}", f("c:\\windows"), f("C:\\\\Windows")),
    Vector("a trailing backslash stays", r"{f|contains: 'a\'}", f("xa\\x"), f("xax")),
    Vector(
        "a UNC path begins with two backslashes when four are written",
        r"{f: '\\\\srv'}",
        f("\\\\srv"),
        f("\\srv"),
    ),
    Vector("a star alone is any value", "{f: '*'}", f("", "a", 0, False), [*f(None, {}, []), {}]),
    Vector("a contained star is any value", "{f|contains: '*'}", f("", "a"), [{}]),
    Vector("a list is any of", "{f: [a, b]}", f("a", "B"), f("c")),
    Vector("all is each of", "{f|contains|all: [a, b]}", f("ab", "b a"), f("a", "b")),
    Vector("all may hit different elements", "{f|contains|all: [a, b]}", f(["a", "b"]), f(["a", "c"])),
    Vector("a number equals its text", "{f: 5}", f(5, "5", 5.0, "5.0"), f(55, "x", True, None)),
    Vector("a text equals the number", "{f: '5'}", f(5, "5", 5.0), f("5.0", 55)),
    Vector("wildcards see numbers", "{f: '46*'}", f(4688, "4688"), f(5688)),
    Vector("a boolean equals its text", "{f: true}", f(True, "True"), f(False, 1, "yes")),
    Vector("a text equals the boolean", "{f: 'TRUE'}", f(True, "true"), f(1)),
    Vector("null is missing or null", "{f: null}", [*f(None), {}], f("", 0, [])),
    Vector("the empty text is only itself", "{f: ''}", f(""), [*f(None, " ", []), {}]),
    Vector("greater is numeric", "{f|gt: 5}", f(6, "6", "5.5", "10"), [*f(5, "x", "", None, True), {}]),
    Vector("a range is two items", "{f|gte: 5, f|lt: 10}", f(5, "9.9"), f(10, 4)),
    Vector("exists asks for presence", "{f|exists: true}", f("", None, 0, []), NOTHING),
    Vector("exists may be false", "{f|exists: false}", NOTHING, f("", None, [])),
    # logic
    Vector("not of a missing field is true", "{f: a}", [*f("b"), {}], f("a"), "not s"),
    Vector("neq is not any", "{f|neq: [a, b]}", [*f("c"), {}], f("a", "B")),
    Vector("neq of an array is none of them", "{f|neq: a}", f(["b", "c"]), f(["a", "b"])),
    Vector("any element is enough", "{f: a}", f(["b", "a"], [["a"]]), f(["b"], [])),
    Vector("not means no element", "{f: a}", f(["b"]), f(["a", "b"]), "not s"),
    Vector(
        "objects are walked",
        "{f.g: a}",
        [{"f": {"g": "a"}}, {"f": [{"g": "a"}]}, {"f.g": "a"}],
        f("a", {"h": "a"}),
    ),
    Vector("names are case-sensitive", "{F: a}", [{"F": "a"}], f("a")),
    Vector("a mapping is all of", "{f: a, g: b}", [{"f": "a", "g": "b"}], [*f("a"), {"g": "b"}]),
    Vector("a list of mappings is any of", "[{f: a}, {g: b}]", [*f("a"), {"g": "b"}], f("b")),
    # modifiers
    Vector("startswith", "{f|startswith: ab}", f("abc", "AB"), f("xab")),
    Vector("endswith", "{f|endswith: bc}", f("abc", "BC"), f("bcx")),
    Vector("wildcards inside endswith", "{f|endswith: '1?'}", f("0x10", "1é"), f("0x1", "10x")),
    Vector("contains of a number", "{f|contains: 5}", f(152, "x5"), f(4)),
    Vector("re is searched anywhere with case", "{f|re: 'b.d'}", f("abcd"), f("ABCD", "b\nd")),
    Vector("re takes i", "{f|re|i: 'B.D'}", f("abcd"), f("bd")),
    Vector("re takes s", "{f|re|s: 'b.d'}", f("b\nd"), f("bd")),
    Vector("re takes m", "{f|re|m: '^b'}", f("a\nb"), f("ab")),
    Vector("re classes are ASCII", r"{f|re: '^\w+$'}", f("abc"), f("đ")),
    Vector("re folds beyond ASCII", "{f|re|i: 'ĐÀ'}", f("đà"), f("da")),
    Vector("cidr of IPv4", "{f|cidr: 10.0.0.0/8}", f("10.1.2.3"), f("11.0.0.1", "10.evil.example", "")),
    Vector("cidr with host bits", "{f|cidr: 10.1.1.1/8}", f("10.200.0.1"), f("11.0.0.1")),
    Vector("cidr of IPv6", "{f|cidr: '2001:db8::/32'}", f("2001:0DB8:0:0::1"), f("2001:db9::1", "10.0.0.1")),
    Vector("base64", "{f|base64|contains: whoami}", f("d2hvYW1pIC9hbGw="), f("whoami")),
    Vector(
        "base64offset",
        "{f|base64offset|contains: http}",
        f("IGh0dHA6", "aHR0cDov", "ICBodHRwOi8v"),
        f("http"),
    ),
    Vector("wide base64", "{f|wide|base64offset|contains: ping}", f("cABpAG4AZwAgAA=="), f("cGluZyA=")),
    Vector(
        "windash any way round", "{f|windash|contains: ' -f '}", f("x /f y", "x -f y", "x –f y"), f("x f y")
    ),
    Vector("windash from a slash", "{f|contains|windash: ' /ma '}", f("a -ma b", "a ―MA b"), f("a ma b")),
    Vector("windash inside words stays", "{f|windash: 'foo-bar'}", f("foo-bar"), f("foo/bar")),
    Vector("fieldref", "{f|fieldref: g}", [{"f": "A", "g": "a"}], [{"f": "a", "g": "b"}, {"f": "a"}, {}]),
    Vector(
        "fieldref with a place",
        "{f|fieldref|endswith: g}",
        [{"f": "xab", "g": "AB"}],
        [{"f": "abx", "g": "ab"}],
    ),
    Vector("fieldref negated", "{f|fieldref|neq: g}", [{"f": "a", "g": "b"}, {}], [{"f": "a", "g": "A"}]),
    Vector("a percent sign without expand", "{f: '%x%'}", f("%X%"), f("x")),
    Vector("hour as written", "{f|hour: 8}", f("2026-03-01T08:59:59+07:00"), f("2026-03-01T09:00:00Z", "8")),
    Vector("week is ISO", "{f|week|gte: 53}", f("2027-01-01T00:00:00Z"), f("2026-12-20T00:00:00Z")),
    # keywords
    Vector(
        "keywords are found anywhere",
        "[needle]",
        [{"a": "xNEEDLEx"}, {"a": {"b": ["needle"]}}],
        [{"needle": "x"}],
    ),
    Vector("all keywords", "{'|all': [one, two]}", [{"a": "one", "b": "two"}], [{"a": "one"}]),
    Vector("wildcards in keywords", "['one*two']", [{"a": "x one and two x"}], [{"a": "one", "b": "two"}]),
    Vector("keywords of numbers", "[468]", [{"a": 4688}], [{"a": 46}]),
    Vector(
        "keywords and fields in one list", "[needle, {f: a}]", [{"x": "needle"}, {"f": "a"}], [{"x": "a"}]
    ),
]


@pytest.mark.parametrize("matcher", MATCHERS.values(), ids=MATCHERS)
@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.says)
def test_matching_is_what_the_specification_says(vector: Vector, matcher: Matcher) -> None:
    rule = plan_of(f"{{s: {vector.selection}, condition: {vector.condition}}}")
    assert [fields for fields in vector.matches if not matcher(rule, event_with(fields))] == []
    assert [fields for fields in vector.others if matcher(rule, event_with(fields))] == []


CONDITIONS = [
    ("sel_a or sel_b and sel_c", "a", "b"),
    ("(sel_a or sel_b) and sel_c", "ac", "a"),
    ("not sel_a and sel_b", "b", "ab"),
    ("not (sel_a or sel_b)", "c", "a"),
    ("1 of sel_*", "c", "n"),
    ("any of sel_*", "c", "n"),
    ("all of sel_*", "abc", "ab"),
    ("all of them", "abcn", "abc"),
    ("1 of them and not sel_a", "n", "a"),
    ("notepad or sel_a", "n", "b"),
    ("not notepad", "a", "an"),
    ("android-x and sel_a", "ad", "a"),
]


@pytest.mark.parametrize("matcher", MATCHERS.values(), ids=MATCHERS)
@pytest.mark.parametrize(("condition", "true", "false"), CONDITIONS)
def test_conditions_are_what_the_specification_says(
    condition: str, true: str, false: str, matcher: Matcher
) -> None:
    names = {"a": "sel_a", "b": "sel_b", "c": "sel_c", "n": "notepad", "o": "_off"}
    if "android" in condition:
        names["d"] = "android-x"
    selections = {name: {field: 1} for field, name in names.items()}
    rule = plan_of({**selections, "condition": condition})
    assert matcher(rule, event_with(dict.fromkeys(true, 1)))
    assert not matcher(rule, event_with(dict.fromkeys(false, 1)))


REFUSED = [
    "{s: {f|sounds_like: x}, condition: s}",
    "{s: {f|expand: '%nobody%'}, condition: s}",
    "{s: {f: x}, condition: 1 of nothing_*}",
    "{s: {f: x}, condition: s | count() > 5}",
    r"{s: {f|re: '(a)\1'}, condition: s}",
    "{s: {f|re: '(?=a)'}, condition: s}",
    "{s: {f|cidr: 10.0.0.0/40}, condition: s}",
    "{s: {f|gt: many}, condition: s}",
    "{s: {f|base64: 'a*'}, condition: s}",
]


@pytest.mark.parametrize("detection", REFUSED)
def test_a_rule_that_would_mean_something_else_is_refused(detection: str) -> None:
    assert fault_of(rule_text(detection)).startswith("0.yml:")
