"""Office hours are the same hours on some days, by the clock of the office."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from collectors.office import Office, days, hours

OFFICE = Office(*hours("07:30-17:30"), days("mon-fri"), ZoneInfo("Asia/Ho_Chi_Minh"))


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (datetime(2026, 11, 24, 0, 30, tzinfo=UTC), True),
        (datetime(2026, 11, 24, 0, 29, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 24, 10, 29, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 24, 10, 30, tzinfo=UTC), False),
        (datetime(2026, 11, 28, 3, tzinfo=UTC), False),
        (datetime(2026, 11, 22, 23, tzinfo=UTC), False),
    ],
    ids=["begin", "before", "last second", "end", "saturday", "before monday's begin"],
)
def test_the_beginning_is_inside_and_the_end_is_not(moment: datetime, *, is_open: bool) -> None:
    assert OFFICE.open_at(moment) is is_open


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mon", {0}),
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("sat-mon", {5, 6, 0}),
        ("mon, wed-thu", {0, 2, 3}),
        ("sun-sun", {6}),
    ],
)
def test_days_are_names_and_spans_of_them(text: str, found: set[int]) -> None:
    assert days(text) == found


@pytest.mark.parametrize("text", ["", "Mon", "mon-", "-fri", "mon-tue-wed", "1-5", "mon,,tue"])
def test_what_names_no_days_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="accepted: mon"):
        days(text)


def test_hours_are_two_times_of_one_day() -> None:
    assert hours("00:00-23:59") == (time(0, 0), time(23, 59))


@pytest.mark.parametrize(
    "text", ["", "7:30-17:30", "07:30", "07:30-24:00", "07:60-08:00", "08:00-08:00", "10:00-09:00"]
)
def test_what_is_no_span_of_a_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="accepted"):
        hours(text)
