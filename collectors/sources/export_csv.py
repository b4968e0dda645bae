"""Exports in CSV: rows under a header, whichever character stands between the cells."""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any

from soc.kernel.errors import RecordError
from soc.wire.codec import MAX_RECORD_BYTES

DELIMITERS = ",;\t|"
MAX_COLUMNS = 1000
MIN_COLUMNS = 2
HEADER_WITHIN = 30
"""Lines among which the header stands; before it come titles, which fill fewer cells."""


def csv_rows(text: str) -> Iterator[dict[str, Any]]:
    """Yield each row as an object; cells without a column are called `column_N`, empty ones left out.

    Raises:
        RecordError: there is no header, or a cell is longer than a record may be.
    """
    csv.field_size_limit(MAX_RECORD_BYTES)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), skipinitialspace=True)
    try:
        beginning = list(islice(lines, HEADER_WITHIN))
        at = _header_at(beginning)
        names = _names(beginning[at])
        for line in chain(beginning[at + 1 :], lines):
            row = dict(_cells(names, line))
            if row:
                yield row
    except csv.Error as error:
        raise RecordError(f"CSV line {lines.line_num}: {error}") from error


def _header_at(lines: Sequence[Sequence[str]]) -> int:
    """Return which line is the header: the first to fill at least half as many cells as any."""
    filled = [sum(map(bool, line)) for line in lines]
    enough = max(MIN_COLUMNS, max(filled, default=0) / 2)
    at = next((number for number, count in enumerate(filled) if count >= enough), None)
    if at is None:
        raise RecordError("no table with a header of two columns or more")
    return at


def _delimiter(text: str) -> str:
    """Return what stands most often in the first line that has any of them."""
    for line in text[:MAX_RECORD_BYTES].splitlines():
        counts = {delimiter: line.count(delimiter) for delimiter in DELIMITERS}
        best = max(counts, key=lambda delimiter: counts[delimiter])
        if counts[best]:
            return best
    return DELIMITERS[0]


def _names(header: Sequence[str]) -> list[str]:
    """Return the columns' names, each once."""
    if len(header) > MAX_COLUMNS:
        raise RecordError(f"{len(header)} columns; accepted: {MAX_COLUMNS}")
    names: list[str] = []
    for number, cell in enumerate(header, 1):
        name = cell.strip()
        names.append(name if name and name not in names else f"{name or 'column'}_{number}")
    return names


def _cells(names: Sequence[str], line: Sequence[str]) -> Iterator[tuple[str, str]]:
    for number, cell in enumerate(line[:MAX_COLUMNS], 1):
        if cell.strip():
            yield (names[number - 1] if number <= len(names) else f"column_{number}"), cell.strip()
