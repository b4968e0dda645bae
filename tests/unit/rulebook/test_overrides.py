"""Overrides change rules that somebody else writes, and say what they cannot."""

import pytest
from support.rulings import correlation_text, loaded, rule_text

from soc.model.alert import Severity
from soc.rulebook.documents import RuleFile
from soc.rulebook.overrides import Overrides, apply, read_overrides
from soc.rulebook.plan import Rulebook

DETECTION = "{s: {a: x}, condition: s}"
CHAIN = {"type": "event_count", "rules": ["a"], "timespan": "5m", "group-by": ["h"], "condition": {"gte": 3}}


def overrides(*entries: str) -> Overrides:
    return read_overrides(
        [RuleFile("overrides.yml", "overrides:\n" + "".join(f"  - {each}\n" for each in entries))]
    )


def book() -> Rulebook:
    found = loaded(
        rule_text(DETECTION, id="a", name="first", level="high"),
        rule_text(DETECTION, id="b"),
        correlation_text(CHAIN, level="low"),
    )
    assert found.errors == ()
    return found


def test_a_level_is_another_in_the_rule_and_its_alerts() -> None:
    found = apply(
        book(), overrides("{rule: b, level: critical, reason: x}", "{rule: c, level: high, reason: x}")
    )
    assert [rule.heading.level for rule in found.rules] == [Severity.HIGH, Severity.CRITICAL]
    levels = {plan.id: plan.heading.level for plan in found.correlations}
    assert levels == {"b": Severity.CRITICAL, "c": Severity.HIGH}


def test_a_disabled_rule_is_gone_and_who_waits_for_it_is_warned_of() -> None:
    found = apply(book(), overrides("{rule: first, disabled: true, reason: x}"))
    assert [rule.id for rule in found.rules] == ["b"]
    assert found.warnings == ("2.yml:1:1: names 'a', which an override disables",)
    assert {
        plan.id for plan in apply(book(), overrides("{rule: b, disabled: true, reason: x}")).correlations
    } == {"c"}


def test_an_override_of_no_rule_is_a_warning() -> None:
    found = apply(book(), overrides("{rule: gone, level: low, reason: x}"))
    assert found.warnings == ("overrides.yml:2:5: override of 'gone', which no rule is called",)
    assert found.errors == ()


def test_without_overrides_nothing_changes_and_with_them_the_hash_does() -> None:
    plain = book()
    assert apply(plain, Overrides()) is plain
    assert apply(plain, overrides("{rule: b, level: low, reason: x}")).hash != plain.hash


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ("{rule: a, level: low}", "overrides.yml:2:5: reason: Field required"),
        ("{rule: a, level: loud, reason: x}", "overrides.yml:2:15: level: Input should be"),
        ("{rule: a, leveel: low, reason: x}", "overrides.yml:2:15: leveel: Extra inputs are not permitted"),
        ("{rule: a, reason: x}", "overrides.yml:2:5: changes nothing (disabled: true, level or filter)"),
        ("{rule: a, filter: {s: {f|bad: x}, condition: s}, reason: x}", "unknown modifier 'bad'"),
        ("{rule: a, filter: {s: {f: x}}, reason: x}", "condition is missing"),
        ("words", "overrides.yml:2:5: Input should be"),
    ],
)
def test_an_override_that_cannot_be_is_located_and_stops_no_other(entry: str, fault: str) -> None:
    found = overrides(entry, "{rule: b, level: low, reason: x}")
    (error,) = map(str, found.errors)
    assert fault in error
    assert error.startswith("overrides.yml:2:")
    assert [each.wish.rule for each in found.entries] == ["b"]
    assert apply(book(), found).errors == (error,)


def test_a_second_override_of_a_rule_is_refused() -> None:
    found = overrides("{rule: a, level: low, reason: x}", "{rule: a, disabled: true, reason: x}")
    assert [str(error) for error in found.errors] == [
        "overrides.yml:3:5: a second override of 'a' (write both into one)"
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("overrides: {}\n", "overrides must be a list"),
        ("overrides: []\nmore: 1\n", "unknown key 'more'"),
        ("overrides: [\n", "YAML"),
    ],
)
def test_a_file_of_another_shape_is_refused(text: str, fault: str) -> None:
    (error,) = read_overrides([RuleFile("overrides.yml", text)]).errors
    assert fault in str(error)
