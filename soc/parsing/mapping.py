"""The mapping tables of ``rules/mappings``: which log sources, layer, entities and ECS fields a record has.

They are data that people write; this module checks them, and answers the questions parsing asks.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from soc.kernel.errors import ConfigError
from soc.model.event import LogSource
from soc.model.identity import Layer
from soc.parsing.tables import (
    Addition,
    EcsField,
    EcsTable,
    EntityTable,
    EventLogs,
    LayerTable,
    LogSourceTable,
    Recogniser,
    check,
)

FILES: Final = ("logsources.yml", "layers.yml", "entities.yml", "ecs.yml")
"""Names that ``load_mappings`` expects."""


class Sources(msgspec.Struct, frozen=True):
    """The tables, arranged for lookup. Made by ``load_mappings`` and never changed."""

    events: dict[tuple[str, int], tuple[LogSource, ...]]
    """(channel in lower case, event id) → log sources with their categories."""
    channels: dict[str, tuple[LogSource, ...]]
    """Channel in lower case → log sources of every other event in it."""
    programs: dict[str, tuple[LogSource, ...]]
    """Syslog program in lower case → log sources."""
    formats: dict[str, tuple[LogSource, ...]]
    """Record format → log sources when the record says no more."""
    recognisers: tuple[Recogniser, ...]
    additions: dict[LogSource, Addition]
    """Log source → the category its events belong to as well."""
    open_products: frozenset[str]
    layers: tuple[tuple[LogSource, Layer], ...]
    entities: tuple[tuple[LogSource, tuple[str, ...]], ...]
    ecs: tuple[tuple[LogSource, dict[str, EcsField]], ...]
    """Log source → Sigma field → ECS field, best first."""
    known: dict[LogSource, Layer]
    """Every log source that some table can give, with its layer."""

    def event_log(self, channel: str, event_id: object) -> tuple[LogSource, ...]:
        """Return the log sources of an event in *channel*; empty for a channel that no table names."""
        key = channel.lower()
        found = self.events.get((key, event_id)) if type(event_id) is int else None
        return found or self.channels.get(key, ())

    def layer(self, logsources: tuple[LogSource, ...]) -> Layer:
        """Return the highest layer that one of an event's *logsources* belongs to."""
        return max((self._layer(logsource) for logsource in logsources), default=Layer.ON_THE_SPOT)

    def _layer(self, logsource: LogSource) -> Layer:
        known = self.known.get(logsource)
        return _layer(self.layers, logsource) if known is None else known


def load_mappings(texts: Mapping[str, str]) -> Sources:
    """Check and arrange the tables; *texts* maps each of ``FILES`` to what it holds.

    Raises:
        ConfigError: a file is missing, is no YAML, or has an entry of the wrong shape; all are named.
    """
    faults: list[str] = []
    logs = check(texts, "logsources.yml", LogSourceTable, faults)
    layers = check(texts, "layers.yml", LayerTable, faults)
    entities = check(texts, "entities.yml", EntityTable, faults)
    ecs = check(texts, "ecs.yml", EcsTable, faults)
    if logs is None or layers is None or entities is None or ecs is None:
        raise ConfigError("; ".join(faults))
    channels, events = _channels(logs.event_logs), _events(logs.event_logs)
    tables = (channels, events, logs.programs, logs.formats)
    known = {logsource for table in tables for found in table.values() for logsource in found}
    known |= {logsource for recogniser in logs.json for logsource in recogniser.logsources}
    known |= {addition.widened for addition in logs.also}
    patterns = tuple((entry.logsource, entry.layer) for entry in layers.layers)
    return Sources(
        events=events,
        channels=channels,
        programs=logs.programs,
        formats=logs.formats,
        recognisers=logs.json,
        additions={addition.of: addition for addition in logs.also},
        open_products=logs.open,
        layers=patterns,
        entities=tuple((entry.logsource, entry.fields) for entry in entities.entities),
        ecs=tuple((section.logsource, section.targets()) for section in ecs.sections),
        known={logsource: _layer(patterns, logsource) for logsource in known},
    )


def known_logsource(sources: Sources, logsource: LogSource) -> bool:
    """Return whether some table gives log sources that a rule of *logsource* applies to.

    A rule of any other log source has to be tried on every event, with a warning.
    """
    if logsource.category is None and logsource.product in sources.open_products:
        return True
    return any(logsource.covers(known) for known in sources.known)


def entity_fields(sources: Sources, logsource: LogSource) -> tuple[str, ...]:
    """Return the candidate entity fields, best first, of a plain rule of *logsource*."""
    for pattern, fields in sources.entities:
        if pattern.covers(logsource):
            return fields
    return ()


def _layer(patterns: tuple[tuple[LogSource, Layer], ...], logsource: LogSource) -> Layer:
    return next((layer for pattern, layer in patterns if pattern.covers(logsource)), Layer.ON_THE_SPOT)


def _channels(event_logs: dict[str, EventLogs]) -> dict[str, tuple[LogSource, ...]]:
    table: dict[str, tuple[LogSource, ...]] = {}
    for product, logs in event_logs.items():
        for service, channels in logs.services.items():
            for key in map(str.lower, channels):
                table[key] = (*table.get(key, ()), LogSource(product=product, service=service))
    return table


def _events(event_logs: dict[str, EventLogs]) -> dict[tuple[str, int], tuple[LogSource, ...]]:
    rows = [
        ((channel.lower(), event_id), LogSource(product, category, service))
        for product, logs in event_logs.items()
        for service, categories in logs.categories.items()
        for channel in logs.services.get(service, ())
        for category, event_ids in categories.items()
        for event_id in event_ids
    ]
    table: dict[tuple[str, int], tuple[LogSource, ...]] = {}
    for key, logsource in rows:
        table[key] = (*table.get(key, ()), logsource)
    return table
