"""Gateways are asked in order; whoever stood in for the first gives its place back."""

from datetime import UTC, datetime, timedelta

from collectors.route import Route
from soc.kernel.clock import ManualClock


async def test_the_first_is_asked_again_after_a_while_and_keeps_being_passed_over_while_it_is_down() -> None:
    clock = ManualClock(datetime(2026, 11, 24, 8, tzinfo=UTC))
    route = Route(["a", "b", "c"], clock, lambda: 0.5)
    assert list(route.order()) == ["a", "b", "c"]
    route.answered("b")
    assert list(route.order()) == ["b", "c", "a"]
    await clock.advance(timedelta(minutes=9))
    route.answered("b")
    assert list(route.order()) == ["b", "c", "a"]
    await clock.advance(timedelta(minutes=1))
    assert list(route.order()) == ["a", "b", "c"]
    route.answered("b")
    assert list(route.order()) == ["b", "c", "a"]
    await clock.advance(timedelta(minutes=10))
    assert list(route.order()) == ["a", "b", "c"]
    route.answered("a")
    assert list(route.order()) == ["a", "b", "c"]


async def test_collectors_do_not_come_back_at_the_same_moment() -> None:
    clock = ManualClock(datetime(2026, 11, 24, 8, tzinfo=UTC))
    early, late = Route(["a", "b"], clock, lambda: 0.0), Route(["a", "b"], clock, lambda: 0.99)
    early.answered("b")
    late.answered("b")
    await clock.advance(timedelta(minutes=6))
    assert (next(early.order()), next(late.order())) == ("a", "b")
