"""A signal: one event × one rule, the only thing correlation sees."""

import msgspec

from soc.kernel.ids import signal_id
from soc.model.event import Event, Fields
from soc.model.identity import Layer


class Signal(msgspec.Struct, frozen=True):
    """One event matched by one rule (CORRELATION.md, "Signals")."""

    id: str
    """hash(rule, event); the same signal twice is one signal."""
    rule_id: str
    rule_version: str
    agency: str
    exercise: str | None
    source: str
    layer: Layer
    at_ms: int
    event_id: str
    event_day: str
    fields: Fields
    """The fields correlations and pages need: all scalar fields of the event."""
    collector: str = ""
    version: int = 1


def signal_of(event: Event, rule_id: str, rule_version: str) -> Signal:
    """Return the signal of *rule_id* on *event*."""
    return Signal(
        id=signal_id(rule_id, event.id),
        rule_id=rule_id,
        rule_version=rule_version,
        agency=event.origin.agency,
        exercise=event.origin.exercise,
        source=event.source,
        layer=event.layer,
        at_ms=event.at_ms,
        event_id=event.id,
        event_day=event.day,
        fields=event.fields,
        collector=event.origin.collector,
    )
