from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from soc.kernel.clock import iso_ms, to_ms
from soc.parsing import moments

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-31T07:00:00.1239999Z", "2026-01-31T07:00:00.123Z"),
        ("2026-01-31T07:00:00+07:00", "2026-01-31T00:00:00.000Z"),
        ("2018-03-24T14:37:19.037299-0600", "2018-03-24T20:37:19.037Z"),
        ("2026-01-31 07:00:00", "2026-01-31T00:00:00.000Z"),
        (1521911720, "2018-03-24T17:15:20.000Z"),
        (1521911720.8657, "2018-03-24T17:15:20.865Z"),
        ("1521911720.8659999", "2018-03-24T17:15:20.865Z"),
        (1446249499322, "2015-10-30T23:58:19.322Z"),
        (1446249499322999, "2015-10-30T23:58:19.322Z"),
        (1446249499322999999, "2015-10-30T23:58:19.322Z"),
    ],
)
def test_times_are_cut_to_milliseconds_and_read_in_the_records_zone(value: Any, expected: str) -> None:
    at_ms = moments.from_value(value, HANOI)
    assert at_ms is not None
    assert iso_ms(at_ms) == expected


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "",
        "yesterday",
        "2026-13-01T00:00:00Z",
        "2026-01-01T25:00:00Z",
        "0001-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59Z",
        "20260101",
        5,
        -1,
        1.5,
        float(10**300),
        "9" * 30,
        ["2026-01-01T00:00:00Z"],
    ],
)
def test_what_is_no_usable_time_is_none(value: Any) -> None:
    assert moments.from_value(value, UTC) is None


@pytest.mark.parametrize(
    ("near", "date", "expected"),
    [
        ("2026-01-01T00:10:00Z", (12, 31), "2025-12-31T10:00:00.000Z"),
        ("2025-12-31T23:50:00Z", (1, 1), "2026-01-01T10:00:00.000Z"),
        ("2026-03-01T00:00:00Z", (2, 29), "2024-02-29T10:00:00.000Z"),
        ("2026-06-15T00:00:00Z", (6, 14), "2026-06-14T10:00:00.000Z"),
    ],
)
def test_a_date_without_a_year_gets_the_nearest_one(near: str, date: tuple[int, int], expected: str) -> None:
    near_ms = to_ms(datetime.fromisoformat(near))
    if date == (2, 29):
        assert moments.nearest_year(*date, (10, 0, 0), (near_ms, UTC)) is None
        near_ms = to_ms(datetime(2025, 1, 1, tzinfo=UTC))
    at_ms = moments.nearest_year(*date, (10, 0, 0), (near_ms, UTC))
    assert at_ms is not None
    assert iso_ms(at_ms) == expected


@pytest.mark.parametrize("name", ["", "Mars/Phobos", "../../etc/passwd", "a\0b", "\ud800", "/etc/localtime"])
def test_an_unknown_zone_is_utc(name: str) -> None:
    assert moments.zone_named(name) == (UTC, "UTC")


def test_the_first_usable_time_among_fields_is_taken() -> None:
    fields = {"a": "none", "b": None, "c": "2026-01-01T00:00:00Z", "d": 1521911720}
    assert moments.first_of(fields, ("a", "b", "c", "d"), UTC) == to_ms(datetime(2026, 1, 1, tzinfo=UTC))
    assert moments.first_of(fields, ("a", "missing"), UTC) is None


def test_a_date_that_does_not_exist_is_none() -> None:
    assert moments.on_date((2026, 2, 29), (0, 0, 0), UTC) is None
    assert moments.on_date((2024, 2, 29), (0, 0, 0), UTC) == to_ms(datetime(2024, 2, 29, tzinfo=UTC))
