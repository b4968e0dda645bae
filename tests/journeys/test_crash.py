"""Whatever is killed, whenever: nothing is lost, nothing is stored twice, the accounts agree."""

import random
from pathlib import Path

import pytest
from support.crash import prove


@pytest.mark.timeout(400)
def test_killing_either_side_loses_and_repeats_nothing(tmp_path: Path) -> None:
    prove(tmp_path, rounds=20, seed=random.SystemRandom().randrange(10**9))
