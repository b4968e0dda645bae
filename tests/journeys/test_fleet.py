"""Twenty agencies whose lines drop and whose clocks are wrong: each is accounted for to the last record."""

import random
from pathlib import Path

import pytest
from support.endurance import Trial, endure


@pytest.mark.timeout(180)
async def test_a_fleet_with_dropping_lines_is_accounted_for_to_the_last_record(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**9)
    endured = await endure(tmp_path, Trial(20, 8, seed, per_second=5, line_s=(0.5, 2), sample_s=2))
    endured.check()
