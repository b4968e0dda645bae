"""The oracle gives the episodes that were worked out by hand."""

import random
from itertools import permutations
from pathlib import Path

import msgspec
import pytest
from support.correlation_cases import Case, Expected, cases_in, plan_of

from soc.correlation.oracle import Stand, episodes
from soc.model.identity import Layer

CASES = cases_in(Path(__file__).parent / "cases")


def named(name: str) -> Case:
    return next(case for case in CASES if case.name == name)


def as_expected(stand: Stand, *, with_members: bool) -> Expected:
    return Expected(
        key=stand.key,
        first_at_ms=stand.first_at_ms,
        last_at_ms=stand.last_at_ms,
        fires_at_ms=stand.fires_at_ms,
        count=stand.count,
        members=tuple(member.id for member in stand.members) if with_members else None,
    )


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_the_episodes_are_those_worked_out_by_hand(case: Case) -> None:
    found = episodes(case.plans, case.signals, zone=case.zone)
    assert len(found) == len(case.expected)
    told = [row.members is not None for row in case.expected]
    assert [as_expected(s, with_members=t) for s, t in zip(found, told, strict=True)] == case.expected


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_neither_order_nor_repetition_matters(case: Case) -> None:
    shuffled = random.Random(7).sample(case.signals * 2, 2 * len(case.signals))
    assert episodes(case.plans, shuffled, zone=case.zone) == episodes(
        case.plans, case.signals, zone=case.zone
    )


def test_cases_have_names_of_their_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


def test_a_member_is_the_signal_it_was() -> None:
    case = named("the same signal twice is counted once in an episode")
    (stand,) = episodes(case.plans, case.signals, zone="UTC")
    first = stand.members[0]
    assert (first.id, first.rule_id, first.agency, first.layer) == ("x", "a", "a1", Layer.MONITORING)
    assert (first.event_id, first.event_day, first.child_first_ms) == ("e-x", "2026-01-01", None)


def test_a_child_is_a_member_with_its_own_span() -> None:
    case = named("a child is a signal at its first firing point")
    child, parent = episodes(case.plans, case.signals, zone="UTC")
    member = parent.members[0]
    assert (member.id, member.rule_id, member.at_ms) == (child.id, "c", 5_000)
    assert (member.child_first_ms, member.child_last_ms, member.event_id) == (0, 15_000, "")


def test_a_child_speaks_for_a_layer_only_if_all_its_members_do() -> None:
    case = named("children of one layer and of two")
    layers = [s.members[0].layer for s in episodes(case.plans, case.signals, zone="UTC") if s.rule_id == "p"]
    assert layers == [Layer.MONITORING, None]


def test_a_record_read_live_and_in_exercises_is_a_signal_of_each() -> None:
    case = named("a single signal is an episode of itself")
    (live,) = case.signals
    drills = [msgspec.structs.replace(live, exercise=run, at_ms=live.at_ms - 1) for run in ("e", "f")]
    for order in permutations([live, *drills]):
        found = episodes(case.plans, order, zone="UTC")
        assert [(s.key.exercise, s.first_at_ms, s.count) for s in found] == [
            (None, 5_000, 1),
            ("e", 4_999, 1),
            ("f", 4_999, 1),
        ]


def test_of_a_signal_told_at_several_times_the_earliest_counts() -> None:
    case = named("a single signal is an episode of itself")
    (once,) = case.signals
    again = [once, *(msgspec.structs.replace(once, at_ms=at_ms) for at_ms in (9_000, 3_000))]
    for order in permutations(again):
        (stand,) = episodes(case.plans, order, zone="UTC")
        assert (stand.first_at_ms, stand.last_at_ms, stand.count) == (3_000, 3_000, 1)


@pytest.mark.parametrize(("levels", "standing"), [(60, 1), (70, 0)])
@pytest.mark.parametrize(("name", "value"), [("u", "x"), ("u.n", {"n": "x"})])
def test_a_key_deeper_than_64_arrays_is_missing(name: str, value: object, levels: int, standing: int) -> None:
    (signal,) = named("a single signal is an episode of itself").signals
    for _ in range(levels):
        value = [value]
    deep = msgspec.structs.replace(signal, fields={"u": value})
    plan = plan_of({"by": [name], "span": 10, "gte": 1})
    assert len(episodes([plan], [deep], zone="UTC")) == standing
