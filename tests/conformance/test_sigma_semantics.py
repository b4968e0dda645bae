r"""What Sigma's specification says of matching, point by point, asked of the engine and of the reference.

Each vector: a detection as its author writes it, events that it must match, events that it must not.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from support.rulings import correlation_text, event_with, fault_of, loaded, plan_of, rule_text

from soc.detection import reference
from soc.detection.engine import Engine
from soc.model.event import Event, Fields, LogSource
from soc.rulebook.documents import RuleFile
from soc.rulebook.plan import CorrelationPlan, Operator, RulePlan

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
    # what others got wrong, and the corners of the above
    Vector("cased goes with startswith", "{f|startswith|cased: Ab}", f("Abc"), f("abc")),
    Vector("cased goes with endswith", "{f|cased|endswith: Bc}", f("aBc"), f("abc")),
    Vector("a prefix is folded too", "{f|startswith: ĐÀ}", f("đà nẵng"), f("da nang")),
    Vector("one dotted capital stays itself", "{f: İ}", f("İ"), f("i", "ı", "I")),
    Vector("five backslashes and a star", r"{f: 'a\\\\\*'}", f("a\\\\*"), f("a\\\\", "a\\*")),
    Vector("two backslashes are one", r"{f: 'a\\b'}", f("a\\b"), f("a\\\\b")),
    Vector("three backslashes are two", r"{f: 'a\\\b'}", f("a\\\\b"), f("a\\b")),
    Vector("an escaped question mark", r"{f: 'a\?'}", f("a?"), f("ab", r"a\?")),
    Vector("a trailing backslash of startswith", r"{f|startswith: 'C:\'}", f("c:\\x"), f("c:x")),
    Vector("null beside texts", "{f: [null, a]}", [*f(None, "a"), {}], f("", "b")),
    Vector("null that is not", "{f: null}", f("a", ""), [*f(None), {}], "not s"),
    Vector("less is numeric", "{f|lt: 10}", f(9, "9", -1, "1e0"), [*f(10, "x", "0x1", True), {}]),
    Vector("at most is numeric", "{f|lte: '10'}", f(10, "10.0"), f(10.1, "9x")),
    Vector("at least takes fractions", "{f|gte: 1.5}", f(1.5, "1.50"), f(1.4)),
    Vector("neq of a number", "{f|neq: 5}", f(6, "6", None), f(5, "5", 5.0)),
    Vector("neq with contains", "{f|contains|neq: [a, b]}", [*f("c"), {}], f("xax", "b")),
    Vector("neq of null", "{f|neq: null}", f("a", ""), [*f(None), {}]),
    Vector("neq of re", "{f|re|neq: '^a'}", [*f("ba"), {}], f("ab")),
    Vector("neq with all", "{f|contains|all|neq: [a, b]}", f("c"), f("a", "ab")),
    Vector(
        "literal dotted names stand beside objects", "{a.b.c: x}", [{"a.b": {"c": "x"}}], [{"a": {"b": "x"}}]
    ),
    Vector(
        "arrays of objects at any depth",
        "{a.b.c: x}",
        [{"a": [{"b": [{"c": "y"}, {"c": ["x"]}]}]}],
        [{"a": [{"b": "x"}]}],
    ),
    Vector("numbers in arrays", "{f|gt: 5}", f([1, "7"]), f([1, "x"])),
    Vector("null in arrays", "{f: null}", f([None]), f([], [""])),
    Vector("re with i and s and m", "{f|re|i|s|m: '^B.C$'}", f("a\nb\nc\nd"), f("ab\nc")),
    Vector(
        "re under i knows the Kelvin sign and ſ", "{f|re|i: '^ks$'}", f("KS", "\u212as", "k\u017f"), f("κς")
    ),
    Vector("re under i in a part of it", "{f|re: '(?i:k)s'}", f("Ks", "\u212as"), f("kS")),
    Vector("re classes under i are ASCII still", r"{f|re|i: '^\w$'}", f("k", "K"), f("\u212a", "đ")),
    Vector("re sees no line after the last newline", "{f|re|m: '^$'}", f("", "a\n\n", "\n"), f("a\n", "a")),
    Vector("re between no words", r"{f|re: '\B'}", f("", "ab", "-"), f("a")),
    Vector("re of a text with a quote", '{f|re: "it\'s"}', f("it's"), f("its")),
    Vector("re of a number", "{f|re: '^46..$'}", f(4688), f(5688)),
    Vector("re of anything needs a value", "{f|re: '.*'}", f("", "a"), [{}, *f(None)]),
    Vector("re on any element", "{f|re: '^b$'}", f(["a", "b"]), f(["ab"])),
    Vector("re with all", "{f|re|all: ['a', 'b']}", f("ba"), f("a")),
    Vector("cidr of a list", "{f|cidr: [10.0.0.0/8, '::1']}", f("10.9.9.9", "::1"), f("::2", 10)),
    Vector("cidr of one address", "{f|cidr: 192.0.2.7}", f("192.0.2.7"), f("192.0.2.8")),
    Vector("cidr holds no mapped address", "{f|cidr: 10.0.0.0/8}", f("10.0.0.1"), f("::ffff:10.0.0.1")),
    Vector("base64 of an escaped star", r"{f|base64: 'a\*b'}", f("YSpi"), f("YVwqYg==")),
    Vector("base64 folds case unless cased", "{f|base64: a}", f("YQ==", "yq=="), f("a")),
    Vector("base64 with cased", "{f|base64|cased: a}", f("YQ=="), f("yq==")),
    Vector(
        "base64offset counts bytes", "{f|base64offset|contains: đ}", f("xJE=", "IMSR", "ICDEkQ=="), f("đ")
    ),
    Vector(
        "utf16le is wide", "{f|utf16le|base64offset|contains: ping}", f("cABpAG4AZwAgAA=="), f("cGluZyA=")
    ),
    Vector("utf16be", "{f|utf16be|base64offset|contains: ping}", f("AHAAaQBuAGc="), f("cABpAG4AZwAgAA==")),
    Vector("utf16 has its mark", "{f|utf16|base64: ping}", f("//5wAGkAbgBnAA=="), f("cABpAG4AZwA=")),
    Vector("base64 of wide text", "{f|wide|base64: ping}", f("cABpAG4AZwA="), f("cGluZw==")),
    Vector(
        "windash is all dashes for all dashes",
        "{f|windash|endswith: ' ―x'}",
        f("a -x", "a /x", "a –x", "a —x", "a ―x"),
        f("a x", "a +x"),
    ),
    Vector("windash at the beginning", "{f|windash|startswith: '-x'}", f("/x y", "–X"), f("x")),
    Vector("windash of a list", "{f|windash|contains|all: [' -a', ' /b']}", f("x /a –b"), f("x /a")),
    Vector(
        "fieldref contains", "{f|fieldref|contains: g}", [{"f": "xABy", "g": "ab"}], [{"f": "ab", "g": "abc"}]
    ),
    Vector("fieldref of startswith", "{f|startswith|fieldref: g}", [{"f": "abc", "g": "AB"}], [{"g": "a"}]),
    Vector("fieldref of two missing fields", "{f|fieldref: g}", [{}], [{"f": 1, "g": "1"}], "not s"),
    Vector(
        "fieldref into objects",
        "{a.b|fieldref: c.d}",
        [{"a": {"b": "x"}, "c": {"d": "X"}}],
        [{"a": {"b": "x"}}],
    ),
    Vector("fieldref with cased", "{f|fieldref|cased: g}", [{"f": "a", "g": "a"}], [{"f": "a", "g": "A"}]),
    Vector("an escaped percent sign in expand", r"{f|expand: '\%x\%'}", f("%x%"), f("x")),
    Vector("minute", "{f|minute: 59}", f("2026-03-01T08:59:00Z"), f("2026-03-01T08:58:00Z")),
    Vector("day", "{f|day|lt: 2}", f("2026-03-01T00:00:00"), f("2026-03-02T00:00:00", "x")),
    Vector("month", "{f|month: [3, 4]}", f("2026-03-01", "2026-04-30"), f("2026-05-01")),
    Vector("year", "{f|year|gte: 2026}", f("2026-01-01T00:00:00+07:00"), [*f("2025-12-31T23:59:59Z"), {}]),
    Vector(
        "parts of a time that is none", "{f|hour: 8}", [*f("x", 8, None), {}], f("2026-03-01T08:00"), "not s"
    ),
    Vector("a keyword alone", "needle", [{"a": "a NEEDLE b"}], [{"needle": 1}]),
    Vector(
        "keywords that are a regular expression", "{'|re': 'ne+dle$'}", [{"a": "x needle"}], [{"a": "NEEDLE"}]
    ),
    Vector("keywords under cased", "{'|cased': Needle}", [{"a": "xNeedle"}], [{"a": "needle"}]),
    Vector("keywords that begin", "{'|startswith': one}", [{"a": "one two"}], [{"b": "tow"}]),
    Vector("keywords of whole floats", "[5.0]", [{"a": 5.0}, {"a": "15"}], [{"a": "4"}]),
    Vector("keywords see booleans", "[true]", [{"a": True}], [{"a": "tru"}]),
    Vector(
        "more than a thousand values",
        "{f: [" + ", ".join(f"v{n}" for n in range(1500)) + "]}",
        f("V0", "v1499"),
        f("v1500"),
    ),
    Vector("a filter on a missing field", "{f: a, g: b}", [{"f": "b"}, {}], [{"f": "a", "g": "b"}], "not s"),
    Vector("a selection of keywords is negated", "[needle]", [{"a": "x"}], [{"a": "needle"}], "not s"),
]
POINTS = {
    "1 whole fields, folded": [
        "plain values fit the whole field",
        "case is folded beyond ASCII",
        "folding is simple",
        "cased switches folding off",
        "cased goes with places",
        "cased goes with startswith",
        "cased goes with endswith",
        "a prefix is folded too",
        "one dotted capital stays itself",
    ],
    "2 wildcards": [
        "a star is any run",
        "a question mark is one character",
        "nothing else is a wildcard",
        "wildcards inside endswith",
    ],
    "3 escapes": [
        "an escaped star is a star",
        "an escaped star in contains is a star",
        "a doubled backslash and a wildcard",
        "three backslashes and a star are literal",
        "five backslashes and a star",
        "two backslashes are one",
        "three backslashes are two",
        "an escaped question mark",
        "a lone backslash is one",
        "a trailing backslash stays",
        "a trailing backslash of startswith",
        "a UNC path begins with two backslashes when four are written",
    ],
    "4 a star alone": ["a star alone is any value", "a contained star is any value"],
    "5 lists": [
        "a list is any of",
        "all is each of",
        "all may hit different elements",
        "re with all",
        "more than a thousand values",
    ],
    "6 numbers and booleans": [
        "a number equals its text",
        "a text equals the number",
        "wildcards see numbers",
        "a boolean equals its text",
        "a text equals the boolean",
        "greater is numeric",
        "a range is two items",
        "less is numeric",
        "at most is numeric",
        "at least takes fractions",
        "contains of a number",
        "re of a number",
    ],
    "7 null and the empty text": [
        "null is missing or null",
        "the empty text is only itself",
        "null beside texts",
        "null that is not",
        "null in arrays",
        "re of anything needs a value",
    ],
    "8 exists": ["exists asks for presence", "exists may be false"],
    "9 two values": ["not of a missing field is true", "a filter on a missing field"],
    "10 neq": [
        "neq is not any",
        "neq of an array is none of them",
        "neq of a number",
        "neq with contains",
        "neq of null",
        "neq of re",
        "neq with all",
        "fieldref negated",
    ],
    "11 arrays and objects": [
        "any element is enough",
        "not means no element",
        "objects are walked",
        "literal dotted names stand beside objects",
        "arrays of objects at any depth",
        "numbers in arrays",
        "re on any element",
    ],
    "12 names": ["names are case-sensitive"],
    "13 regular expressions": [
        "re is searched anywhere with case",
        "re takes i",
        "re takes s",
        "re takes m",
        "re with i and s and m",
        "re classes are ASCII",
        "re folds beyond ASCII",
        "re under i knows the Kelvin sign and ſ",
        "re under i in a part of it",
        "re classes under i are ASCII still",
        "re sees no line after the last newline",
        "re between no words",
        "re of a text with a quote",
    ],
    "14 networks": [
        "cidr of IPv4",
        "cidr with host bits",
        "cidr of IPv6",
        "cidr of a list",
        "cidr of one address",
        "cidr holds no mapped address",
    ],
    "15 encodings": [
        "startswith",
        "endswith",
        "base64",
        "base64offset",
        "wide base64",
        "base64 of an escaped star",
        "base64 folds case unless cased",
        "base64 with cased",
        "base64offset counts bytes",
        "utf16le is wide",
        "utf16be",
        "utf16 has its mark",
        "base64 of wide text",
    ],
    "16 windash": [
        "windash any way round",
        "windash from a slash",
        "windash inside words stays",
        "windash is all dashes for all dashes",
        "windash at the beginning",
        "windash of a list",
    ],
    "17 fieldref": [
        "fieldref",
        "fieldref with a place",
        "fieldref contains",
        "fieldref of startswith",
        "fieldref of two missing fields",
        "fieldref into objects",
        "fieldref with cased",
    ],
    "18 expand": ["a percent sign without expand", "an escaped percent sign in expand"],
    "19 parts of a time": [
        "hour as written",
        "week is ISO",
        "minute",
        "day",
        "month",
        "year",
        "parts of a time that is none",
    ],
    "21 selections and keywords": [
        "a mapping is all of",
        "a list of mappings is any of",
        "keywords are found anywhere",
        "all keywords",
        "wildcards in keywords",
        "keywords of numbers",
        "keywords and fields in one list",
        "a keyword alone",
        "keywords that are a regular expression",
        "keywords under cased",
        "keywords that begin",
        "keywords of whole floats",
        "keywords see booleans",
        "a selection of keywords is negated",
    ],
}
"""What the specification says, point by point, and the vectors of each."""
POINT_OF = {says: point for point, vectors in POINTS.items() for says in vectors}


def test_every_vector_belongs_to_a_point_and_none_is_asked_for_twice() -> None:
    assert sorted(POINT_OF) == sorted(vector.says for vector in VECTORS)
    assert len(POINT_OF) == sum(map(len, POINTS.values()))


@pytest.mark.parametrize("matcher", MATCHERS.values(), ids=MATCHERS)
@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{POINT_OF.get(vector.says)}: {vector.says}")
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
def test_22_conditions_are_what_the_specification_says(
    condition: str, true: str, false: str, matcher: Matcher
) -> None:
    names = {"a": "sel_a", "b": "sel_b", "c": "sel_c", "n": "notepad", "o": "_off"}
    if "android" in condition:
        names["d"] = "android-x"
    selections = {name: {field: 1} for field, name in names.items()}
    rule = plan_of({**selections, "condition": condition})
    assert matcher(rule, event_with(dict.fromkeys(true, 1)))
    assert not matcher(rule, event_with(dict.fromkeys(false, 1)))


REFUSED = {
    "13 look-around": "{s: {f|re: '(?=a)'}, condition: s}",
    "13 a back-reference": r"{s: {f|re: '(a)\1'}, condition: s}",
    "13 flags before re": "{s: {f|i|re: a}, condition: s}",
    "13 re and a place": "{s: {f|re|contains: a}, condition: s}",
    "14 no network": "{s: {f|cidr: 10.0.0.0/40}, condition: s}",
    "15 an encoded wildcard": "{s: {f|base64: 'a*'}, condition: s}",
    "15 text after its encoding": "{s: {f|wide|windash: '-a'}, condition: s}",
    "16 too many dashes": "{s: {f|windash: ' -a -b -c -d -e -f'}, condition: s}",
    "18 a placeholder without values": "{s: {f|expand: '%nobody%'}, condition: s}",
    "18 one whose name has a dash": "{s: {f|expand: 'x%no-body%'}, condition: s}",
    "20 an unknown modifier": "{s: {f|sounds_like: x}, condition: s}",
    "20 two types": "{s: {f|re|cidr: x}, condition: s}",
    "6 a threshold that is no number": "{s: {f|gt: many}, condition: s}",
    "7 null under contains": "{s: {f|contains: null}, condition: s}",
    "21 an empty selection": "{s: {}, condition: s}",
    "21 a keyword that is compared": "{s: {'|gt': 5}, condition: s}",
    "22 a pattern that fits nothing": "{s: {f: x}, condition: 1 of nothing_*}",
    "22 all of nothing": "{_s: {f: x}, condition: all of them}",
    "22 an operator too many": "{s: {f: x}, condition: s and and s}",
    "22 an aggregation": "{s: {f: x}, condition: s | count() > 5}",
    "23 an unknown name": "{s: {f: x}, condition: [s, t]}",
    "23 no condition in the list": "{s: {f: x}, condition: []}",
}


@pytest.mark.parametrize("detection", REFUSED.values(), ids=REFUSED)
def test_a_rule_that_would_mean_something_else_is_refused(detection: str) -> None:
    assert fault_of(rule_text(detection)).startswith("0.yml:")


def held(condition: Any, *fields: str, more: dict[str, Any] | None = None) -> list[bool]:
    """Whether a rule of one-field selections holds for the given fields, as each matcher says."""
    names = ("sel_a", "sel_b", "_off", "notepad", "or_else", "and-more", "x[1]", "Sel_A")
    rule = plan_of({**{name: {name: 1} for name in names}, **(more or {}), "condition": condition})
    return [matcher(rule, event_with(dict.fromkeys(fields, 1))) for matcher in MATCHERS.values()]


@pytest.mark.parametrize(
    ("condition", "true", "false"),
    [
        (["sel_a", "sel_b and notepad"], ["sel_a"], ["sel_b"]),
        (["sel_a", "sel_b and notepad"], ["sel_b", "notepad"], []),
        ("or_else or sel_a", ["or_else"], ["sel_b"]),
        ("and-more and not or_else", ["and-more"], ["and-more", "or_else"]),
        ("not notepad and sel_a", ["sel_a"], ["sel_a", "notepad"]),
        ("NOT sel_a AND sel_b", ["sel_b"], ["sel_a", "sel_b"]),
        ("1 of *_a", ["sel_a"], ["sel_b"]),
        ("1 of s*_b", ["sel_b"], ["sel_a"]),
        ("1 of _*", ["_off"], ["sel_a"]),
        ("1 of them", ["x[1]"], ["_off"]),
        ("1 of x[1]", ["x[1]"], ["sel_a"]),
        ("sel_a", ["sel_a"], ["Sel_A"]),
        ("not not sel_a", ["sel_a"], ["sel_b"]),
        ("not 1 of sel_*", ["notepad"], ["sel_b"]),
        ("sel_a and not 1 of _* or sel_b", ["sel_b", "_off"], ["sel_a", "_off"]),
    ],
    ids=str,
)
def test_23_conditions_may_be_lists_and_22_names_may_look_like_operators(
    condition: Any, true: list[str], false: list[str]
) -> None:
    assert held(condition, *true) == [True, True]
    assert held(condition, *false) == [False, False]


def test_22_one_of_a_pattern_keeps_what_each_selection_says_of_all() -> None:
    both = {"sel_c": {"f|contains|all": ["x", "y"]}}
    rule = plan_of({**both, "condition": "1 of sel*"})
    for matcher in MATCHERS.values():
        assert matcher(rule, event_with({"f": "xy"}))
        assert not matcher(rule, event_with({"f": "x"}))


@pytest.mark.parametrize("matcher", MATCHERS.values(), ids=MATCHERS)
def test_24_a_rule_is_asked_of_its_log_source_only(matcher: Matcher) -> None:
    given = {"product": "windows", "category": "process_creation"}
    (rule,) = loaded(rule_text("{s: {f: a}, condition: s}", logsource=given)).rules
    sysmon = LogSource("windows", "process_creation", "sysmon")
    assert matcher(rule, event_with({"f": "a"}, logsources=(LogSource("windows"), sysmon)))
    assert not matcher(rule, event_with({"f": "a"}, logsources=(LogSource("windows", None, "sysmon"),)))
    assert not matcher(rule, event_with({"f": "a"}, logsources=(LogSource("linux", "process_creation"),)))


FILTER = """
title: F
logsource: {product: test}
filter: {rules: %s, selection: {user: admin}, f_one: {a: x}, condition: %s}
"""


@pytest.mark.parametrize("matcher", MATCHERS.values(), ids=MATCHERS)
def test_35_a_filter_is_anded_to_the_rule(matcher: Matcher) -> None:
    rule_ = rule_text("{s: {a: x}, condition: s}", name="called")
    for rules in ("any", "[r]", "[called]"):
        (rule,) = loaded(rule_, FILTER % (rules, "not selection")).rules
        assert matcher(rule, event_with({"a": "x", "user": "bob"}))
        assert not matcher(rule, event_with({"a": "x", "user": "ADMIN"}))
    (rule,) = loaded(rule_, FILTER % ("[other]", "not selection")).rules
    assert matcher(rule, event_with({"a": "x", "user": "admin"}))


def test_35_a_filter_that_keeps_what_it_selects_is_followed_and_warned_of() -> None:
    book = loaded(rule_text("{s: {a: x}, condition: s}"), FILTER % ("any", "selection"))
    assert reference.matches(book.rules[0], event_with({"a": "x", "user": "admin"}))
    assert "usually the condition is 'not selection'" in book.warnings[0]


@pytest.mark.parametrize("matcher", MATCHERS.values(), ids=MATCHERS)
def test_36_rule_and_filter_do_not_see_each_others_selections(matcher: Matcher) -> None:
    rule_ = rule_text("{selection: {a: x}, f_two: {b: y}, condition: 1 of them}")
    (rule,) = loaded(rule_, FILTER % ("any", "not 1 of sel*")).rules
    assert matcher(rule, event_with({"b": "y"}))
    assert not matcher(rule, event_with({"user": "admin"}))
    assert not matcher(rule, event_with({"b": "y", "user": "admin"}))


@pytest.mark.parametrize("matcher", MATCHERS.values(), ids=MATCHERS)
def test_legacy_global_documents_are_laid_under_those_that_follow(matcher: Matcher) -> None:
    text = """
action: global
title: G
logsource: {product: test}
detection: {condition: s}
---
id: one
detection: {s: {a: x}}
---
id: two
detection: {s: {b: y}}
---
action: reset
---
title: Alone
id: three
logsource: {product: test}
detection: {t: {c: z}, condition: t}
"""
    rules = {rule.id: rule for rule in loaded(text).rules}
    for name, field, value in (("one", "a", "x"), ("two", "b", "y"), ("three", "c", "z")):
        found = {each for each, rule in rules.items() if matcher(rule, event_with({field: value}))}
        assert found == {name}


def counted(condition: Any, **more: Any) -> CorrelationPlan:
    body = {"type": "event_count", "rules": ["called"], "timespan": "1h", "condition": condition, **more}
    rule = rule_text("{s: {a: x}, condition: s}", name="called")
    book = loaded(rule, correlation_text(body))
    assert book.errors == ()
    return next(plan for plan in book.correlations if plan.id == "c")


def test_thresholds_may_be_ranges_and_fractions() -> None:
    assert counted({"gt": 100, "lte": 200}).operators == (
        (Operator.GT, Decimal(100)),
        (Operator.LTE, Decimal(200)),
    )
    assert counted({"gt": 1.5}).operators == ((Operator.GT, Decimal("1.5")),)


def test_a_correlation_may_name_a_rule_by_its_name_although_it_has_an_id() -> None:
    assert counted({"gte": 1}).rules == ("r",)
    ordered = {"type": "temporal_ordered", "condition": None, "rules": ["called", "r"]}
    assert counted(**ordered).rules == ("r", "r")


def test_a_step_of_a_pipeline_leaves_every_other_backslash_alone() -> None:
    written = [r"C:\Windows\*", r"\\srv\share\\*", r"a\*b", r"\\\\x", r"?\?"]
    rule = rule_text({"s": {"f": written, "g": "x"}, "condition": "s"})
    steps = (
        "transformations: [{type: field_name_mapping, mapping: {g: h}}, {type: map_string, mapping: {y: z}}]"
    )
    (after,) = loaded(rule, pipelines=[RuleFile("pipelines/p.yml", steps)]).rules
    (before,) = loaded(rule.replace("g: x", "h: x")).rules
    assert after.condition == before.condition
