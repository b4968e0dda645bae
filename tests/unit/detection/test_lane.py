"""A lane: fields, keywords and references of an event become the answer."""

from typing import Any

import pytest
from support.rulings import event_with, loaded, rule_text

from soc.detection.engine import Engine
from soc.detection.lane import Lane
from soc.detection.memory import LONGEST_BYTES
from soc.model.event import Fields


def lane_of(*detections: str) -> Lane:
    """The one lane of an engine of these rules, whose ids are their places."""
    texts = [rule_text(text, id=str(n)) for n, text in enumerate(detections)]
    book = loaded(*texts)
    assert book.errors == ()
    engine = Engine(book.rules)
    engine.match(event_with({}))
    return next(iter(engine._routes.values())).whole


def matching(detection: str, fields: Fields) -> bool:
    lane = lane_of(detection)
    found = lane.match(fields)
    assert lane.match(fields) == found
    return found != ()


def test_dots_walk_objects_and_arrays_and_are_also_taken_literally() -> None:
    detection = "{s: {a.b: x}, condition: s}"
    assert matching(detection, {"a": {"b": "x"}})
    assert matching(detection, {"a.b": "x"})
    assert matching(detection, {"a": [{"b": "y"}, {"b": ["z", "x"]}]})
    assert not matching(detection, {"a": {"c": "x"}, "b": "x"})
    assert not matching(detection, {"a": "x"})


def test_a_name_may_be_dotted_in_part() -> None:
    detection = "{s: {a.b.c: x}, condition: s}"
    assert matching(detection, {"a.b": {"c": "x"}})
    assert matching(detection, {"a": {"b.c": "x"}})
    assert not matching(detection, {"a.b.c.d": "x"})


def test_names_are_case_sensitive() -> None:
    assert not matching("{s: {User: x}, condition: s}", {"user": "x"})


def test_keywords_see_every_value_at_any_depth_and_no_name() -> None:
    detection = "{k: [needle, 5], condition: k}"
    assert matching(detection, {"a": "a NEEDLE b"})
    assert matching(detection, {"a": [{"b": {"c": "needle"}}]})
    assert matching(detection, {"a": 152})
    assert not matching(detection, {"needle": "x"})
    assert not matching(detection, {"a": "need", "b": "le"})


def test_keywords_need_not_be_looked_for_where_none_holds() -> None:
    lane = lane_of("{k: [needle], condition: k}", "{s: {a: x}, k: [needle], condition: s and not k}")
    assert [rule.id for rule in lane.match({"a": "x"}, keywords=False)] == ["1"]
    assert [rule.id for rule in lane.match({"a": "x"})] == ["1"]
    assert [rule.id for rule in lane.match({"a": "x", "b": "needle"})] == ["0"]


def test_fields_refer_to_each_other() -> None:
    detection = "{s: {a|fieldref: b}, condition: s}"
    assert matching(detection, {"a": "X", "b": "x"})
    assert matching(detection, {"a": ["y", "x"], "b": ["z", "x"]})
    assert not matching(detection, {"a": "x"})
    assert not matching(detection, {})


def test_rules_answer_in_their_order_whatever_is_found_first() -> None:
    lane = lane_of(
        "{s: {b: x}, condition: s}", "{s: {a: x}, condition: not s}", "{s: {a: y, b: x}, condition: s}"
    )
    assert [rule.id for rule in lane.match({"a": "y", "b": "x"})] == ["0", "1", "2"]
    assert [rule.id for rule in lane.match({"a": "x", "b": "x"})] == ["0"]


def test_values_that_are_equal_are_judged_by_how_they_read() -> None:
    lane = lane_of(
        "{s: {a: 'true'}, condition: s}", "{s: {a: '1'}, condition: s}", "{s: {a: 1.5}, condition: s}"
    )
    values: list[Any] = [True, 1, 1.0, True, [1, "true"], [True, 1.5], [[1]], [], 1.5, False, {"b": 1}]
    answers = ["0", "1", "1", "0", "01", "02", "1", "", "2", "", ""]
    assert ["".join(rule.id for rule in lane.match({"a": value})) for value in values] == answers


def test_an_empty_array_is_present() -> None:
    assert matching("{s: {a|exists: true}, condition: s}", {"a": []})
    assert not matching("{s: {a: null}, condition: s}", {"a": []})


def test_values_may_be_given_by_place() -> None:
    lane = lane_of("{s: {a: x, b: 5}, condition: s}", "{s: {a: x}, t: {b: 6}, condition: s and not t}")
    assert set(lane.names) == {"a", "b"}
    events: list[dict[str, str | int]] = [{"a": "x", "b": 5}, {"a": "X", "b": "6"}, {"a": "y", "b": 5}]
    for fields in events:
        assert lane.match_values([fields[name] for name in lane.names]) == lane.match(fields)


def test_a_text_without_fields_meets_keywords_alone() -> None:
    lane = lane_of("{k: [needle], condition: k}", "{k: [a, b], condition: k}")
    assert [rule.id for rule in lane.match_text("NEEDLE b")] == ["0", "1"]
    assert lane.match_text("needl") == ()


def test_what_was_answered_is_not_decided_again() -> None:
    lane = lane_of("{s: {a: [x, y]}, condition: s}")
    known = len(lane._answers)
    for _ in range(3):
        lane.match({"a": "x", "other": "1"})
    assert len(lane._answers) == known + 1


@pytest.mark.parametrize("long", [False, True], ids=["lists", "long texts"])
def test_answers_use_no_more_than_the_room_whatever_the_values(long: bool) -> None:
    """Each list and each long text gives atoms of its own, which only the answers keep."""
    names = [f"f{n}" for n in range(12)]
    lane = lane_of(*(f"{{s: {{{name}|contains: [a, b, c]}}, condition: s}}" for name in names))
    lane._room.limit_bytes = 200_000
    most = 0
    for number in range(1000):
        flags = [f"{number:012b}"[n] for n in range(12)]
        text = "x" * LONGEST_BYTES if long else ""
        lane.match(
            {name: [f"{text}a", "c"] if flag == "1" else "b" for name, flag in zip(names, flags, strict=True)}
        )
        most = max(most, len(lane._answers))
    # A set of one atom takes 216 bytes, and there are some six in each answer.
    assert 50 < most < 200
