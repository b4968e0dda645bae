"""Injects are sent in order of time, rendered at the time of sending, with their own spacing."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

from soc.drills.player import play, rendered
from soc.drills.scenario import Scenario, WarningInject
from soc.kernel.clock import ManualClock

START = datetime(2026, 11, 4, 8, 0, tzinfo=UTC)
SCENARIO = Scenario.model_validate(
    {
        "version": 1,
        "id": "s",
        "title": "t",
        "objectives": ["o"],
        "injects": [
            {"kind": "warning", "id": "w", "at_s": 30, "title": "x", "indicators": [{"type": "ipv4-addr"}]},
            {
                "kind": "log",
                "id": "l",
                "at_s": 10,
                "source": "a/c/s",
                "lines": ["{iso} x"],
                "repeat": 2,
                "every_s": 5,
            },
        ],
    }
)


async def test_a_scenario_is_played_in_order_with_its_spacing() -> None:
    clock = ManualClock(START)
    seen: list[tuple[float, str]] = []

    async def send(line: str) -> None:
        seen.append((clock.monotonic(), line))

    async def warn(inject: WarningInject) -> None:
        seen.append((clock.monotonic(), inject.id))

    async with asyncio.TaskGroup() as group:
        playing = group.create_task(
            play(SCENARIO, senders={"a/c/s": send}, warn=warn, clock=clock, zone="UTC", told=lambda _: None)
        )
        await clock.advance(timedelta(minutes=1))
    assert playing.result() == 2
    assert seen == [
        (10.0, "2026-11-04T08:00:10.000+00:00 x"),
        (15.0, "2026-11-04T08:00:15.000+00:00 x"),
        (30.0, "w"),
    ]


def test_templates_take_the_time_of_sending_in_each_form() -> None:
    at = START.astimezone(timezone(timedelta(hours=7)))
    assert rendered("{syslog}|{access}|{other}", at) == "Nov  4 15:00:00|04/Nov/2026:15:00:00 +0700|{other}"
