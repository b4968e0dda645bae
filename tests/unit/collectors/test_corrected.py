"""The clock follows the centre's, but not the network's delays."""

from datetime import UTC, datetime, timedelta

import pytest

from collectors.corrected import CorrectedClock
from soc.kernel.clock import ManualClock, to_ms

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.mark.parametrize("wrong", [timedelta(days=-366), timedelta(days=1), timedelta(seconds=3)], ids=str)
def test_a_wrong_clock_is_set_right(wrong: timedelta) -> None:
    clock = CorrectedClock(ManualClock(NOW + wrong))
    clock.told(to_ms(NOW), asked_at_ms=clock.now_ms())
    assert clock.now() == NOW


def test_a_small_difference_changes_nothing() -> None:
    clock = CorrectedClock(ManualClock(NOW))
    clock.told(to_ms(NOW) + 1_900, asked_at_ms=clock.now_ms())
    assert clock.offset_ms == 0


async def test_a_slow_answer_is_not_taken_for_a_wrong_clock() -> None:
    manual = ManualClock(NOW)
    clock = CorrectedClock(manual)
    asked_at_ms = clock.now_ms()
    await manual.advance(timedelta(seconds=40))
    clock.told(asked_at_ms, asked_at_ms=asked_at_ms)
    assert clock.offset_ms == 0


async def test_only_the_wall_time_is_moved() -> None:
    manual = ManualClock(NOW)
    clock = CorrectedClock(manual)
    clock.told(to_ms(NOW) + 60_000, asked_at_ms=clock.now_ms())
    await manual.advance(timedelta(seconds=2))
    assert (clock.monotonic(), clock.now()) == (2.0, NOW + timedelta(seconds=62))
