"""Times as records state them: text or number in, whole milliseconds of UTC out, None if unusable.

Everything is cut, never rounded. A time without a zone is read in the record's zone. Usable are the
years 1970 to 9998: what lies outside cannot be told from a broken clock and would not fit the stores.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from soc.kernel.clock import from_ms, to_ms
from soc.model.event import Fields

LAST_USABLE_MS: Final = 253_370_764_799_999
"""End of the year 9998."""
MONTHS: Final[Mapping[str, int]] = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
_NEAREST_MS = 180 * 86_400_000
"""Nearer than this is nearer than the same date of any other year."""
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_SECONDS_START = 100_000_000
"""Numbers below (March 1973) are counts and durations, no times."""
_SECONDS_END = 100_000_000_000
"""Numbers below are seconds (until the year 5138), then ms, µs and ns, each a thousand times more."""
_UNITS_PER_MS = ((_SECONDS_END * 1_000, 1), (_SECONDS_END * 1_000_000, 1_000))


@lru_cache(maxsize=256)
def zone_named(name: str) -> tuple[tzinfo, str]:
    """Return the IANA zone *name* and its name; UTC where there is no such zone."""
    try:
        return ZoneInfo(name), name
    except (ValueError, OSError, KeyError):
        return UTC, "UTC"


def from_value(value: Any, zone: tzinfo) -> int | None:
    """Return the instant that a field's *value* states: ISO 8601 text, or seconds, ms, µs, ns as number."""
    if isinstance(value, str):
        return from_iso(value, zone) if _ISO.match(value) else _from_number(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_number(value)
    return None


def from_iso(text: str, zone: tzinfo) -> int | None:
    """Return the instant of ISO 8601 *text* (``T`` or blank between date and time)."""
    try:
        return usable(datetime.fromisoformat(text), zone)
    except ValueError:
        return None


def first_of(fields: Fields, names: tuple[str, ...], zone: tzinfo) -> int | None:
    """Return the first usable instant among the fields *names*."""
    for name in names:
        value = fields.get(name)
        if value is not None:
            at_ms = from_value(value, zone)
            if at_ms is not None:
                return at_ms
    return None


def usable(moment: datetime, zone: tzinfo) -> int | None:
    """Return *moment* in milliseconds, read in *zone* if it has none."""
    try:
        at_ms = to_ms(moment if moment.tzinfo is not None else moment.replace(tzinfo=zone))
    except OverflowError:
        return None
    return at_ms if 0 <= at_ms <= LAST_USABLE_MS else None


@lru_cache(maxsize=4096)
def on_date(date: tuple[int, int, int], clock: tuple[int, int, int], zone: tzinfo) -> int | None:
    """Return the instant of (year, month, day) at (hour, minute, second); None if there is no such time.

    It is remembered: records of one second come together.
    """
    try:
        return usable(datetime(*date, *clock, tzinfo=zone), zone)
    except ValueError:
        return None


def nearest_year(month: int, day: int, clock: tuple[int, int, int], near: tuple[int, tzinfo]) -> int | None:
    """Return the instant of a date without a year: of the years around, the one closest to ``near[0]``.

    Args:
        month: From 1.
        day: From 1.
        clock: Hour, minute, second.
        near: An instant in ms, and the zone that the date is read in.
    """
    near_ms, zone = near
    year = from_ms(near_ms).year
    farther = []
    for candidate in (year, year - 1, year + 1):
        at_ms = on_date((candidate, month, day), clock, zone)
        if at_ms is None:
            continue
        if abs(at_ms - near_ms) < _NEAREST_MS:
            return at_ms
        farther.append(at_ms)
    return min(farther, key=lambda at_ms: abs(at_ms - near_ms), default=None)


def _from_number(value: float | str) -> int | None:
    """Return the instant of a number; it is taken apart as text so that no float rounds it."""
    text = value if isinstance(value, str) else repr(value)
    whole, _, fraction = text.partition(".")
    if not whole.isdecimal() or len(whole) > 20 or (fraction and not fraction.isdecimal()):
        return None
    number = int(whole)
    if number < _SECONDS_START:
        return None
    if number < _SECONDS_END:
        at_ms = number * 1000 + int((fraction + "000")[:3])
    else:
        at_ms = next((number // per_ms for end, per_ms in _UNITS_PER_MS if number < end), number // 1_000_000)
    return at_ms if at_ms <= LAST_USABLE_MS else None
