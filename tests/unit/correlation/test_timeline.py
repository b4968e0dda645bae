"""Timeline: what is put and taken stands in order, whenever it is merged."""

from hypothesis import given
from hypothesis import strategies as st

from soc.correlation.held import Held
from soc.correlation.timeline import Timeline
from soc.model.episode import Member

moments = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 9), max_size=5)


def held(id_: str, at_ms: int) -> Held:
    return Held(at_ms, id_, Member(id_, "r", "so-yte", at_ms, None), (), (), ())


@given(st.lists(moments, max_size=6))
def test_entries_are_those_put_and_not_taken_in_order_of_time(steps: list[dict[str, int]]) -> None:
    timeline = Timeline()
    there: dict[str, int] = {}
    for step in steps:
        before = [(e.at_ms, e.id) for e in timeline.entries]
        for id_, at_ms in step.items():
            if id_ in there:
                timeline.take(there[id_], id_)
            timeline.put(held(id_, at_ms))
        touched = timeline.merge()
        there |= step
        now = [(e.at_ms, e.id) for e in timeline.entries]
        assert now == sorted((at_ms, id_) for id_, at_ms in there.items())
        assert now[: touched.place] == before[: touched.place]
        assert not touched.appended or now[: len(before)] == before
        assert set(step.values()) <= set(touched.at_ms)


def test_what_is_put_and_taken_before_a_merge_was_never_there() -> None:
    timeline = Timeline()
    timeline.put(held("a", 1))
    timeline.take(1, "a")
    assert timeline.merge().at_ms == []
    assert timeline.entries == []


def test_an_entry_put_again_after_it_was_forgotten_elsewhere_is_one() -> None:
    timeline = Timeline()
    for _ in range(2):
        timeline.put(held("a", 1))
        timeline.merge()
    assert len(timeline.entries) == 1
