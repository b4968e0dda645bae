"""The fast engine answers what the reference answers, whatever the rules and the events."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.rulings import event_with, loaded, rule_text

from soc.detection import reference
from soc.detection.engine import Engine
from soc.model.event import Event, LogSource
from soc.rulebook import plan
from soc.rulebook.plan import Node, Pattern, RulePlan, Text, Wild

CHARS = "abAB.*?[]\\-/ \n\0\r05éÉđĐßẞſsKkİı\u0301😀"
WORDS = (
    "",
    "a",
    "ab",
    "A",
    "5",
    "5.0",
    "-0",
    "true",
    "False",
    "10.0.0.1",
    "::1",
    "2026-03-01T08:30:00Z",
    "ĐÀ NẴNG",
)
NAMES = ("f", "g", "o", "o.f", "o.p.g")
LITERALS = st.text(CHARS, min_size=1, max_size=3)
EXPRESSIONS = ("a", "^a", "a$", "a.b", "a|5", r"\d+", r"\w-", "[^a]", "^$", r"\bab\b", ".{2,3}", "A+", "")


@st.composite
def texts(draw: st.DrawFn) -> Text:
    parts: list[Wild | str] = []
    for part in draw(st.lists(st.one_of(LITERALS, st.sampled_from(Wild)), max_size=5)):
        if not (isinstance(part, str) and parts and isinstance(parts[-1], str)):
            parts.append(part)
    return Text(tuple(parts), draw(st.booleans()))


NUMBERS = st.sampled_from([Decimal(n) for n in ("0", "5", "5.0", "-1", "46", "1e2", "0.1")])
REGEXES = st.builds(
    plan.Regex, st.sampled_from([e for e in EXPRESSIONS if e]), st.booleans(), st.just(False), st.booleans()
)
PATTERNS: st.SearchStrategy[Pattern] = st.one_of(
    texts(),
    st.builds(plan.Number, NUMBERS),
    st.builds(plan.Boolean, st.booleans()),
    REGEXES,
    st.builds(plan.Cidr, st.sampled_from(["10.0.0.0/8", "::/64", "10.0.0.1/32", "0.0.0.0/0"])),
    st.builds(plan.Compare, st.sampled_from(plan.Order), NUMBERS),
    st.just(plan.Null()),
    st.builds(plan.Exists, st.booleans()),
    st.builds(plan.FieldRef, st.sampled_from(NAMES), st.sampled_from(plan.Place), st.booleans()),
    st.builds(
        plan.TimePart,
        st.sampled_from(["minute", "hour", "day", "week", "month", "year"]),
        st.one_of(st.none(), st.sampled_from(plan.Order)),
        st.sampled_from([Decimal(n) for n in (8, 9, 30, 2026)]),
    ),
)
LEAVES: st.SearchStrategy[Node] = st.one_of(
    st.builds(plan.Test, st.sampled_from(NAMES), PATTERNS),
    st.builds(plan.Keyword, st.one_of(texts(), REGEXES)),
    st.builds(plan.Constant, st.booleans()),
)
NODES: st.SearchStrategy[Node] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(plan.And, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(plan.Or, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(plan.Not, inner),
    ),
    max_leaves=6,
)
LOGSOURCES = (LogSource(product="p"), LogSource(product="p", service="s"), LogSource(category="c"))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(WORDS),
    st.text(CHARS, max_size=6),
    st.sampled_from([0, 5, -1, 46, 100, 0.0, -0.0, 5.0, 0.1, 1e22]),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(("f", "g", "p", "p.g")), inner, max_size=2),
    ),
    max_leaves=5,
)
FIELDS = st.dictionaries(st.sampled_from((*NAMES, "o.p")), VALUES, max_size=4)


def bare(position: int, condition: Node, logsource: LogSource, *, routed: bool) -> RulePlan:
    book = loaded(rule_text("{s: {f: x}, condition: s}", id=f"r{position}"))
    return RulePlan(
        heading=book.rules[0].heading,
        logsource=logsource,
        condition=condition,
        fields=frozenset(),
        custom=plan.Custom(),
        version=str(position),
        routed=routed,
    )


@st.composite
def rulebooks(draw: st.DrawFn) -> list[RulePlan]:
    conditions = draw(st.lists(NODES, min_size=1, max_size=6))
    return [
        bare(
            n, condition, draw(st.sampled_from(LOGSOURCES)), routed=draw(st.sampled_from([True, True, False]))
        )
        for n, condition in enumerate(conditions)
    ]


EVENTS = st.builds(
    event_with,
    FIELDS,
    original=st.text(CHARS, max_size=8),
    quarantined=st.sampled_from([False, False, False, True]),
    logsources=st.lists(st.sampled_from(LOGSOURCES), max_size=2, unique=True).map(tuple),
)


@given(rules=rulebooks(), events=st.lists(EVENTS, min_size=1, max_size=6))
def test_the_fast_engine_is_the_reference(rules: list[RulePlan], events: list[Event]) -> None:
    engine = Engine(rules)
    for event in [*events, *events]:
        assert engine.match(event) == reference.match(rules, event)


@given(rules=rulebooks(), events=st.lists(EVENTS, min_size=1, max_size=3))
def test_without_routing_every_rule_is_tried(rules: list[RulePlan], events: list[Event]) -> None:
    engine = Engine(rules, routed=False)
    for event in events:
        # A quarantined event still meets only rules that have keywords.
        tried = [rule for rule in rules if not event.marks or reference.applies(rule, event)]
        assert engine.match(event) == tuple(rule for rule in tried if reference.matches(rule, event))


@given(pattern=texts(), text=st.text(CHARS, max_size=12))
def test_wildcards_mean_the_same_alone(pattern: Text, text: str) -> None:
    rules = [bare(0, plan.Test("f", pattern), LOGSOURCES[0], routed=False)]
    event = event_with({"f": text})
    assert Engine(rules).match(event) == reference.match(rules, event)


def test_a_wrong_index_does_not_go_unseen() -> None:
    """The comparison has teeth: an engine whose index forgets a rule differs from the reference."""
    rules = [bare(0, plan.Test("f", Text(("a",))), LOGSOURCES[0], routed=False)]
    event = event_with({"f": "a"})
    forgetful = Engine(rules, index=lambda _: ({}, ()))
    assert Engine(rules).match(event) == reference.match(rules, event) != ()
    with pytest.raises(AssertionError):
        assert forgetful.match(event) == reference.match(rules, event)
