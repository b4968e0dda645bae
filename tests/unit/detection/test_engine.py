"""The engine: which rules are tried on which events, and in what order they answer."""

from typing import Any

from support.rulings import event_with, loaded, rule_text

from soc.detection import engine
from soc.detection.engine import Engine, applies
from soc.model.event import Event, LogSource
from soc.rulebook.plan import RulePlan


def rule(rule_id: str, detection: str = "{s: {a: x}, condition: s}", **more: Any) -> RulePlan:
    known = more.pop("known", True)
    book = loaded(rule_text(detection, id=rule_id, **more), known=lambda _: known)
    assert book.errors == ()
    return book.rules[0]


def ids(rules: tuple[RulePlan, ...]) -> list[str]:
    return [found.id for found in rules]


def of(*logsources: LogSource) -> Event:
    return event_with({"a": "x"}, logsources=logsources)


WINDOWS = {"product": "windows"}
SECURITY = {"product": "windows", "service": "security"}


def test_rules_answer_in_the_order_in_which_they_were_given() -> None:
    rules = [rule(name) for name in "cab"]
    assert ids(Engine(rules).match(event_with({"a": "x"}))) == ["c", "a", "b"]
    assert Engine(rules).match(event_with({"a": "y"})) == ()


def test_a_rule_is_tried_on_the_log_sources_it_covers() -> None:
    rules = [
        rule("w", logsource=WINDOWS),
        rule("s", logsource=SECURITY),
        rule("o", logsource={"service": "security"}),
    ]
    found = Engine(rules)
    assert ids(found.match(of(LogSource("windows", None, "security")))) == ["w", "s", "o"]
    assert ids(found.match(of(LogSource("windows", "process_creation")))) == ["w"]
    assert ids(found.match(of(LogSource("windows"), LogSource("linux", None, "security")))) == ["w", "o"]
    assert ids(found.match(of())) == []


def test_a_rule_of_an_unknown_log_source_is_tried_on_everything() -> None:
    lost = rule("l", logsource={"product": "django"}, known=False)
    assert ids(Engine([lost]).match(of(LogSource("windows")))) == ["l"]
    assert applies(lost, ())


def test_routing_can_be_switched_off() -> None:
    found = Engine([rule("w", logsource=WINDOWS)], routed=False)
    assert ids(found.match(of(LogSource("linux")))) == ["w"]
    assert ids(found.match(of())) == ["w"]


def test_only_keywords_see_the_text_of_a_quarantined_record() -> None:
    rules = [
        rule("field", "{s: {a: x}, condition: s}"),
        rule("not", "{s: {a: x}, condition: not s}"),
        rule("word", "{k: [needle], condition: k}", logsource=WINDOWS),
        rule("both", "{k: [needle], s: {a: x}, condition: k and s}"),
        rule("null", "{k: [needle], s: {b: null}, condition: k and s}"),
        rule("without", "{k: [needle], s: {a: x}, condition: k and not s}"),
    ]
    event = event_with({"a": "x"}, original="a NEEDLE {", quarantined=True, logsources=())
    assert ids(Engine(rules).match(event)) == ["word", "without"]
    assert ids(Engine(rules, routed=False).match(event)) == ["word", "without"]
    assert Engine(rules).match(event_with({}, original="hay", quarantined=True)) == ()


def test_no_rules_match_nothing() -> None:
    assert Engine([]).match(event_with({"a": "x"})) == ()


def test_routes_are_kept_for_a_bounded_number_of_kinds() -> None:
    found = Engine([rule("w", logsource=WINDOWS)])
    for number in range(engine.MAX_ROUTES + 5):
        found.match(of(LogSource("p", service=str(number))))
    assert len(found._routes) == 5


def test_an_index_that_names_too_many_changes_nothing() -> None:
    rules = [rule("a"), rule("b", "{s: {a: y}, condition: s}"), rule("c", "{s: {b: x}, condition: not s}")]
    for fields in ({"a": "x"}, {"a": "y", "b": "x"}, {}):
        event = event_with(fields)
        everything = Engine(rules, index=lambda programs: ({}, tuple(programs)))
        assert everything.match(event) == Engine(rules).match(event)
