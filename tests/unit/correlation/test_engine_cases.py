"""The engine gives the episodes that were worked out by hand, signal by signal in any order."""

import random
from pathlib import Path

import pytest
from support.correlating import Until, follow
from support.correlation_cases import Case, Expected, cases_in

from soc.correlation.engine import Engine
from soc.correlation.watermark import FOREVER, Watermark
from soc.model.episode import Episode

CASES = cases_in(Path(__file__).parent / "cases")


def as_expected(episode: Episode, *, with_members: bool) -> Expected:
    return Expected(
        key=episode.key,
        first_at_ms=episode.first_at_ms,
        last_at_ms=episode.last_at_ms,
        fires_at_ms=episode.fires_at_ms,
        count=episode.count,
        members=tuple(member.id for member in episode.members) if with_members else None,
    )


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_episodes_are_those_worked_out_by_hand(case: Case, seed: int) -> None:
    chance = random.Random(seed)
    engine = Engine(case.plans, zone=case.zone)
    marks: list[Watermark] = [FOREVER, Until(0)]
    standing: dict[str, Episode] = {}
    for signal in chance.sample(case.signals, len(case.signals)):
        engine.add([signal])
        follow(standing, engine.settle(chance.choice(marks)))
    found = follow(standing, engine.settle(FOREVER)).values()
    for row in case.expected:
        with_members = row.members is not None
        assert row in [as_expected(episode, with_members=with_members) for episode in found]
    assert len(found) == len(case.expected)
