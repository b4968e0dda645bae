"""Time is cut to milliseconds, and a manual clock wakes sleepers in order without waiting."""

import asyncio
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from soc.kernel.clock import ManualClock, from_ms, iso_ms, to_ms

START = datetime(2026, 11, 24, tzinfo=UTC)


def test_an_instant_is_cut_not_rounded() -> None:
    assert to_ms(datetime(1970, 1, 1, 0, 0, 0, 1999, tzinfo=UTC)) == 1


def test_iso_text_keeps_milliseconds_and_says_utc() -> None:
    assert iso_ms(1_700_000_000_007) == "2023-11-14T22:13:20.007Z"


@given(st.integers(-(10**12), 10**13))
def test_milliseconds_survive_the_way_to_an_instant_and_back(at_ms: int) -> None:
    assert to_ms(from_ms(at_ms)) == at_ms


async def test_a_manual_clock_wakes_each_sleeper_at_its_own_time() -> None:
    clock = ManualClock(START)
    woken: list[tuple[str, datetime]] = []

    async def sleeper(name: str, seconds: int) -> None:
        await clock.sleep(timedelta(seconds=seconds))
        woken.append((name, clock.now()))

    async with asyncio.TaskGroup() as group:
        group.create_task(sleeper("late", 30))
        group.create_task(sleeper("early", 10))
        await clock.advance(timedelta(minutes=1))
    assert woken == [("early", START + timedelta(seconds=10)), ("late", START + timedelta(seconds=30))]
    assert clock.monotonic() == 60
