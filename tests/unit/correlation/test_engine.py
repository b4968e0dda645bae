"""The engine as its callers see it: arrival, settling, revision, retraction, chains, restart."""

from collections.abc import Iterable, Sequence

import msgspec
import pytest
from support.correlating import HOUR, T0, Until, a_plan, a_signal, follow, shapes

from soc.correlation.changes import Raised, Retracted, Revised
from soc.correlation.engine import Engine
from soc.correlation.watermark import FOREVER
from soc.model.episode import Episode
from soc.model.identity import Layer
from soc.model.signal import Signal
from soc.rulebook.expressions import All, Name, Negated
from soc.rulebook.plan import CorrelationPlan, Custom

THREE = a_plan("three", "event_count", ["a"], gte=3)
ANY = a_plan("any", "event_count", ["a"], gte=1)


def an_engine(*plans: CorrelationPlan) -> Engine:
    return Engine(plans, zone="UTC")


def standing(plans: Sequence[CorrelationPlan], signals: Iterable[Signal]) -> list[Episode]:
    engine = an_engine(*plans)
    engine.add(signals)
    return list(follow({}, engine.settle(FOREVER)).values())


def at(*seconds: float, rule: str = "a") -> list[Signal]:
    return [a_signal(rule, f"{rule}{second}-{n}", second) for n, second in enumerate(seconds)]


def spans(episodes: Iterable[Episode]) -> list[tuple[float, float, int]]:
    return sorted(((e.first_at_ms - T0) / 1000, (e.last_at_ms - T0) / 1000, e.count) for e in episodes)


def test_both_ends_of_a_window_count() -> None:
    assert spans(standing([THREE], at(0, 5, 10))) == [(0, 10, 3)]
    assert spans(standing([THREE], at(0, 5, 10.001))) == []


def test_an_episode_holds_every_signal_of_its_windows() -> None:
    """0 lies in the first firing window; 12 does not fire but stands in the window of 13."""
    assert spans(standing([THREE], at(0, 4, 5, 12, 13))) == [(0, 13, 5)]


def test_two_runs_further_apart_than_a_timespan_are_two_episodes() -> None:
    assert spans(standing([THREE], at(0, 1, 2, 12.001, 13, 14, 15))) == [(0, 2, 3), (12.001, 15, 4)]
    assert spans(standing([ANY], at(0, 10, 20.001))) == [(0, 10, 2), (20.001, 20.001, 1)]


def test_a_rising_episode_is_raised_as_soon_as_the_data_allow() -> None:
    engine = an_engine(THREE)
    engine.add(at(0, 1, 2))
    [raised] = engine.settle(Until(-HOUR))
    assert isinstance(raised, Raised)
    assert raised.episode.fires_at_ms == T0 + 2000
    assert engine.settle(Until(-HOUR)) == []


def test_a_signal_seen_twice_is_one_signal() -> None:
    engine = an_engine(THREE)
    engine.add([*at(0, 1), *at(0, 1)])
    assert engine.settle(FOREVER) == []
    engine.add(at(0, 1))
    assert engine.settle(FOREVER) == []


def test_of_two_readings_of_one_signal_the_earlier_counts_in_any_order() -> None:
    early, late = a_signal("a", "e", 1), a_signal("a", "e", 7)
    for signals in ([early, late], [late, early]):
        engine = an_engine(ANY)
        episodes: dict[str, Episode] = {}
        for signal in signals:
            engine.add([signal])
            follow(episodes, engine.settle(FOREVER))
        assert spans(episodes.values()) == [(1, 1, 1)]


def test_two_rules_on_one_event_count_twice() -> None:
    plan = a_plan("both", "event_count", ["a", "b"], gte=2)
    assert spans(standing([plan], [a_signal("a", "e", 0), a_signal("b", "e", 0)])) == [(0, 0, 2)]


def test_a_late_signal_joins_two_episodes_and_the_first_keeps_its_id() -> None:
    engine = an_engine(ANY)
    engine.add(at(0, 15))
    first, second = engine.settle(FOREVER)
    assert isinstance(first, Raised)
    assert isinstance(second, Raised)
    engine.add(at(8))
    revised, retracted = sorted(
        engine.settle(FOREVER), key=lambda change: type(change).__name__, reverse=True
    )
    assert isinstance(revised, Revised)
    assert (revised.episode.id, revised.episode.revision) == (first.episode.id, 1)
    assert spans([revised.episode]) == [(0, 15, 3)]
    assert isinstance(retracted, Retracted)
    assert (retracted.episode_id, retracted.superseded_by) == (second.episode.id, first.episode.id)


def test_a_late_signal_splits_an_average_and_the_larger_part_keeps_the_id() -> None:
    """A low value at 7.5 takes the firing points 8 and 16 away; 16 stays a member of the window of 24."""
    plan = a_plan("avg", "value_avg", ["a"], fields=("n",), gte=10)
    engine = an_engine(plan)
    engine.add(a_signal("a", f"e{t}", t, fields={"n": 10}) for t in (0, 8, 16, 24, 25))
    [raised] = engine.settle(FOREVER)
    assert isinstance(raised, Raised)
    assert spans([raised.episode]) == [(0, 25, 5)]
    engine.add([a_signal("a", "low", 7.5, fields={"n": -1000})])
    changes = engine.settle(FOREVER)
    split = [change.episode for change in changes if isinstance(change, Raised | Revised)]
    assert spans(split) == [(0, 0, 1), (16, 25, 3)]
    kept = next(change for change in changes if isinstance(change, Revised))
    assert (kept.episode.id, kept.episode.count) == (raised.episode.id, 3)


def test_an_episode_whose_condition_no_longer_holds_is_retracted_by_nobody() -> None:
    plan = a_plan("avg", "value_avg", ["a"], fields=("n",), gte=10)
    engine = an_engine(plan)
    engine.add([a_signal("a", "high", 0, fields={"n": 10})])
    [raised] = engine.settle(FOREVER)
    engine.add([a_signal("a", "low", 0, fields={"n": 0})])
    [retracted] = engine.settle(FOREVER)
    assert isinstance(raised, Raised)
    assert isinstance(retracted, Retracted)
    assert (retracted.episode_id, retracted.superseded_by) == (raised.episode.id, None)


def test_an_id_once_given_is_not_given_again() -> None:
    plan = a_plan("avg", "value_avg", ["a"], fields=("n",), gte=10)
    engine = an_engine(plan)
    engine.add([a_signal("a", "high", 0, fields={"n": 10})])
    [first] = engine.settle(FOREVER)
    engine.add([a_signal("a", "low", 0, fields={"n": 0})])
    engine.settle(FOREVER)
    engine.add([a_signal("a", "higher", 0, fields={"n": 100})])
    [again] = engine.settle(FOREVER)
    assert isinstance(first, Raised)
    assert isinstance(again, Raised)
    assert first.episode.id != again.episode.id


def test_groups_agencies_and_exercises_never_share_an_episode() -> None:
    signals = [
        a_signal("a", "1", 0),
        a_signal("a", "2", 0, ip="y"),
        a_signal("a", "3", 0, agency="so-xd"),
        a_signal("a", "4", 0, exercise="drill"),
    ]
    assert len(standing([ANY], signals)) == 4


def test_a_province_rule_joins_agencies_and_counts_them() -> None:
    plan = a_plan(
        "campaign", "value_count", ["a"], fields=("soc.agency",), gte=3, custom=Custom(scope="province")
    )
    signals = [a_signal("a", name, n, agency=name) for n, name in enumerate(("so-yte", "so-xd", "so-tc"))]
    [episode] = standing([plan], signals)
    assert episode.key.agency is None
    assert episode.agencies == ("so-yte", "so-xd", "so-tc")
    assert standing([plan], signals[:2]) == []


def test_layers_stand_in_the_order_in_which_they_first_spoke() -> None:
    layers = (Layer.MONITORING, Layer.ON_THE_SPOT, Layer.MONITORING, Layer.NATIONAL)
    signals = [a_signal("a", f"e{n}", n, layer=layer) for n, layer in enumerate(layers)]
    [episode] = standing([ANY], reversed(signals))
    assert episode.layers == (Layer.MONITORING, Layer.ON_THE_SPOT, Layer.NATIONAL)


def test_a_bounded_window_is_judged_when_the_watermark_passes_its_end() -> None:
    engine = an_engine(a_plan("few", "event_count", ["a"], lt=3))
    engine.add(at(1, 2))
    assert engine.settle(Until(9.999)) == []
    [raised] = engine.settle(Until(10))
    assert isinstance(raised, Raised)
    assert raised.episode.fires_at_ms == T0 + 2000
    engine.add(at(3))
    [retracted] = engine.settle(Until(0))
    assert isinstance(retracted, Retracted)


def test_bounded_windows_never_merge_and_follow_the_zone() -> None:
    """A day in Hà Nội begins at 17:00 UTC."""
    plan = a_plan("daily", "event_count", ["a"], eq=2, timespan_ms=24 * HOUR)
    local = msgspec.structs.replace(plan, custom=Custom(zone="Asia/Ho_Chi_Minh"))
    signals = at(16 * 3600, 16.5 * 3600, 17 * 3600, 18 * 3600)
    assert standing([plan], signals) == []
    assert [count for *_, count in spans(standing([local], signals))] == [2, 2]


def test_a_window_that_holds_an_hour_twice_is_one_window() -> None:
    """Berlin puts its clocks back at 01:00 UTC on 2026-10-25: 02:00 … 02:29 local comes twice."""
    plan = a_plan(
        "twice", "event_count", ["a"], eq=2, timespan_ms=HOUR // 2, custom=Custom(zone="Europe/Berlin")
    )
    night = (1_792_886_400_000 - T0) / 1000
    signals = at(night + 600, night + 2400, night + 3600 + 600)
    assert spans(standing([plan], signals)) == [(night + 600, night + 4200, 2)]


def test_a_negated_condition_waits_for_what_could_still_come() -> None:
    plan = a_plan("silence", "temporal", ["a", "b"], expression=All((Name("a"), Negated(Name("b")))))
    engine = an_engine(plan)
    engine.add(at(0))
    assert engine.settle(Until(10)) == []
    [raised] = engine.settle(Until(10.001))
    assert isinstance(raised, Raised)
    engine.add(at(10, rule="b"))
    [retracted] = engine.settle(Until(10.001))
    assert isinstance(retracted, Retracted)


@pytest.mark.parametrize("second", [2, 12, 20, 22])
def test_a_denied_signal_that_comes_late_takes_back_what_was_judged(second: int) -> None:
    plan = a_plan("silence", "temporal", ["a", "b"], expression=All((Name("a"), Negated(Name("b")))))
    engine = an_engine(plan)
    engine.add(at(12))
    assert [type(change) for change in engine.settle(FOREVER)] == [Raised]
    engine.add(at(second, rule="b"))
    assert [type(change) for change in engine.settle(Until(0))] == [Retracted]


def test_a_denied_signal_within_a_timespan_on_either_side_prevents_and_is_no_member() -> None:
    plan = a_plan("silence", "temporal", ["a", "b"], expression=All((Name("a"), Negated(Name("b")))))
    signals = [*at(0, 30, 31, 60), *at(10, 19.5, 50, rule="b")]
    assert spans(standing([plan], signals)) == [(30, 31, 2)]


CHILD = a_plan("guessing", "event_count", ["a"], gte=2)
PARENT = a_plan("guessed", "temporal_ordered", ["guessing", "b"], timespan_ms=60_000)
TOP = a_plan("campaign", "event_count", ["guessed"], gte=1, timespan_ms=60_000)


def test_an_episode_is_a_signal_of_its_rule_at_its_first_firing_point() -> None:
    top, parent, child = (
        next(
            e
            for e in standing([CHILD, PARENT, TOP], [*at(0, 1, 5), *at(6, rule="b")])
            if e.key.rule_id == id_
        )
        for id_ in ("campaign", "guessed", "guessing")
    )
    member = parent.members[0]
    assert (member.id, member.at_ms) == (child.id, T0 + 1000)
    assert (member.child_first_ms, member.child_last_ms) == (T0, T0 + 5000)
    assert [m.id for m in top.members] == [parent.id]
    assert top.first_at_ms == parent.fires_at_ms


def test_a_retracted_child_takes_its_parents_with_it_in_one_step() -> None:
    child = a_plan("avg", "value_avg", ["a"], fields=("n",), gte=10)
    engine = an_engine(
        child, a_plan("mid", "event_count", ["avg"], gte=1), a_plan("top", "event_count", ["mid"], gte=1)
    )
    engine.add([a_signal("a", "high", 0, fields={"n": 10})])
    assert [type(change) for change in engine.settle(FOREVER)] == [Raised] * 3
    engine.add([a_signal("a", "low", 0, fields={"n": 0})])
    assert [change.rule_id for change in engine.settle(FOREVER) if isinstance(change, Retracted)] == [
        "avg",
        "mid",
        "top",
    ]
    assert engine.settle(FOREVER) == []


def test_a_plain_rule_and_a_correlation_over_it_hear_the_same_signals() -> None:
    """The implicit correlation of a plain rule has the rule's id; its episodes are not signals of it."""
    plain = a_plan(
        "a", "event_count", ["a"], gte=1, implicit=True, group_by=(), implicit_entities=("host", "ip")
    )
    found = standing([plain, THREE], at(0, 1, 2))
    assert sorted((e.key.rule_id, e.count, e.key.group) for e in found) == [
        ("a", 3, (("ip", "x"),)),
        ("three", 3, (("ip", "x"),)),
    ]


def test_a_restart_gives_the_same_episodes_with_the_same_ids_and_says_nothing() -> None:
    plans = (CHILD, PARENT, TOP, a_plan("few", "event_count", ["a"], lt=9))
    signals = [*at(0, 1, 5, 40, 41), *at(6, 45, rule="b")]
    engine = an_engine(*plans)
    episodes: dict[str, Episode] = {}
    for signal in signals:
        engine.add([signal])
        follow(episodes, engine.settle(FOREVER))
    again = an_engine(*plans)
    again.adopt(episodes.values())
    again.add(signals)
    assert again.settle(Until(-HOUR)) == []
    assert again.settle(FOREVER) == []
    again.add(at(12))
    follow(episodes, again.settle(FOREVER))
    assert shapes(episodes) == shapes({e.id: e for e in standing(plans, [*signals, *at(12)])})


def test_an_episode_of_another_rule_version_stays_frozen() -> None:
    [old] = standing([ANY], at(0))
    engine = an_engine(msgspec.structs.replace(ANY, version="2"))
    engine.adopt([old])
    engine.add(at(0))
    [raised] = engine.settle(FOREVER)
    assert isinstance(raised, Raised)
    assert raised.episode.id != old.id
    assert raised.episode.rule_version == "2"


def test_an_episode_whose_signals_are_no_longer_at_hand_grows_but_is_not_retracted() -> None:
    plans = (THREE, a_plan("both", "temporal", ["three", "b"], timespan_ms=60_000))
    signals, others = at(0, 4, 8), at(12, rule="b")
    engine = an_engine(*plans)
    engine.add([*signals, *others])
    child, parent = follow({}, engine.settle(FOREVER)).values()
    again = an_engine(*plans)
    again.adopt([child, parent], since_ms=T0 + 5000)
    again.add([*signals[2:], *others])
    assert again.settle(FOREVER) == []
    again.add(at(9, 10))
    grown, above = again.settle(FOREVER)
    assert isinstance(grown, Revised)
    assert isinstance(above, Revised)
    assert (grown.episode.id, spans([grown.episode])) == (child.id, [(0, 10, 5)])
    assert (above.episode.id, above.episode.members[0].child_last_ms) == (parent.id, T0 + 10_000)


def test_an_id_of_the_ledger_that_stands_no_longer_is_not_given_again() -> None:
    [old] = standing([ANY], at(0))
    engine = an_engine(ANY)
    engine.adopt([], spent=[old.id])
    engine.add(at(0))
    [raised] = engine.settle(FOREVER)
    assert isinstance(raised, Raised)
    assert (raised.episode.generation, raised.episode.id != old.id) == (1, True)


def test_signals_of_another_version_of_their_rule_are_counted_and_ignored() -> None:
    engine = Engine([ANY], zone="UTC", versions={"a": "2"})
    engine.add([*at(0), a_signal("a", "new", 1, rule_version="2"), a_signal("unknown", "e", 1)])
    [raised] = engine.settle(FOREVER)
    assert isinstance(raised, Raised)
    assert (raised.episode.count, engine.outdated) == (1, 1)


def test_signals_without_a_group_by_field_are_not_counted_but_their_number_is_known() -> None:
    engine = an_engine(ANY)
    engine.add([a_signal("a", "e", 0, ip=None), a_signal("a", "f", 0)])
    assert len(engine.settle(FOREVER)) == 1
    assert engine.ungrouped == {"any": 1}


def test_expired_signals_cost_nothing_and_retract_nothing() -> None:
    engine = an_engine(ANY, CHILD, PARENT)
    engine.add([*at(0, 1), *at(3, rule="b")])
    engine.settle(FOREVER)
    engine.expire(T0 + HOUR)
    assert engine.groups == 0
    engine.add(at(2 * HOUR / 1000))
    [raised] = engine.settle(FOREVER)
    assert isinstance(raised, Raised)


def test_expiry_spares_what_later_signals_can_still_change() -> None:
    engine = an_engine(ANY)
    engine.add(at(0, 8, 16, 100))
    episodes = follow({}, engine.settle(FOREVER))
    engine.expire(T0 + 12_000)
    engine.add(at(24))
    assert spans(follow(episodes, engine.settle(FOREVER)).values()) == [(0, 24, 4), (100, 100, 1)]


@pytest.mark.parametrize("plan", [ANY, THREE, a_plan("sum", "value_sum", ["a"], fields=("n",), gte=3)])
def test_an_episode_that_never_ends_does_not_hold_its_signals_for_ever(plan: CorrelationPlan) -> None:
    signals = [a_signal("a", f"e{second}", second, fields={"n": 1}) for second in range(300)]
    engine = an_engine(plan)
    episodes: dict[str, Episode] = {}
    for second in range(0, 300, 5):
        engine.add(signals[second : second + 5])
        follow(episodes, engine.settle(FOREVER))
        engine.expire(T0 + (second - 40) * 1000)
        assert engine.held <= 70
    [episode] = episodes.values()
    assert (spans([episode]), len(episode.members)) == ([(0, 299, 300)], 300)
    engine.add([a_signal("a", "late", 290, fields={"n": 1}), a_signal("a", "too late", 3), *signals[:100]])
    [revised] = engine.settle(FOREVER)
    assert isinstance(revised, Revised)
    assert (revised.episode.id, spans([revised.episode])) == (episode.id, [(0, 299, 301)])


def test_what_is_cut_off_from_an_endless_episode_changes_nothing_behind_it() -> None:
    plan = a_plan("avg", "value_avg", ["a"], fields=("n",), gte=1)
    signals = [a_signal("a", f"e{second}", second, fields={"n": 1}) for second in range(100)]
    engine, whole = an_engine(plan), an_engine(plan)
    for one in (engine, whole):
        one.add(signals)
        one.settle(FOREVER)
    engine.expire(T0 + 50_000)
    low = [a_signal("a", "low", 60, fields={"n": -100})]
    for one in (engine, whole):
        one.add(low)
    cut, expected = engine.settle(FOREVER), whole.settle(FOREVER)
    assert cut == expected


@pytest.mark.parametrize("order", [1, -1])
def test_more_members_than_can_be_listed_are_counted_exactly(order: int) -> None:
    engine = an_engine(ANY)
    signals = [a_signal("a", f"e{n}", n / 1000) for n in range(100_500)][::order]
    episodes: dict[str, Episode] = {}
    for start in range(0, len(signals), 50_000):
        engine.add(signals[start : start + 50_000])
        follow(episodes, engine.settle(FOREVER))
    [episode] = episodes.values()
    assert (episode.count, episode.truncated, len(episode.members)) == (100_500, True, 2000)
    assert episode.members[999].at_ms == T0 + 999
    assert episode.members[1000].at_ms == T0 + 99_500


@pytest.mark.parametrize("order", [(None, "e"), ("e", None)], ids=["live first", "drill first"])
def test_a_record_read_live_and_in_a_drill_is_a_signal_of_each(order: tuple[str | None, ...]) -> None:
    engine = Engine([a_plan("r", "event_count", ["a"], gte=1)], zone="UTC")
    for exercise in order:
        engine.add([a_signal("a", "one", 0, exercise=exercise)])
    standing = follow({}, engine.settle(FOREVER))
    assert {episode.key.exercise for episode in standing.values()} == {None, "e"}
