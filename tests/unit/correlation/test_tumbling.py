"""Tumbling windows: where they begin and end in local time."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from soc.correlation.tumbling import LocalTime
from soc.kernel.clock import to_ms

DAY = 86_400_000


def local(text: str, zone: str, *, fold: int = 0) -> int:
    return to_ms(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold))


@pytest.mark.parametrize("zone", ["Asia/Ho_Chi_Minh", "UTC", "America/New_York"])
def test_a_day_begins_at_local_midnight(zone: str) -> None:
    days = LocalTime(zone, DAY)
    midnight = local("2026-03-29T00:00", zone)
    assert days.window(midnight) - days.window(midnight - 1) == 1
    assert days.over_ms(days.window(midnight - 1)) == midnight


def test_a_week_begins_on_thursday() -> None:
    weeks = LocalTime("Asia/Ho_Chi_Minh", 7 * DAY)
    thursday = local("2026-01-01T00:00", "Asia/Ho_Chi_Minh")
    assert weeks.window(thursday) - weeks.window(thursday - 1) == 1
    assert weeks.window(thursday) == weeks.window(thursday + 7 * DAY - 1)


@pytest.mark.parametrize(
    ("zone", "hour", "end"),
    [
        ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T03:00"),
        ("America/New_York", "2026-11-01T01:30", "2026-11-01T02:00"),
    ],
)
def test_a_window_is_over_only_when_its_hour_came_twice(zone: str, hour: str, end: str) -> None:
    hours = LocalTime(zone, DAY // 24)
    assert hours.window(local(hour, zone)) == hours.window(local(hour, zone, fold=1))
    assert hours.over_ms(hours.window(local(hour, zone))) == local(end, zone)


@pytest.mark.parametrize("at_ms", [-(10**17), 0, 10**17])
def test_times_that_no_calendar_holds_lie_in_a_window_all_the_same(at_ms: int) -> None:
    days = LocalTime("Asia/Ho_Chi_Minh", DAY)
    assert days.over_ms(days.window(at_ms)) > at_ms
