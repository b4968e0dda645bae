"""Windows events, whichever shipper wrote them down: one set of names for header and data.

The header (``System``) wins over event data of the same name, blanks are taken out of names, and header
attributes are called ``Provider_Name``, ``Execution_ProcessID`` and so on, as Sigma rules expect.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from soc.kernel.ids import digest
from soc.kernel.numbers import decimal_of
from soc.model.event import Fields, LogSource
from soc.parsing import moments
from soc.parsing.mapping import Sources
from soc.parsing.objects import load_object
from soc.parsing.reading import Context, Reading

_FLAT_NAMES: Final[Mapping[str, str]] = {
    "Hostname": "Computer",
    "SourceName": "Provider_Name",
    "ProviderName": "Provider_Name",
    "ProviderGuid": "Provider_Guid",
    "RecordNumber": "EventRecordID",
    "ExecutionProcessID": "Execution_ProcessID",
    "ThreadID": "Execution_ThreadID",
}
"""Flat objects as NXLog and log analytics write them."""
_BEAT_NAMES: Final[Mapping[str, str]] = {
    "channel": "Channel",
    "log_name": "Channel",
    "event_id": "EventID",
    "computer_name": "Computer",
    "provider_name": "Provider_Name",
    "source_name": "Provider_Name",
    "provider_guid": "Provider_Guid",
    "record_id": "EventRecordID",
    "record_number": "EventRecordID",
    "process_id": "Execution_ProcessID",
    "thread_id": "Execution_ThreadID",
    "level": "Level",
    "task": "Task",
    "opcode": "Opcode",
    "version": "Version",
    "message": "Message",
}
"""Winlogbeat: under ``winlog`` since version 7, at the top before."""
_BEAT_DATA = ("event_data", "user_data")
_TIMES = ("TimeCreated_SystemTime", "TimeCreated", "EventTime", "@timestamp", "TimeGenerated")


def read_windows(text: str, context: Context) -> Reading:
    """Read the JSON that a shipper, or a dump of an EVTX file, makes of one Windows event.

    Raises:
        RecordError: no JSON object within the limits.
    """
    record, malformed = load_object(text)
    return windows_reading(record, context, malformed=malformed)


def is_windows(record: Fields) -> bool:
    """Return whether *record* looks like a Windows event of one of the known shapes."""
    if ("Channel" in record and "EventID" in record) or ("log_name" in record and "event_id" in record):
        return True
    event = record.get("Event")
    if isinstance(event, dict) and "System" in event:
        return True
    return isinstance(record.get("winlog"), dict) or _has_dotted(record)


def event_logsources(sources: Sources, channel: object, event_id: object) -> tuple[LogSource, ...]:
    """Return the log sources of a Windows event with this channel and id."""
    found = sources.event_log(channel, event_id) if isinstance(channel, str) else ()
    return found or sources.formats.get("windows_json", ())


def windows_reading(record: Fields, context: Context, *, malformed: bool) -> Reading:
    """Return the reading of a loaded Windows event."""
    event = record.get("Event")
    fields = _from_dump(event) if isinstance(event, dict) else _from_shipper(record)
    return event_reading(fields, context, malformed=malformed)


def event_reading(fields: Fields, context: Context, *, malformed: bool) -> Reading:
    """Return the reading of an event whose *fields* have Sigma's names; its id becomes a number."""
    event_id = fields.get("EventID")
    if type(event_id) is not int and (number := _whole_number(event_id)) is not None:
        fields["EventID"] = event_id = number
    channel = fields.get("Channel")
    logsources = event_logsources(context.sources, channel, event_id)
    if context.bare:
        return Reading(fields, logsources)
    own_id = _own_id(fields)
    return Reading(
        fields=fields,
        logsources=logsources,
        at_ms=moments.first_of(fields, _TIMES, context.zone),
        own_id=own_id,
        own_id_suffices=bool(own_id),
        malformed=malformed,
    )


_LARGEST_ID = 2**32


def _whole_number(value: object) -> int | None:
    """Return the id that a text or a number with a point is."""
    number = decimal_of(value)
    return int(number) if number is not None and abs(number) < _LARGEST_ID and number == int(number) else None


def _own_id(fields: Fields) -> str:
    parts = [fields.get(name) for name in ("Computer", "Channel", "EventRecordID")]
    time = next((fields[name] for name in _TIMES if fields.get(name) is not None), None)
    if time is None or any(part in (None, "") for part in parts):
        return ""
    return digest("windows", *(str(part) for part in (*parts, time)))


def _from_dump(event: Fields) -> Fields:
    """Flatten the tree that EVTX readers give: System first, then every other section."""
    system = event.get("System")
    leaves: dict[str, list[Any]] = {}
    for section, body in event.items():
        if section not in ("System", "#attributes"):
            for name, value in body.items() if _is_flat(body) else _leaves(section, body):
                leaves.setdefault(name.replace(" ", ""), []).append(value)
    # What comes under one name more than once is a list: no value hides another from the rules.
    fields: Fields = {name: found[0] if len(found) == 1 else found for name, found in leaves.items()}
    return fields | (header_of(system) if isinstance(system, dict) else {})


_FLAT: Final = frozenset((str, int, float, bool))
"""Types of values that have nothing below them."""


def _is_flat(body: Any) -> bool:
    return (
        type(body) is dict
        and _FLAT.issuperset(map(type, body.values()))
        and "#text" not in body
        and "#attributes" not in body
    )


def header_of(system: Fields) -> Fields:
    """Return the fields of the header: texts of its elements, and their attributes."""
    fields: Fields = {}
    for name, value in system.items():
        if type(value) is not dict:
            if value is not None:
                fields[name] = value
            continue
        if "#text" in value:
            fields[name] = value["#text"]
        attributes = value.get("#attributes")
        if type(attributes) is dict:
            for attribute, part in attributes.items():
                fields[f"{name}_{attribute}"] = part
    return fields


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield (name, value) of every leaf below; a list of plain values stays a list."""
    if isinstance(value, dict):
        if "#text" in value:
            attributes = value.get("#attributes")
            own = attributes.get("Name") if isinstance(attributes, dict) else None
            yield (own if isinstance(own, str) else name).replace(" ", ""), value["#text"]
        for child, below in value.items():
            if child not in ("#text", "#attributes"):
                yield from _leaves(child, below)
    elif isinstance(value, list) and any(isinstance(element, dict) for element in value):
        for element in value:
            yield from _leaves(name, element)
    elif value is not None or name not in ("EventData", "UserData"):
        yield name.replace(" ", ""), value


def _from_shipper(record: Fields) -> Fields:
    """Bring a shipper's object under Sigma's names; what has no such name stays as it is."""
    beat = record.get("winlog")
    if isinstance(beat, dict):
        return _from_beat(beat, record)
    if "log_name" in record or _has_dotted(record):
        return _from_beat(record, record)
    fields = _without_blanks(record)
    for theirs, ours in _FLAT_NAMES.items():
        if theirs in fields and ours not in fields:
            fields[ours] = fields[theirs]
    return fields


def _from_beat(beat: Fields, record: Fields) -> Fields:
    plain = {name.removeprefix("winlog."): value for name, value in beat.items()}
    fields = {ours: plain[theirs] for theirs, ours in _BEAT_NAMES.items() if plain.get(theirs) is not None}
    if "EventID" not in fields:
        event = record.get("event")
        code = record.get("event.code", event.get("code") if isinstance(event, dict) else None)
        fields.update({"EventID": code} if code is not None else {})
    for section in _BEAT_DATA:
        data = plain.get(section)
        inner = data if isinstance(data, dict) else {}
        dotted = {name[len(section) + 1 :]: v for name, v in plain.items() if name.startswith(section + ".")}
        fields = {**_without_blanks({**inner, **dotted}), **fields}
    rest = {name: v for name, v in record.items() if name != "winlog" and name not in _BEAT_DATA}
    if "message" in rest:
        fields.setdefault("Message", rest["message"])
    return {**rest, **fields}


def _has_dotted(record: Fields) -> bool:
    return "\nwinlog." in "\n" + "\n".join(record)


def _without_blanks(fields: Fields) -> Fields:
    if " " not in "".join(fields):
        return fields
    spaced = {name.replace(" ", ""): value for name, value in fields.items() if " " in name}
    return {**spaced, **{name: value for name, value in fields.items() if " " not in name}}
