"""An explanation names each part, its truth and what it saw."""

import pytest
from support.rulings import event_with, loaded, plan_of, rule_text

from soc.detection.explanation import Part, explain
from soc.model.event import LogSource
from soc.rulebook.plan import And


def test_each_part_is_true_or_false_with_the_value_seen() -> None:
    rule = plan_of({"s": {"CommandLine|contains": "-enc", "User": ["SYSTEM", "root"]}, "condition": "s"})
    found = explain(rule, event_with({"CommandLine": "powershell -nop", "User": "Root"}))
    assert (found.applies, found.matches) == (True, False)
    assert found.condition == Part(
        "all of",
        holds=False,
        parts=(
            Part("CommandLine contains '-enc'", holds=False, seen=("'powershell -nop'",)),
            Part(
                "any of",
                holds=True,
                parts=(
                    Part("User is 'SYSTEM'", holds=False, seen=("'Root'",)),
                    Part("User is 'root'", holds=True, seen=("'Root'",)),
                ),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("fields", "seen"),
    [
        ({}, ()),
        ({"f": None}, ("null",)),
        ({"f": [1, True, "x", {"g": 1}]}, ("1", "true", "'x'", "an object")),
        ({"f": []}, ()),
    ],
)
def test_missing_null_and_arrays_are_shown(fields: dict[str, object], seen: tuple[str, ...]) -> None:
    found = explain(plan_of({"s": {"f": "x"}, "condition": "s"}), event_with(fields))
    assert found.condition.seen == seen


def test_the_other_field_is_shown_too() -> None:
    rule = plan_of({"s": {"f|fieldref": "g"}, "condition": "s"})
    assert explain(rule, event_with({"f": "x", "g": "y"})).condition.seen == ("'x'", "'y'")


def test_long_values_and_arrays_are_cut() -> None:
    rule = plan_of({"s": {"f": "x"}, "condition": "s"})
    seen = explain(rule, event_with({"f": ["y" * 1000] * 1000})).condition.seen
    assert seen is not None
    assert (len(seen), len(seen[0])) == (20, 200)


def test_a_negated_part_and_its_inside_are_both_told() -> None:
    rule = plan_of({"s": {"f": "x"}, "condition": "not s"})
    found = explain(rule, event_with({"f": "x"})).condition
    assert (found.said, found.holds, found.parts[0].holds) == ("not", False, True)


def test_parts_have_the_names_that_they_are_given() -> None:
    rule = plan_of({"a": {"f": "x"}, "b": {"f": "y"}, "condition": "a and b"})
    assert isinstance(rule.condition, And)
    first, second = rule.condition.nodes
    found = explain(rule, event_with({}), {first: "a", second: "b"})
    assert [part.name for part in found.condition.parts] == ["a", "b"]


def test_the_log_source_is_told() -> None:
    rule = plan_of({"s": {"f": "x"}, "condition": "s"})
    other = explain(rule, event_with({"f": "x"}, logsources=(LogSource(category="dns"),)))
    assert (other.applies, other.matches, other.condition.holds) == (False, False, True)
    assert other.why == "the rule's log source product=test does not cover the event's: category=dns"
    assert explain(rule, event_with({})).why.endswith("product=test covers the event's: product=test")
    assert explain(rule, event_with({}, logsources=())).why.endswith("no known log source")


def test_a_rule_of_an_unknown_log_source_is_tried_on_everything() -> None:
    (rule,) = loaded(rule_text("{s: {f: x}, condition: s}"), known=lambda _: False).rules
    found = explain(rule, event_with({}, logsources=()))
    assert found.applies
    assert "tried on every event" in found.why


def test_of_a_record_that_could_not_be_parsed_only_keywords_see_the_text() -> None:
    event = event_with({}, original="bad -enc", quarantined=True)
    keyword = explain(plan_of({"s": ["-enc"], "condition": "s"}), event)
    assert (keyword.matches, keyword.condition.seen) == (True, ("'bad -enc'",))
    field = explain(plan_of({"s": {"f": "x"}, "condition": "s"}), event)
    assert not field.applies
    assert field.why.endswith("and the rule has none")


def test_a_keyword_shows_the_value_it_is_in() -> None:
    rule = plan_of({"s": ["-enc"], "condition": "s"})
    assert explain(rule, event_with({"f": ["x", {"g": "a -ENC b"}]})).condition.seen == ("'a -ENC b'",)
    assert explain(rule, event_with({"f": "x"})).condition.seen is None
