"""Office hours: when the people on the same line work, so that a collector leaves them most of it."""

import re
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Office:
    """The same hours on some days of the week, by the clock of one zone."""

    begin: time
    end: time
    """Later than ``begin``; not part of the hours."""
    days: frozenset[int]
    """0 is Monday."""
    zone: ZoneInfo

    def open_at(self, moment: datetime) -> bool:
        """Return whether *moment* (of any zone) lies in office hours."""
        here = moment.astimezone(self.zone)
        return here.weekday() in self.days and self.begin <= here.time() < self.end


def hours(text: str) -> tuple[time, time]:
    """Return begin and end in *text*.

    Raises:
        ValueError: not ``HH:MM-HH:MM``, or it ends before it begins.
    """
    found = _HOURS.fullmatch(text)
    if found is None:
        raise ValueError("accepted: HH:MM-HH:MM as 07:30-17:30")
    begin, end = time.fromisoformat(found[1]), time.fromisoformat(found[2])
    if end <= begin:
        raise ValueError("accepted: an end after the beginning, on the same day")
    return begin, end


def days(text: str) -> frozenset[int]:
    """Return the days of the week in *text*.

    Raises:
        ValueError: not day names, alone or as from-to, with commas between.
    """
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        last = last if dash else first
        if first not in DAYS or last not in DAYS:
            raise ValueError(f"accepted: {', '.join(DAYS)}, or from-to as mon-fri, with commas between")
        begin, end = DAYS.index(first), DAYS.index(last)
        found |= {(begin + n) % 7 for n in range((end - begin) % 7 + 1)}
    return frozenset(found)


_HOURS = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)")
