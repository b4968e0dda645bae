"""Waits grow, stay under their cap and are never nothing."""

from datetime import timedelta
from itertools import islice

from soc.kernel.retry import backoff


def test_waits_double_up_to_the_cap() -> None:
    waits = islice(backoff(lambda: 1.0, first=timedelta(seconds=1), cap=timedelta(seconds=5)), 5)
    assert [wait.total_seconds() for wait in waits] == [1, 2, 4, 5, 5]


def test_the_luckiest_try_still_waits() -> None:
    assert next(backoff(lambda: 0.0)) > timedelta(0)
