"""The main job without a server: files → events → signals → episodes, through the same code as live.

Opens no store. Correlation sees the watermark pass everything when all input is read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from soc.correlation.changes import Raised, Retracted, Revised
from soc.correlation.engine import Engine as Correlator
from soc.correlation.watermark import FOREVER
from soc.kernel.errors import RecordError
from soc.model.episode import Episode
from soc.model.event import Event, LogSource, Mark
from soc.model.identity import Origin
from soc.model.signal import Signal, signal_of
from soc.parsing.parse import parse
from soc.pipeline.files import SOURCE, Found, Reading, record_of, records, shown
from soc.pipeline.intake import Understanding
from soc.pipeline.sighting import Sighting
from soc.rulebook.plan import CorrelationPlan, RulePlan


@dataclass(frozen=True, slots=True)
class Manner:
    """How files are read and whose they are."""

    zone: str
    format: str | None = None
    logsource: LogSource | None = None
    agency: str = ""
    """Empty: one unnamed agency."""
    agency_field: str | None = None


class Place(msgspec.Struct, frozen=True):
    """Where an event stands in the input."""

    file: str
    record: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One rule that matched one event."""

    rule: RulePlan
    place: Place
    signal: Signal


@dataclass(slots=True)
class Tally:
    """What was read."""

    events: int = 0
    hits: int = 0
    timeless: int = 0
    """Records with matches but no usable time: the file's modification time stands in."""
    faults: list[str] = field(default_factory=list)
    """Unreadable files and records: file, record, reason."""
    quarantined: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    """File → (how many records could not be parsed, number and reason of the first)."""

    def quarantine(self, file: str, number: int, reason: str) -> None:
        """Count a record that only keyword rules could read."""
        count, first, why = self.quarantined.get(file, (0, number, reason))
        self.quarantined[file] = (count + 1, first, why)

    def add(self, other: "Tally") -> None:
        """Count what another reading of other files counted."""
        self.events += other.events
        self.hits += other.hits
        self.timeless += other.timeless
        self.faults += other.faults
        self.quarantined |= other.quarantined

    def complaints(self) -> list[str]:
        """Return every fault, one line each."""
        return self.faults + [
            f"{file}:{first}: {why} ({count} such records; keyword rules saw their text)"
            for file, (count, first, why) in self.quarantined.items()
        ]


def scan_file(path: Path, reading: Understanding, manner: Manner, tally: Tally) -> Iterator[Hit]:
    """Yield every hit in a file; faults go to *tally* and the rest is read on."""
    sighting = Sighting(reading, manner.zone, SOURCE, manner.logsource)
    file = Reading(path, manner.zone, manner.format)
    try:
        for item in records(file):
            if isinstance(item, RecordError):
                tally.faults.append(f"{shown(path)}: {item}")
                continue
            tally.events += 1
            if not sighting.is_nothing(item.raw, item.format):
                yield from _match(item, file, reading, manner, tally)
    except RecordError as error:
        tally.faults.append(f"{shown(path)}: {error}")


def correlate(plans: Sequence[CorrelationPlan], signals: Sequence[Signal], zone: str) -> list[Episode]:
    """Return the episodes of *plans* that stand when everything is read."""
    engine = Correlator(plans, zone=zone)
    engine.add(signals)
    standing: dict[str, Episode] = {}
    for change in engine.settle(FOREVER):
        match change:
            case Raised(episode=episode) | Revised(episode=episode):
                standing[episode.id] = episode
            case Retracted(episode_id=id_):
                standing.pop(id_, None)
    return list(standing.values())


def _match(item: Found, file: Reading, reading: Understanding, manner: Manner, tally: Tally) -> Iterator[Hit]:
    event = _event(item, file, reading, manner)
    if event.reason:
        tally.quarantine(shown(file.path), item.number, event.reason)
    matching = reading.engine.match(event)
    tally.timeless += bool(matching) and Mark.NO_TIME in event.marks
    for rule in matching:
        tally.hits += 1
        yield Hit(rule, Place(shown(file.path), item.number), signal_of(event, rule.id, rule.version))


def _event(item: Found, file: Reading, reading: Understanding, manner: Manner) -> Event:
    record = record_of(item, file)
    event = parse(
        record,
        Origin(manner.agency, SOURCE),
        received_at_ms=record.read_at_ms,
        sources=reading.sources,
        logsource=manner.logsource,
        judge_clock=False,
    )
    named = event.fields.get(manner.agency_field) if manner.agency_field else None
    if not isinstance(named, str) or not named:
        return event
    return msgspec.structs.replace(event, origin=Origin(named.lower(), SOURCE))
