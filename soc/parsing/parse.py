"""Bytes of one record in, one event out: nothing that a record holds can make this fail.

    valid text → format parser → time judged → id → event

What no parser understands is kept as a quarantined event with its reason and its text, so that keyword
rules still see it and it can be replayed once a parser is mended.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from soc.kernel.errors import RecordError, shortened
from soc.kernel.ids import event_id_at, event_id_own, event_id_seq
from soc.model.event import Event, LogSource, Mark
from soc.model.identity import SOC_AGENCY, Layer, Origin, RetentionClass
from soc.model.record import Record
from soc.parsing import moments
from soc.parsing.access import read_access
from soc.parsing.bytes import valid_text
from soc.parsing.finding import read_finding
from soc.parsing.guess import read_any
from soc.parsing.mapping import Sources
from soc.parsing.pairs import read_pairs
from soc.parsing.plain import read_json, read_soc
from soc.parsing.reading import Context, Reading
from soc.parsing.recognition import widen
from soc.parsing.syslog import read_syslog
from soc.parsing.windows import read_windows

Reader = Callable[[str, Context], Reading]
FORMATS: Final[Mapping[str, Reader]] = {
    "windows_json": read_windows,
    "evtx_json": read_windows,
    "syslog": read_syslog,
    "access": read_access,
    "pairs": read_pairs,
    "json": read_json,
    "finding": read_finding,
    "soc": read_soc,
    "auto": read_any,
}
"""Record format → its parser. A new format is one function and one line here."""
CLOCK_TOLERANCE_MS: Final = 5 * 60 * 1000
"""How far after its reading a record may claim to have happened."""


def parse(  # noqa: PLR0913 - the record, who it is from, and how a caller without a collector differs
    record: Record,
    origin: Origin,
    *,
    received_at_ms: int,
    sources: Sources,
    collector_boot: str = "",
    sequence: int | None = None,
    logsource: LogSource | None = None,
    judge_clock: bool = True,
    layer: Layer | None = None,
) -> Event:
    """Return the event that *record* is; never raises because of what it holds.

    Args:
        record: As it lay in the spool.
        origin: As its credential says.
        received_at_ms: Centre's clock.
        sources: Tables of ``rules/mappings``.
        collector_boot: With *sequence*, the identity of a record that has no other.
        sequence: The collector's number of this record.
        logsource: Stands for whatever the record would tell of its log source.
        judge_clock: Whether a time later than the reading is suspect (false where files are scanned).
        layer: Stands for what the tables say.
    """
    read_at_ms = _usable(record.read_at_ms, received_at_ms)
    zone, zone_name = moments.zone_named(record.zone)
    text, mended = valid_text(record.raw, record.encoding)
    reading, reason = _read(text, record, origin, Context(sources, zone, read_at_ms, record.source))
    at_ms, doubt = _judge(reading.at_ms, read_at_ms, judge_clock=judge_clock)
    logsources = reading.logsources if logsource is None else (logsource,)
    return Event(
        id=_event_id(record, origin, reading, (collector_boot, sequence)),
        day=record.day,
        origin=origin,
        source=record.source,
        layer=sources.layer(logsources) if layer is None else layer,
        logsources=logsources,
        at_ms=at_ms,
        read_at_ms=read_at_ms,
        received_at_ms=received_at_ms,
        fields=reading.fields,
        original=text,
        marks=_marks((mended or reading.malformed, record.split, bool(reason)), doubt),
        retention=RetentionClass.QUARANTINE if reason else RetentionClass.STANDARD,
        reason=reason,
        zone=zone_name,
        stated_at_ms=reading.at_ms if doubt is Mark.CLOCK_SUSPECT else None,
        record=record if reason else None,
    )


_MAY_SPEAK_FOR_THE_SOC = (SOC_AGENCY, "")
"""The centre, and files scanned without an agency; a collector's agency is never empty."""
_MARKS = (Mark.MALFORMED, Mark.SPLIT, Mark.QUARANTINED)


def _read(text: str, record: Record, origin: Origin, context: Context) -> tuple[Reading, str]:
    """Return what *text* tells, and why it is quarantined (empty: it is not)."""
    try:
        reading = _reader(record.format, origin)(text, context)
        widen(context.sources, reading)
    except RecordError as error:
        logsources = context.sources.formats.get(record.format, ())
        return Reading(fields={}, logsources=logsources), str(error)
    return reading, ""


@cache
def _marks(hold: tuple[bool, bool, bool], doubt: Mark | None) -> frozenset[Mark]:
    """Return *doubt* and those of ``_MARKS`` that *hold*."""
    marks = {mark for mark, holds in zip(_MARKS, hold, strict=True) if holds}
    return frozenset(marks if doubt is None else marks | {doubt})


def _reader(name: str, origin: Origin) -> Reader:
    reader = FORMATS.get(name)
    if reader is None:
        raise RecordError(f"unknown format {shortened(name)}; known: {', '.join(FORMATS)}")
    if name == "soc" and origin.agency not in _MAY_SPEAK_FOR_THE_SOC:
        raise RecordError("only the centre itself may send format soc")
    return reader


def _judge(stated_at_ms: int | None, read_at_ms: int, *, judge_clock: bool) -> tuple[int, Mark | None]:
    """Return when it happened, and what speaks against the time that the record states."""
    if stated_at_ms is None:
        return read_at_ms, Mark.NO_TIME
    if judge_clock and stated_at_ms > read_at_ms + CLOCK_TOLERANCE_MS:
        return read_at_ms, Mark.CLOCK_SUSPECT
    return stated_at_ms, None


def _event_id(record: Record, origin: Origin, reading: Reading, place: tuple[str, int | None]) -> str:
    agency, source = origin.agency, record.source
    if reading.own_id_suffices:
        return event_id_own(agency, source, reading.own_id, b"")
    # What a sender calls its records is its own affair: two senders of an agency may call theirs the same.
    own_id = f"{origin.collector}/{record.own_id}" if record.own_id else reading.own_id
    if own_id:
        # The centre repeats itself in other words (a later time): the own id of what it says is enough.
        raw = b"" if record.format == "soc" else record.raw
        return event_id_own(agency, source, own_id, raw)
    boot, sequence = place
    if record.fingerprint or sequence is None:
        return event_id_at(agency, source, record.fingerprint, record.offset, record.raw)
    return event_id_seq(agency, source, (origin.collector, boot), sequence, record.raw)


def _usable(at_ms: int, otherwise_ms: int) -> int:
    return at_ms if 0 <= at_ms <= moments.LAST_USABLE_MS else otherwise_ms
