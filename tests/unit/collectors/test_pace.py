"""The line is shared with people: batches keep to a rate, by the hour."""

import asyncio
from datetime import UTC, datetime, timedelta

from collectors.pace import OVERHEAD_BYTES, Pace
from soc.kernel.clock import ManualClock

NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)
BODY = 8_000 - OVERHEAD_BYTES
"""Takes one second of 64 kbit/s."""


async def bodies_within(pace: Pace, clock: ManualClock, duration: timedelta) -> int:
    gone = [0]

    async def send() -> None:
        while True:
            await pace.leave(BODY)
            gone[0] += 1
            await asyncio.sleep(0)

    sending = [asyncio.create_task(send()) for _ in range(4)]
    await clock.advance(duration)
    for task in sending:
        task.cancel()
    return gone[0]


async def test_bodies_of_all_senders_together_keep_to_the_rate() -> None:
    clock = ManualClock(NINE)
    assert await bodies_within(Pace(lambda _: 64, clock), clock, timedelta(seconds=60)) in range(60, 66)


async def test_the_rate_is_that_of_the_hour() -> None:
    clock = ManualClock(NINE)
    pace = Pace(lambda moment: 64 if moment < NINE + timedelta(seconds=30) else 640, clock)
    assert await bodies_within(pace, clock, timedelta(seconds=60)) in range(30 + 250, 30 + 310)


async def test_without_a_limit_nothing_waits() -> None:
    clock = ManualClock(NINE)
    pace = Pace(lambda _: 0, clock)
    for _ in range(1_000):
        await pace.leave(1 << 20)


def test_batches_are_small_where_the_line_is_narrow() -> None:
    clock = ManualClock(NINE)
    assert [Pace(lambda _, rate=rate: rate, clock).batch_bytes() for rate in (0, 1, 64, 10_000)] == [  # type: ignore[misc]
        1 << 20,
        64 << 10,
        128_000,
        1 << 20,
    ]
