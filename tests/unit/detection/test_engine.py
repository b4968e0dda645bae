"""The engine: which rules are tried on which events, and in what order they answer."""

from typing import Any

from support.rulings import event_with, loaded, rule_text

from soc.detection import engine
from soc.detection.engine import Engine, applies
from soc.detection.scanner import Databases
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


def test_what_no_rule_names_makes_no_route_of_its_own() -> None:
    found = Engine([rule("w", logsource=WINDOWS), rule("s", logsource=SECURITY)])
    for number in range(50):
        sender = LogSource("windows", f"category {number}", f"service {number}")
        assert ids(found.match(of(sender))) == ["w"]
        assert ids(found.match(of(LogSource("windows", f"category {number}", "security")))) == ["w", "s"]
    assert len(found._routes) == 2
    assert len(found._kinds) == 100


def test_kinds_are_remembered_in_bounded_number() -> None:
    found = Engine([rule("w", logsource=WINDOWS)])
    for number in range(engine.MAX_KINDS + 5):
        assert ids(found.match(of(LogSource("windows", service=str(number))))) == ["w"]
    assert len(found._kinds) == 5
    assert len(found._routes) == 1


def test_routes_are_kept_in_bounded_number_and_made_again_when_needed() -> None:
    services = [str(number) for number in range(engine.MAX_ROUTES + 5)]
    found = Engine([rule(name, logsource={"service": name}) for name in services])
    for name in services:
        assert ids(found.match(of(LogSource(service=name)))) == [name]
    assert len(found._routes) == 5
    assert ids(found.match(of(LogSource(service="0")))) == ["0"]
    word = Engine([rule("k", "{k: [needle], condition: k}"), *found.rules])
    for name in services:
        word.match(of(LogSource(service=name)))
    assert ids(word.match(event_with({}, original="needle", quarantined=True))) == ["k"]


def test_an_engine_of_the_same_rules_compiles_nothing_again() -> None:
    rules = [rule("a", "{s: {a|contains: [x, y], b|re: 'z+'}, k: [word], condition: s or k}")]
    one = Engine(rules)
    known = Databases(one.databases.made)
    other = Engine(rules, databases=known)
    assert known.made == one.databases.made
    assert len(known.made) == 3 + 1  # databases, and a note of words
    assert other.match(event_with({"a": "x", "b": "z"})) == (rules[0],)
    assert one.match(event_with({"b": "word"})) == (rules[0],)


def test_fields_may_be_matched_without_an_event() -> None:
    found = Engine([rule("w", logsource=WINDOWS), rule("k", "{k: [x], condition: k}", logsource=WINDOWS)])
    assert ids(found.match_fields({"a": "x"}, (LogSource("windows"),))) == ["w", "k"]
    assert ids(found.match_fields({"a": "x"}, (LogSource("windows"),), keywords=False)) == ["w"]
    assert found.match_fields({"a": "x"}, ()) == ()
    assert found.rules[0].id == "w"


def test_an_index_that_names_too_many_changes_nothing() -> None:
    rules = [rule("a"), rule("b", "{s: {a: y}, condition: s}"), rule("c", "{s: {b: x}, condition: not s}")]
    for fields in ({"a": "x"}, {"a": "y", "b": "x"}, {}):
        event = event_with(fields)
        everything = Engine(rules, index=lambda programs: ({}, tuple(programs)))
        assert everything.match(event) == Engine(rules).match(event)
