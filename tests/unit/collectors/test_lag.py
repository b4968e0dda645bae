"""Lag names the oldest undelivered record of each source."""

from hypothesis import given
from hypothesis import strategies as st
from support.spooling import a_record

from collectors.lag import STEP_MS, Lag
from soc.model.heartbeat import SourceState


def test_a_source_that_holds_nothing_is_up_to_date() -> None:
    assert Lag(["a"]).states(500) == (SourceState("a", 500),)


def test_the_oldest_read_time_counts_until_it_is_acknowledged() -> None:
    lag = Lag(["a", "b"])
    lag.kept(1, [a_record("x", source="a", read_at_ms=10), a_record("y", source="b", read_at_ms=20)])
    lag.kept(3, [a_record("z", source="a", read_at_ms=60_000)])
    assert lag.states(99_000) == (SourceState("a", 10), SourceState("b", 20))
    lag.acknowledged(2)
    assert lag.states(99_000) == (SourceState("a", 60_000), SourceState("b", 20))
    lag.acknowledged(4)
    assert lag.states(99_000) == (SourceState("a", 99_000), SourceState("b", 99_000))


def test_an_inherited_backlog_is_everybodys_until_delivered() -> None:
    lag = Lag(["a", "b"])
    lag.inherit(5, 7)
    assert lag.states(100) == (SourceState("a", 5), SourceState("b", 5))
    lag.acknowledged(8)
    assert lag.states(100) == (SourceState("a", 100), SourceState("b", 100))


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 60_000)), max_size=40), st.integers(1, 41))
def test_lag_is_never_shown_too_small_and_at_most_a_step_too_large(
    reads: list[tuple[str, int]], acked: int
) -> None:
    records = [a_record("x", source=source, read_at_ms=at_ms) for source, at_ms in reads]
    lag = Lag(["a", "b"])
    lag.kept(1, records)
    lag.acknowledged(acked)
    for state in lag.states(99_000):
        held = [r.read_at_ms for r in records[acked - 1 :] if r.source == state.source]
        oldest = min(held, default=99_000)
        assert oldest - STEP_MS < state.oldest_unacked_ms <= oldest
