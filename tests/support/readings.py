"""Records read with the project's own mapping tables, as tests want them."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from soc.kernel.clock import to_ms
from soc.model.event import Event
from soc.model.identity import Origin
from soc.model.record import Record
from soc.parsing.mapping import FILES, Sources, load_mappings
from soc.parsing.parse import parse
from soc.parsing.reading import Context

MAPPINGS = Path(__file__).resolve().parents[2] / "rules" / "mappings"
ORIGIN = Origin(agency="so-y-te", collector="c1")
READ_AT_MS = to_ms(datetime(2026, 3, 2, 5, tzinfo=UTC))


@cache
def own_sources() -> Sources:
    """The tables of ``rules/mappings``."""
    return load_mappings(mapping_texts())


def mapping_texts() -> dict[str, str]:
    """The text of each table."""
    return {name: (MAPPINGS / name).read_text(encoding="utf-8") for name in FILES}


def context(*, source: str = "test") -> Context:
    """What a format parser is given: UTC, read at ``READ_AT_MS``."""
    return Context(own_sources(), UTC, READ_AT_MS, source)


def record_of(raw: bytes | str, form: str = "auto", **changes: Any) -> Record:
    """A record of *form* at the start of a file."""
    values: dict[str, Any] = {
        "source": "test",
        "read_at_ms": READ_AT_MS,
        "day": "2026-03-02",
        "zone": "UTC",
        "fingerprint": "f",
        "offset": 0,
    }
    data = raw.encode() if isinstance(raw, str) else raw
    return Record(format=form, raw=data, **(values | changes))


def event_of(raw: bytes | str, form: str = "auto", **changes: Any) -> Event:
    """The event of *raw*; *changes* are to the record."""
    record = record_of(raw, form, **changes)
    return parse(record, ORIGIN, received_at_ms=READ_AT_MS + 1000, sources=own_sources())
