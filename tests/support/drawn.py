"""Drawn: conditions, rules and events at random, odd ones more often than life gives them."""

import re
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import strategies as st
from support.rulings import event_with, loaded, rule_text

from soc.kernel.numbers import decimal_of
from soc.model.event import Event, LogSource
from soc.model.fields import text_of
from soc.rulebook import plan
from soc.rulebook.plan import Node, Pattern, RulePlan, Text, Wild

CHARS = "abAB.*?[]\\-/ \n\0\r05éÉđĐßẞſsKkKİIıiΩωΩςσΣDžDždžÅåŉꭰᎠᾈᾀ\u0301\u0345😀"
"""Among them all that folding may get wrong: several letters to one, one to several, marks of their own."""
TEXTS = (
    *(
        "",
        "a",
        "ab",
        "A",
        "abab",
        "\0",
        "true",
        "False",
        "TRUE",
        "null",
        "None",
        "ĐÀ NẴNG",
        "*",
        "a*b",
        "[a-b]",
    ),
    *(
        "5",
        "5.0",
        " 5",
        "+5",
        "05",
        "5e0",
        "5.",
        ".5",
        "-0",
        "0",
        "0x5",
        "1_0",
        "٥",
        "1e400",
        "-1e400",
        "1e-07",
    ),
    *("NaN", "inf", "-", ".", "9" * 41, "18446744073709551616", "100000", "0.0000001"),
    *("10.0.0.1", "010.0.0.1", "10.0.0.256", "10.0.0.1 ", "10.0.0.0/8", "::1", "::ffff:10.0.0.1", "::a00:1"),
    *("2001:DB8::5", "2001:0db8:0:0:0::0005", "fe80::1%eth0", "0::"),
    *("2026-03-01T08:30:00Z", "2026-03-01 08:30:00.5+07:00", "20260301T083000", "2026-W09-7", "2026-03-01"),
    *("2026-12-31T23:59:59", "2027-01-01T00:00:00", "08:30", "2026-02-30T00:00:00", "1772350200"),
)
LOOK_ALIKES = (
    0,
    -0.0,
    0.0,
    "0",
    "-0",
    False,
    "false",
    1,
    1.0,
    True,
    "1",
    "1.0",
    "true",
    5,
    5.0,
    "5",
    None,
    "",
)
"""Equal to each other for a computer in a hurry, and not for a rule."""
NUMBERS = (-1, 46, 100, 0.1, 1e-7, 1e16, 1e22, 2**53 + 1, 2**63, 2**64 - 1, -(2**63), 100000.0)
NAMES = ("f", "g", "o", "o.f", "o.p.g", "o.p", "a.b.c.d", "f.")
EXPRESSIONS = (
    *(
        "a",
        "^a",
        "a$",
        "a.b",
        "a|5",
        r"\d+",
        r"\w-",
        "[^a]",
        "^$",
        r"\bab\b",
        r"\Bb",
        ".{2,3}",
        "A+",
        "(a|b)c?",
    ),
    *(
        r"\s",
        r"\S+\s",
        r"\.",
        r"\\",
        r"\x61",
        "é",
        "[àêỹđ]",
        "[à-ỹđ]",
        "[^À-Ỹ]",
        "(?i:[Ā-ſ]é)",
        "(?i)É",
        "(?i)^ab",
        "a{2}",
        "^.*b",
        "^a$",
        "K",
        "ς",
        "ß",
    ),
)
LOGSOURCES = (LogSource(product="p"), LogSource(product="p", service="s"), LogSource(category="c"))
NETWORKS = (
    "10.0.0.0/8",
    "10.0.0.1/32",
    "0.0.0.0/0",
    "::/0",
    "::/64",
    "::1/128",
    "::ffff:0:0/96",
    "2001:db8::/32",
)
PARTS = ("minute", "hour", "day", "week", "month", "year")


@st.composite
def texts(draw: st.DrawFn) -> Text:
    """A string pattern: literals and wildcards in any order, or a known text."""
    pieces = st.text(CHARS, min_size=1, max_size=3) | st.sampled_from([text for text in TEXTS if text])
    parts: list[Wild | str] = []
    for part in draw(st.lists(pieces | st.sampled_from(Wild), max_size=5)):
        if not (isinstance(part, str) and parts and isinstance(parts[-1], str)):
            parts.append(part)
    return Text(tuple(parts), draw(st.booleans()))


bounds = st.sampled_from(
    [Decimal(n) for n in ("0", "1", "5", "5.0", "-1", "46", "1e2", "0.1", "1e-7", "1e16")]
)
expressions = st.builds(plan.Regex, st.sampled_from(EXPRESSIONS), st.booleans(), st.booleans(), st.booleans())
field_patterns: st.SearchStrategy[Pattern] = st.one_of(
    texts(),
    st.builds(plan.Number, bounds),
    st.builds(plan.Boolean, st.booleans()),
    expressions,
    st.builds(plan.Cidr, st.sampled_from(NETWORKS)),
    st.builds(plan.Compare, st.sampled_from(plan.Order), bounds),
    st.just(plan.Null()),
    st.builds(plan.Exists, st.booleans()),
    st.builds(plan.FieldRef, st.sampled_from(NAMES), st.sampled_from(plan.Place), st.booleans()),
    st.builds(
        plan.TimePart,
        st.sampled_from(PARTS),
        st.none() | st.sampled_from(plan.Order),
        st.sampled_from([Decimal(n) for n in (1, 8, 9, 30, 53, 2026)]),
    ),
)


def nested(leaves: st.SearchStrategy[Node], *, most: int) -> st.SearchStrategy[Node]:
    """Conditions over *leaves*, at most *most* of them."""
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(plan.And, st.lists(inner, min_size=1, max_size=3).map(tuple)),
            st.builds(plan.Or, st.lists(inner, min_size=1, max_size=3).map(tuple)),
            st.builds(plan.Not, inner),
        ),
        max_leaves=most,
    )


leaves: st.SearchStrategy[Node] = st.one_of(
    st.builds(plan.Test, st.sampled_from(NAMES), field_patterns),
    st.builds(plan.Keyword, texts() | expressions),
    st.builds(plan.Constant, st.booleans()),
)
nodes = nested(leaves, most=6)
scalars = st.one_of(
    st.sampled_from(LOOK_ALIKES),
    st.sampled_from(TEXTS),
    st.text(CHARS, max_size=6),
    st.sampled_from(NUMBERS),
)
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(("f", "g", "p", "p.g", "b", "")), inner, max_size=2)
    ),
    max_leaves=6,
)
field_names = st.sampled_from((*NAMES, "a", "a.b", "a.b.c"))
logsources = st.lists(st.sampled_from(LOGSOURCES), max_size=2, unique=True).map(tuple)


def events_of(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Event]:
    """Events whose fields have values of *inner*."""
    return st.builds(
        event_with,
        st.dictionaries(field_names, inner, max_size=5),
        original=st.text(CHARS, max_size=8),
        quarantined=st.sampled_from([False, False, False, True]),
        logsources=logsources,
    )


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    """Events that have few values between them, so that each comes again, in another field or alone."""
    pool = draw(st.lists(values, min_size=1, max_size=4))
    again = st.sampled_from(pool)
    return draw(st.lists(events_of(again | st.lists(again, max_size=2)), min_size=1, max_size=6))


@cache
def _heading() -> plan.Heading:
    return loaded(rule_text("{s: {f: x}, condition: s}")).rules[0].heading


def bare(
    position: int, condition: Node, logsource: LogSource = LOGSOURCES[0], *, routed: bool = True
) -> RulePlan:
    """A rule of *condition* alone."""
    return RulePlan(
        heading=_heading(),
        logsource=logsource,
        condition=condition,
        fields=frozenset(),
        custom=plan.Custom(),
        version=str(position),
        routed=routed,
    )


def rules_of(conditions: st.SearchStrategy[list[Node]]) -> st.SearchStrategy[list[RulePlan]]:
    """A rule of each of the *conditions*, two of three routed."""
    kinds = st.tuples(st.sampled_from(LOGSOURCES), st.sampled_from([True, True, False]))

    def with_kinds(drawn: list[Node]) -> st.SearchStrategy[list[RulePlan]]:
        return st.lists(kinds, min_size=len(drawn), max_size=len(drawn)).map(
            lambda found: [
                bare(n, condition, source, routed=routed)
                for n, (condition, (source, routed)) in enumerate(zip(drawn, found, strict=True))
            ]
        )

    return conditions.flatmap(with_kinds)


@st.composite
def crowds(draw: st.DrawFn) -> list[RulePlan]:
    """Some hundred rules that share a handful of tests, as public rules do."""
    few = draw(st.lists(leaves, min_size=4, max_size=8))
    pairs = [(one, other) for one in few for other in few if one is not other]
    conditions: list[Node] = [
        *(plan.And((one, other)) for one, other in pairs),
        *(plan.Or((one, plan.And((other, few[0])))) for one, other in pairs),
        *(plan.And((one, plan.Not(other))) for one, other in pairs),
    ]
    sources = draw(st.lists(st.sampled_from(LOGSOURCES), min_size=3, max_size=3))
    return [bare(n, condition, sources[n % 3]) for n, condition in enumerate(conditions)]


ID = "id"
WIDE = tuple(f"w{n}" for n in range(12))
ids = st.sampled_from(
    [0, 1, 2, 1.0, True, "1", " 1", "01", "x", "", None, [1, 2], [], {}, {"f": 1}, "-0", 1e0]
)


@st.composite
def families(draw: st.DrawFn) -> list[RulePlan]:
    """Rules over many fields of which most want one value of the same field first, as Windows rules do."""
    choices: list[Pattern] = [
        *(plan.Number(Decimal(1)), plan.Number(Decimal(2))),
        *(Text(("1",)), Text(("X",)), Text(()), Text((Wild.ONE,))),
    ]
    wanted = st.sampled_from(choices)
    rules: list[RulePlan] = []
    for name in WIDE:
        inner = draw(nested(st.builds(plan.Test, st.just(name), field_patterns) | leaves, most=3))
        first: Node = plan.Test(ID, draw(wanted))
        if draw(st.booleans()):
            first = plan.Or((first, plan.Test(ID, draw(wanted))))
        forms: list[Node] = [plan.And((first, inner)), plan.And((inner, plan.Not(inner), first))]
        forms += [forms[0], plan.And((first, plan.Not(inner))), plan.Or((plan.Not(first), inner)), first]
        rules.append(bare(len(rules), draw(st.sampled_from(forms)), routed=False))
    return rules


members = st.builds(
    lambda id_, inner: event_with({**id_, **inner}, logsources=()),
    st.just({}) | st.fixed_dictionaries({ID: ids}) | st.fixed_dictionaries({ID: st.lists(ids, max_size=2)}),
    st.dictionaries(st.sampled_from((*WIDE, *NAMES)), values, max_size=4),
)


@st.composite
def about(draw: st.DrawFn, events: list[Event]) -> list[RulePlan]:
    """Rules made of what *events* hold, each true of one of them or nearly so; tried on every event."""
    told = [pair for event in events for pair in event.fields.items()] or [("f", "")]
    tests = [draw(_test_of(*draw(st.sampled_from(told)))) for _ in range(draw(st.integers(1, 6)))]
    conditions = draw(st.lists(nested(st.sampled_from(tests), most=4), min_size=1, max_size=6))
    return [bare(n, condition, routed=False) for n, condition in enumerate(conditions)]


@st.composite
def _test_of(draw: st.DrawFn, name: str, value: Any) -> Node:
    while isinstance(value, list | dict) and value:
        value = draw(st.sampled_from([*value.values()] if isinstance(value, dict) else value))
    pattern = draw(_pattern_of(value))
    if isinstance(pattern, Text | plan.Regex) and draw(st.booleans()):
        return plan.Keyword(pattern)
    return plan.Test(name, pattern)


@st.composite
def _pattern_of(draw: st.DrawFn, value: Any) -> Pattern:
    text, number = text_of(value), decimal_of(value)
    if text is None:
        presence: list[Pattern] = [plan.Null(), plan.Exists(wanted=True), plan.Exists(wanted=False)]
        return draw(st.sampled_from(presence))
    if number is not None and draw(st.booleans()):
        size: list[Pattern] = [plan.Number(number), *(plan.Compare(order, number) for order in plan.Order)]
        return draw(st.sampled_from(size))
    begin = draw(st.integers(0, len(text)))
    piece = text[begin : begin + draw(st.integers(1, 12))]
    piece = draw(st.sampled_from([piece, piece.swapcase(), piece.title()]))
    if not piece:
        return Text((Wild.ANY, text) if text else ())
    if draw(st.booleans()):
        return plan.Regex(re.escape(piece).replace("\0", r"\x00"), *(draw(st.booleans()) for _ in range(3)))
    parts: tuple[tuple[Wild | str, ...], ...] = (
        (text,),
        (piece,),
        (piece, Wild.ANY),
        (Wild.ANY, piece),
        (Wild.ANY, piece, Wild.ANY),
        (Wild.ANY, Wild.ONE, piece, Wild.ONE, Wild.ANY),
        (text[:begin], Wild.ANY) if begin else (Wild.ANY,),
    )
    return Text(draw(st.sampled_from(parts)), draw(st.booleans()))
