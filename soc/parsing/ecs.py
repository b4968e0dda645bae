"""The stored document: an event under the names of the Elastic Common Schema.

Fields of the Sigma taxonomy are moved by the table ``ecs.yml``; what it does not name, or what does not
fit its type, becomes a label. Identity, times and id come from the event alone, never from its text.
"""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any, Final, assert_never

from soc.kernel.clock import iso_ms
from soc.model.event import Event, Fields, LogSource, Mark
from soc.parsing.mapping import Sources
from soc.parsing.tables import EcsField, EcsType

ECS_VERSION: Final = "9.5.0"
LABEL_LIMIT: Final = 200
"""Labels of one document; the rest is found in ``event.original``."""
_LONGS = range(-(2**63), 2**63)
_LONG_DIGITS = 18


def to_ecs(event: Event, sources: Sources) -> Fields:
    """Return *event* as an ECS document of nested objects."""
    tables = [
        table
        for pattern, table in sources.ecs
        if pattern == LogSource() or any(pattern.covers(logsource) for logsource in event.logsources)
    ]
    document: Fields = {}
    labels: dict[str, Any] = {}
    for name, value in _leaves(event.fields, ""):
        target = next((table[name] for table in tables if name in table), None)
        if not (target is not None and _put(document, target, value)) and len(labels) < LABEL_LIMIT:
            labels[name.replace(".", "_")] = _as_label(value)
    _put_identity(document, event)
    document["labels"] = labels | _own_labels(event)
    return document


def _leaves(fields: Fields, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name}.")
        elif value is not None:
            yield prefix + name, value


def _put(document: Fields, target: EcsField, value: Any) -> bool:
    """Put *value* in its place; false if it does not fit or the place is taken."""
    converted = [
        _converted(element, target.type) for element in (value if isinstance(value, list) else [value])
    ]
    if not converted or None in converted:
        return False
    place = document
    for part in target.path[:-1]:
        place = place.setdefault(part, {})
    if target.path[-1] in place:
        return False
    place[target.path[-1]] = converted if isinstance(value, list) else converted[0]
    return True


def _converted(value: Any, kind: EcsType) -> str | int | None:
    if not isinstance(value, str | int | float):
        return None
    match kind:
        case EcsType.KEYWORD:
            return _as_text(value)
        case EcsType.IP:
            return _as_address(value)
        case EcsType.LONG:
            return _as_long(value)
        case _:
            assert_never(kind)


def _as_text(value: str | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _as_address(value: str | float) -> str | None:
    try:
        return str(ip_address(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def _as_long(value: str | float) -> int | None:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        return None
    if isinstance(value, str) and not (value.isascii() and value.isdecimal() and len(value) <= _LONG_DIGITS):
        return None
    number = int(value)
    return number if number in _LONGS else None


def _as_label(value: Any) -> str | list[str]:
    if isinstance(value, list):
        return [_as_text(element) for element in value if isinstance(element, str | int | float)]
    return _as_text(value)


def _put_identity(document: Fields, event: Event) -> None:
    """Write what the event itself knows over whatever its fields may have said."""
    document["@timestamp"] = iso_ms(event.at_ms)
    document["ecs"] = {"version": ECS_VERSION}
    document["organization"] = {"id": event.origin.agency}
    document["agent"] = {"id": event.origin.collector}
    document["tags"] = sorted(mark.value for mark in event.marks)
    document["event"] = {
        **document.get("event", {}),
        "id": event.id,
        "kind": "pipeline_error" if Mark.QUARANTINED in event.marks else "event",
        "original": event.original,
        "created": iso_ms(event.read_at_ms),
        "ingested": iso_ms(event.received_at_ms),
        "timezone": event.zone,
    }
    if event.reason:
        document["error"] = {"message": event.reason}


def _own_labels(event: Event) -> dict[str, str]:
    labels = {
        "soc_day": event.day,
        "soc_layer": str(event.layer.value),
        "soc_retention": event.retention.value,
        "soc_source": event.source,
    }
    if event.origin.exercise is not None:
        labels["soc_exercise"] = event.origin.exercise
    if event.stated_at_ms is not None:
        labels["soc_stated_at"] = iso_ms(event.stated_at_ms)
    return labels
