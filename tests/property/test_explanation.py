"""An explanation never disagrees with the reference, as a whole and in each part."""

from hypothesis import given
from hypothesis import strategies as st
from support.rulings import event_with, plan_of

from soc.detection import reference
from soc.detection.explanation import Part, explain
from soc.model.event import Event, LogSource

ITEMS = st.sampled_from(
    [
        ("f", "a"),
        ("f|contains", ["a", "B"]),
        ("f|contains|all", ["a", "b"]),
        ("f|cased", "A"),
        ("f|re", "^a"),
        ("f", None),
        ("f|exists", False),
        ("f|gt", 4),
        ("o.g|fieldref", "f"),
        ("o.g|neq", "a"),
        ("o.g|cidr", "10.0.0.0/8"),
    ]
)
SELECTIONS = st.one_of(
    st.lists(ITEMS, min_size=1, max_size=3).map(dict),
    st.lists(ITEMS.map(lambda item: dict([item])), min_size=1, max_size=2),
    st.just(["a"]),
)
CONDITIONS = st.sampled_from(
    ["a and b", "a or b", "a and not b", "not 1 of them", "all of them", "not (a or not b)"]
)
VALUES = st.sampled_from(["a", "A", "ab", "10.0.0.1", "", 5, "5", True, None, ["a", 5], [], {"g": "a"}])
EVENTS = st.builds(
    event_with,
    st.dictionaries(st.sampled_from(["f", "o", "o.g"]), VALUES),
    original=st.sampled_from(["", "xax"]),
    quarantined=st.booleans(),
    logsources=st.sampled_from([(), (LogSource(product="test", service="s"),), (LogSource(product="x"),)]),
)


@given(a=SELECTIONS, b=SELECTIONS, condition=CONDITIONS, event=EVENTS)
def test_an_explanation_answers_what_the_reference_answers(
    a: object, b: object, condition: str, event: Event
) -> None:
    rule = plan_of({"a": a, "b": b, "condition": condition})
    found = explain(rule, event)
    assert found.matches == bool(reference.match([rule], event))
    assert found.applies == reference.applies(rule, event)
    assert found.condition.holds == reference.matches(rule, event)
    assert_coherent(found.condition)


def assert_coherent(part: Part) -> None:
    truths = [inner.holds for inner in part.parts]
    match part.said:
        case "all of":
            assert part.holds == all(truths)
        case "any of":
            assert part.holds == any(truths)
        case "not":
            assert part.holds != truths[0]
        case _:
            assert truths == []
    for inner in part.parts:
        assert_coherent(inner)
