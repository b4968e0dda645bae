"""The fast engine answers what the reference answers, whatever the rules and the events."""

import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.drawn import (
    CHARS,
    EXPRESSIONS,
    LOOK_ALIKES,
    TEXTS,
    bare,
    crowds,
    events_of,
    families,
    members,
    nodes,
    rules_of,
    streams,
    texts,
    values,
)
from support.rulings import event_with, loaded, rule_text

from soc.detection import reference
from soc.detection.engine import Engine
from soc.kernel.folding import fold
from soc.model.event import Event
from soc.rulebook import plan
from soc.rulebook.plan import Node, Pattern, RulePlan, Text, Wild
from soc.rulebook.regexes import checked

rulebooks = rules_of(st.lists(nodes, min_size=1, max_size=6))


def agree(rules: list[RulePlan], events: list[Event]) -> None:
    """See that an engine says what the reference says of each event: at first, and when it knows them."""
    engine = Engine(rules)
    for event in [*events, *events, *reversed(events)]:
        assert engine.match(event) == reference.match(rules, event)


@given(rules=rulebooks, events=st.lists(events_of(values), min_size=1, max_size=6))
def test_the_fast_engine_is_the_reference(rules: list[RulePlan], events: list[Event]) -> None:
    agree(rules, events)


@given(rules=rulebooks, events=streams())
def test_what_was_seen_before_changes_no_answer(rules: list[RulePlan], events: list[Event]) -> None:
    agree(rules, events)


@given(rules=crowds(), events=streams())
def test_a_crowd_of_rules_that_share_their_tests_is_kept_apart(
    rules: list[RulePlan], events: list[Event]
) -> None:
    agree(rules, events)


@given(rules=families(), events=st.lists(members, min_size=1, max_size=6))
def test_rules_told_apart_by_one_field_are_tried_whatever_stands_in_it(
    rules: list[RulePlan], events: list[Event]
) -> None:
    agree(rules, events)


@given(rules=rulebooks, events=streams())
def test_without_routing_every_rule_is_tried(rules: list[RulePlan], events: list[Event]) -> None:
    engine = Engine(rules, routed=False)
    for event in [*events, *events]:
        # A quarantined event still meets only rules that have keywords.
        tried = [rule for rule in rules if not event.marks or reference.applies(rule, event)]
        assert engine.match(event) == tuple(rule for rule in tried if reference.matches(rule, event))


@given(pattern=texts(), text=st.text(CHARS, max_size=12) | st.sampled_from(TEXTS))
def test_wildcards_mean_the_same_alone(pattern: Text, text: str) -> None:
    tests: list[Node] = [plan.Test("f", pattern), plan.Keyword(pattern)]
    agree([bare(n, test) for n, test in enumerate(tests)], [event_with({"f": text}, logsources=())])


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions_of_these_tests_are_such_that_rules_may_have(expression: str) -> None:
    assert checked(plan.Regex(expression)).pattern == expression


def routeless(conditions: Sequence[Node]) -> list[RulePlan]:
    return [bare(n, condition, routed=False) for n, condition in enumerate(conditions)]


def test_every_letter_meets_its_other_cases_and_no_other_letter() -> None:
    """All of Unicode that has cases: what folds alike is found both ways, beside and inside of words."""
    letters = [chr(n) for n in range(0x1FFFF) if fold(chr(n)) != chr(n) or chr(n).upper() != chr(n)]
    assert len(letters) > 2700
    asked = letters[:: len(letters) // 150]
    rules = routeless(
        [plan.Test("f", Text((letter,))) for letter in asked]
        + [plan.Test("f", Text((Wild.ANY, f"x{letter}", Wild.ANY))) for letter in asked]
        + [plan.Keyword(Text((Wild.ANY, f"{letter}y"))) for letter in asked]
    )
    cases = {case for letter in asked for case in (letter, letter.upper(), letter.lower(), letter.title())}
    events = [event_with({"f": text}) for case in cases for text in (case, f"ax{case}y")]
    agree(rules, events[::2])
    assert unicodedata.unidata_version >= "14"


@pytest.mark.parametrize("names", [("f", "f"), ("f", "g"), ("o.f", "f")])
def test_values_that_look_alike_are_told_apart_in_any_order(names: tuple[str, str]) -> None:
    patterns: list[Pattern] = [
        *(
            Text((text,), cased)
            for text in ("0", "1", "-0", "1.0", "true", "5", "-*")
            for cased in (True, False)
        ),
        *(plan.Number(Decimal(n)) for n in (0, 1, 5)),
        *(plan.Boolean(wanted) for wanted in (True, False)),
        *(plan.Regex(expression) for expression in ("^1$", r"^1\.0$", "^-", "^true$", "^0$", "^$")),
        *(plan.Compare(order, Decimal(1)) for order in plan.Order),
        *(Text((Wild.ANY,)), Text(()), plan.Null(), plan.Exists(wanted=True), plan.Exists(wanted=False)),
        *(plan.FieldRef("r", place) for place in plan.Place),
    ]
    rules = routeless([plan.Test(name, pattern) for name in set(names) for pattern in patterns])
    engine = Engine(rules)
    for order in (LOOK_ALIKES, LOOK_ALIKES[::-1], LOOK_ALIKES[1::2] + LOOK_ALIKES[::2]):
        for one in order:
            for other in (one, 1, "1", [one], {"f": one}):
                event = event_with({"f": one, "o": {"f": other}, "g": other, "r": one})
                assert engine.match(event) == reference.match(rules, event)


SHAPES: tuple[Any, ...] = (
    *(
        {},
        [],
        [[]],
        [None],
        [[None]],
        None,
        "",
        [""],
        0,
        [{}],
        {"f": None},
        {"f": []},
        {"f": [[]]},
        {"f": {}},
    ),
    *(
        [{"f": ""}],
        [{"f": []}, {"f": 1}],
        [[{"f": 1}]],
        {"f": {"g": None}},
        {"f.g": None},
        [{"f": {"g": 1}}, []],
    ),
)


def test_presence_is_told_in_every_shape() -> None:
    presence: list[Pattern] = [
        *(plan.Exists(wanted=True), plan.Exists(wanted=False), plan.Null(), Text(()), Text((Wild.ANY,))),
        *(plan.Number(Decimal(1)), plan.Regex("^$"), plan.FieldRef("o"), plan.FieldRef("o.f")),
    ]
    names = ("o", "o.f", "o.f.g", "p")
    for rules in (
        routeless([plan.Test(name, pattern) for name in names for pattern in presence]),
        routeless([plan.Not(plan.Test(name, pattern)) for name in names for pattern in presence]),
    ):
        agree(rules, [event_with({"o": shape}) for shape in SHAPES])
        agree(rules, [event_with({"o.f": shape, "o": other}) for shape in SHAPES for other in SHAPES[::3]])


DISTINCT = 100_000
SEEN_AGAIN = 97


def test_ever_new_values_are_judged_right_and_so_is_what_was_forgotten() -> None:
    rules = loaded(
        rule_text("{s: {f|endswith: '77'}, condition: s}", id="end"),
        rule_text("{s: {f|contains: v99}, t: {g: null}, condition: s and not t}", id="inside"),
        rule_text("{s: {g|gte: 99000}, condition: s}", id="number"),
        rule_text("{s: {l|startswith: 'V1234'}, condition: s}", id="list"),
        rule_text("{s: [v4321*], condition: s}", id="keyword"),
        rule_text("{s: {f|fieldref: h}, condition: s}", id="same"),
    ).rules

    def of(n: int) -> Event:
        return event_with({"f": f"v{n}", "g": n, "l": [f"v{n}", None], "h": f"V{n - n % 1000}", "x": str(n)})

    def expected(n: int) -> set[str]:
        text = str(n)
        holds = {
            "end": text.endswith("77"),
            "inside": text.startswith("99"),
            "number": n >= 99_000,
            "list": text.startswith("1234"),
            "keyword": text.startswith("4321"),
            "same": n % 1000 == 0,
        }
        return {name for name, is_so in holds.items() if is_so}

    engine = Engine(rules)
    for n in range(DISTINCT):
        assert {rule.id for rule in engine.match(of(n))} == expected(n)
    for n in range(0, DISTINCT, SEEN_AGAIN):
        assert engine.match(of(n)) == reference.match(rules, of(n))


def test_a_wrong_index_does_not_go_unseen() -> None:
    """The comparison has teeth: an engine whose index forgets a rule differs from the reference."""
    rules = [bare(0, plan.Test("f", Text(("a",))), routed=False)]
    event = event_with({"f": "a"})
    forgetful = Engine(rules, index=lambda _: ({}, ()))
    assert Engine(rules).match(event) == reference.match(rules, event) != ()
    with pytest.raises(AssertionError):
        assert forgetful.match(event) == reference.match(rules, event)
