"""One sender's share of what all use: exact in the long run, patient in the short, blind to the others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soc.gateway.limits import Allowances, Bucket, Crowd, Failures, Memory, Rates, Shares
from soc.kernel.errors import StoreBusy

RATES = Rates(events_per_second=100, bytes_per_second=10_000, burst_seconds=10)


def test_a_bucket_gives_its_burst_at_once_and_then_its_rate() -> None:
    bucket = Bucket(100, 1000)
    bucket.spend(1000, 0)
    assert bucket.wait_s(0) == 0
    bucket.spend(500, 0)
    assert bucket.wait_s(0) == 5
    assert bucket.wait_s(4.5) == 0.5
    assert bucket.wait_s(5) == 0


def test_what_is_larger_than_the_bucket_passes_and_is_waited_for() -> None:
    bucket = Bucket(100, 1000)
    bucket.spend(31_000, 0)
    assert bucket.wait_s(0) == 300


def test_a_long_silence_saves_up_no_more_than_the_burst() -> None:
    bucket = Bucket(100, 1000)
    assert bucket.wait_s(1_000_000) == 0
    bucket.spend(1100, 1_000_000)
    assert bucket.wait_s(1_000_000) == 1


@given(st.lists(st.tuples(st.floats(0, 10), st.integers(1, 5000)), max_size=60))
def test_whoever_obeys_the_waits_gets_the_rate_and_one_overdraft(steps: list[tuple[float, int]]) -> None:
    bucket, now, spent = Bucket(100, 1000), 0.0, 0
    for pause, tokens in steps:
        now += max(pause, bucket.wait_s(now) + 1e-6)
        assert bucket.wait_s(now) == 0
        bucket.spend(tokens, now)
        spent += tokens
        assert spent <= 1000 + 100 * now + 5000 + 1e-3


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    bucket = Bucket(100, 1000)
    bucket.spend(1000, 50)
    assert bucket.wait_s(40) == 0


@pytest.mark.parametrize(
    ("events", "bytes_", "wait_s"), [(1500, 0, 5), (0, 150_000, 5), (1100, 120_000, 2), (1000, 100_000, 0)]
)
def test_an_agency_waits_for_the_slower_of_its_two_buckets(events: int, bytes_: int, wait_s: float) -> None:
    allowances = Allowances(RATES)
    allowances.spend("a", events=events, bytes_=bytes_, now=0)
    assert allowances.wait_s("a", 0) == wait_s
    assert allowances.wait_s("b", 0) == 0


def test_each_agency_has_its_share_at_the_desk() -> None:
    shares = Shares(2)
    with shares.place("a"):
        with shares.place("a"), pytest.raises(StoreBusy), shares.place("a"):
            pass
        with shares.place("a"), shares.place("b"):
            pass


def test_a_crowd_counts_in_all_and_per_address() -> None:
    crowd = Crowd(3, 2)
    assert [crowd.enter("a") for _ in range(3)] == [True, True, False]
    assert [crowd.enter("b") for _ in range(2)] == [True, False]
    crowd.leave("a")
    assert crowd.enter("b")
    assert crowd.inside == 3


def test_a_crowd_remembers_no_address_that_left() -> None:
    crowd = Crowd(1, 1)
    for number in range(1000):
        address = f"10.0.0.{number}"
        assert crowd.enter(address)
        assert not crowd.enter(f"other {number}")
        crowd.leave(address)
    assert crowd._by_address == {}


def test_memory_is_given_back() -> None:
    memory = Memory(100)
    with memory.held(60), pytest.raises(StoreBusy):
        memory.take(41)
    with pytest.raises(ValueError, match="defect"), memory.held(100):
        raise ValueError("defect")
    assert memory.held_bytes == 0


def test_no_agency_holds_more_than_half_of_the_memory_of_all() -> None:
    memory = Memory(100)
    memory.of("a").take(50)
    with pytest.raises(StoreBusy):
        memory.of("a").take(1)
    with pytest.raises(StoreBusy), memory.held(10):
        memory.of("b").take(41)
    memory.of("b").take(50)
    assert memory.held_bytes == 100
    memory.of("a").give(50)
    assert memory.held_bytes == 50


def test_failures_are_counted_per_address_and_minute() -> None:
    failures = Failures()
    assert [failures.count("a", at) for at in (0, 1, 59)] == [1, 2, 3]
    assert failures.count("b", 59) == 1
    assert (failures.of("a", 59), failures.of("b", 59), failures.of("c", 59)) == (3, 1, 0)
    assert failures.many(2, 59) == {"a": 3}
    assert failures.of("a", 60) == 0
    assert failures.count("a", 60) == 1
    assert (failures.of("b", 118), failures.of("b", 119)) == (1, 0)


def test_a_flood_of_addresses_forgets_the_oldest_and_grows_no_further() -> None:
    failures = Failures(most_addresses=3)
    for address in "abcad":
        failures.count(address, 0)
    assert failures.many(1, 0) == {"c": 1, "a": 2, "d": 1}
