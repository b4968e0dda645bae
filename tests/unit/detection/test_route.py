"""A route: rules split into lanes by the field that tells most of them apart."""

from typing import Any

import pytest
from support.rulings import event_with, loaded, rule_text

from soc.detection import reference
from soc.detection.engine import Engine
from soc.detection.route import FEW_FIELDS, Route
from soc.model.event import Fields

IDS: tuple[Any, ...] = (1, "1", 1.0, True, " 1", 2, "2", None, "", [1, 2], [], {}, {"f": 1}, 3)


def detections(first: str, count: int = FEW_FIELDS + 2) -> list[str]:
    """Rules that each read a field of their own, and *first* with the rule's number as well."""
    return [f"{{s: {{{first.format(n % 3)}, f{n}: x}}, condition: s}}" for n in range(count)]


def engine_of(rules: list[str]) -> Engine:
    book = loaded(*(rule_text(text, id=str(n)) for n, text in enumerate(rules)))
    assert book.errors == ()
    return Engine(book.rules)


def route_of(engine: Engine) -> Route:
    engine.match(event_with({}))
    (route,) = engine._routes.values()
    return route


def answers(engine: Engine, fields: Fields) -> list[str]:
    found = engine.match(event_with(fields))
    assert found == reference.match(engine.rules, event_with(fields))
    return [rule.id for rule in found]


def test_a_route_is_split_by_the_field_that_most_rules_ask_for() -> None:
    route = route_of(engine_of(detections("id: {}")))
    assert route._field == "id"


@pytest.mark.parametrize(
    "rules",
    [
        detections("id: {}", FEW_FIELDS - 1),
        detections("id|contains: {}"),
        detections("id|re: '{}'"),
        detections("a.id: {}"),
        [f"{{s: {{f{n}: x}}, condition: s}}" for n in range(20)],
        [*detections("id: {}"), "{s: {id|startswith: 1, g: x}, condition: s}"],
    ],
    ids=["few fields", "contains", "expression", "dotted", "none in common", "begins once"],
)
def test_it_is_not_where_that_would_not_tell_rules_apart(rules: list[str]) -> None:
    assert route_of(engine_of(rules))._field is None


@pytest.mark.parametrize("value", IDS)
def test_whatever_stands_in_that_field_the_same_rules_match(value: Any) -> None:
    engine = engine_of(
        [
            *detections("id: {}"),
            "{s: {id: '1'}, t: {g: x}, condition: s and not t}",
            "{s: {id: null}, condition: s}",
            "{s: {g: x}, condition: not s}",
            "{s: {id: [1, 2], g: x}, t: {id: 1}, condition: s and not t}",
        ]
    )
    for more in ({}, {"g": "x"}, {f"f{n}": "x" for n in range(20)}):
        answers(engine, {"id": value, **more})
    answers(engine, {})


def test_a_lane_is_left_with_the_rules_that_the_field_does_not_exclude() -> None:
    engine = engine_of(detections("id: {}"))
    route = route_of(engine)
    assert answers(engine, {"id": 1, "f1": "x", "f2": "x", "f4": "x"}) == ["1", "4"]
    lane = route._lanes[route._first[1]]
    assert set(lane.names) == {"f1", "f4", "f7"}
    assert set(route.whole.names) > {"id", "f1", "f2"}


def test_ever_new_values_share_one_lane() -> None:
    engine = engine_of(detections("id: {}"))
    for number in range(1000):
        engine.match(event_with({"id": number}))
    assert len(route_of(engine)._lanes) == 4
