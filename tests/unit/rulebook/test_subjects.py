"""What a pipeline works on keeps its items, its names and its kind together."""

import pytest
from support.rulings import correlation_text, document_of, rule_text

from soc.model.event import LogSource
from soc.rulebook.detections import read_detection
from soc.rulebook.documents import Fault
from soc.rulebook.subjects import Subject

RULE = document_of(rule_text("{s: {a: x, b: y}, t: [k], condition: s or t}"))
DETECTION = read_detection(RULE, ("detection",), RULE.data["detection"])
SUBJECT = Subject(RULE, (LogSource("test"),), (DETECTION,))


def test_a_rule_has_items_and_a_correlation_has_none() -> None:
    assert [item.field for item in SUBJECT.items()] == ["a", "b", None]
    assert not SUBJECT.correlation
    other = Subject(document_of(correlation_text({"type": "temporal"})), ())
    assert other.correlation
    assert list(other.items()) == []


def test_items_are_changed_one_by_one_in_a_copy() -> None:
    left = SUBJECT.with_items(lambda _, item: None if item.field == "a" else item)
    assert [item.field for item in left.items()] == ["b", None]
    assert len(list(SUBJECT.items())) == 3


def test_names_go_through_every_renaming_in_order() -> None:
    renames = (lambda name: (f"{name}1", f"{name}2"), lambda name: (name[:-1], "z"))
    assert Subject(RULE, (), renames=renames).names_of("f") == ("f", "z")
    assert SUBJECT.names_of("f") == ("f",)


def test_a_name_cannot_become_ever_more() -> None:
    renames = (lambda name: (f"{name}1", f"{name}2"),) * 10
    with pytest.raises(Fault, match="more than 100 names of 'f'"):
        Subject(RULE, (), renames=renames).names_of("f")
