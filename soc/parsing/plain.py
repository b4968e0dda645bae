"""JSON objects whose fields are used as they are: any program's, and the SOC's own events."""

from typing import Any, Final

from soc.kernel.errors import RecordError
from soc.model.event import Fields, LogSource
from soc.parsing import moments
from soc.parsing.objects import load_object
from soc.parsing.reading import Context, Reading
from soc.parsing.recognition import recognise_object
from soc.parsing.windows import is_windows, windows_reading

_TIMES: Final = (
    "@timestamp",
    "timestamp",
    "time",
    "ts",
    "eventTime",
    "EventTime",
    "TimeGenerated",
    "datetime",
)
_SOC_TIMES: Final = ("at",)


def read_json(text: str, context: Context) -> Reading:
    """Read any JSON object; a Windows event is known by its shape and read as one.

    Raises:
        RecordError: no JSON object within the limits.
    """
    record, malformed = load_object(text)
    return object_reading(record, context, malformed=malformed)


def object_reading(record: Fields, context: Context, *, malformed: bool) -> Reading:
    """Return the reading of a loaded object."""
    if is_windows(record):
        reading = windows_reading(record, context, malformed=malformed)
        # The source does not vouch for the shape: a forged id must not hide another event.
        reading.own_id_suffices = False
        return reading
    logsources = recognise_object(context.sources, record, context.source)
    if context.bare:
        return Reading(record, logsources)
    return Reading(
        fields=record,
        logsources=logsources,
        at_ms=moments.first_of(record, _TIMES, context.zone),
        own_id=_own_id(record),
        malformed=malformed,
    )


def read_soc(text: str, context: Context) -> Reading:
    """Read an event that the SOC itself emits: ``kind`` is its service, ``at`` its time.

    Raises:
        RecordError: no JSON object within the limits, or one without ``kind``.
    """
    record, malformed = load_object(text)
    kind = record.get("kind")
    if not isinstance(kind, str):
        raise RecordError("an event of the SOC itself needs a text in `kind`")
    return Reading(
        fields=record,
        logsources=(LogSource(product="soc", service=kind),),
        at_ms=moments.first_of(record, _SOC_TIMES, context.zone),
        malformed=malformed,
    )


def _own_id(record: Fields) -> str:
    own: Any = record.get("event.id")
    if own is None:
        event = record.get("event")
        own = event.get("id") if isinstance(event, dict) else None
    return str(own) if isinstance(own, str | int) and not isinstance(own, bool) else ""
