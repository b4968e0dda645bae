"""How many requests a province may send."""

import pytest

from soc.ncsc_stub.peer import Peer
from soc.ncsc_stub.problem import Problem
from soc.ncsc_stub.rate import Rate

PEER, OTHER = Peer("tinh", exercise=False), Peer("khac", exercise=False)


def test_a_spent_minute_comes_back_bit_by_bit() -> None:
    rate = Rate(per_minute=60)
    for _ in range(60):
        rate.spend(PEER, 0)
    with pytest.raises(Problem) as refused:
        rate.spend(PEER, 0)
    assert refused.value.retry_after_s == 1
    rate.spend(PEER, 1_000)
    with pytest.raises(Problem):
        rate.spend(PEER, 1_999)


def test_waiting_long_gives_no_more_than_one_minute() -> None:
    rate = Rate(per_minute=2)
    rate.spend(PEER, 0)
    for _ in range(2):
        rate.spend(PEER, 3_600_000)
    with pytest.raises(Problem) as refused:
        rate.spend(PEER, 3_600_000)
    assert refused.value.retry_after_s == 30


def test_one_province_does_not_spend_anothers() -> None:
    rate = Rate(per_minute=1)
    rate.spend(PEER, 0)
    rate.spend(OTHER, 0)


def test_a_clock_set_back_gives_nothing() -> None:
    rate = Rate(per_minute=1)
    rate.spend(PEER, 60_000)
    with pytest.raises(Problem):
        rate.spend(PEER, 0)
