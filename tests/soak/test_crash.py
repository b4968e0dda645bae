"""The crash proof at length; its output is committed under tests/bench/results."""

import random
from pathlib import Path

import pytest
from support.crash import prove
from support.results import record

pytestmark = pytest.mark.soak


def test_two_hundred_kills_lose_and_repeat_nothing(tmp_path: Path) -> None:
    record("soak-crash", prove(tmp_path, rounds=200, seed=random.SystemRandom().randrange(10**9)))
