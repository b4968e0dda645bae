"""A route: fields, keywords and references of an event become the answer."""

from support.rulings import event_with, plan_of

from soc.detection import route
from soc.detection.route import Route, necessary_atoms
from soc.model.event import Fields


def matching(detection: str, fields: Fields) -> bool:
    found = Route([(0, plan_of(detection))], necessary_atoms)
    event = event_with(fields)
    assert found.match(event) == found.match(event)
    return found.match(event) != ()


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


def test_fields_refer_to_each_other() -> None:
    detection = "{s: {a|fieldref: b}, condition: s}"
    assert matching(detection, {"a": "X", "b": "x"})
    assert matching(detection, {"a": ["y", "x"], "b": ["z", "x"]})
    assert not matching(detection, {"a": "x"})
    assert not matching(detection, {})


def test_answers_are_kept_for_a_bounded_number_of_combinations() -> None:
    found = Route(
        [(0, plan_of("{s: {a: ['" + "','".join(map(str, range(40))) + "']}, condition: s}"))], necessary_atoms
    )
    for number in range(60):
        found.match(event_with({"a": [str(number % 40), str(number // 2)]}))
    assert 0 < len(found._answers) <= route.MAX_REMEMBERED
