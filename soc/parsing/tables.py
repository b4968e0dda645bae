"""The shape of the files in ``rules/mappings``, and the check that a file has it."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, NamedTuple, TypeVar

import msgspec
import yaml

from soc.model.event import LogSource
from soc.model.identity import Layer

Table = TypeVar("Table")


class Recogniser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON object is told by its fields."""

    has: tuple[str, ...]
    logsources: tuple[LogSource, ...]
    equals: dict[str, str | tuple[str, ...]] = {}
    service_from: str = ""
    """Field that names the service."""
    services_in_source: frozenset[str] = frozenset()
    """Words that name the service where the record's source id holds one."""


class Addition(msgspec.Struct, frozen=True, dict=True, forbid_unknown_fields=True):
    """Events of exactly the log source ``of`` belong to a category too, under its field names."""

    of: LogSource
    category: str
    aliases: dict[str, str] = {}
    """Name in the category's taxonomy → field of the event."""

    @cached_property
    def widened(self) -> LogSource:
        """Return ``of`` with the category."""
        return msgspec.structs.replace(self.of, category=self.category)


class EcsType(StrEnum):
    """How a value is stored; what does not fit becomes a label."""

    KEYWORD = "keyword"
    IP = "ip"
    LONG = "long"


class EcsField(NamedTuple):
    """Where a Sigma field goes in the stored document."""

    path: tuple[str, ...]
    type: EcsType


class EcsSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sigma field → "ECS field, blank, type" for the events of one log source."""

    logsource: LogSource
    fields: dict[str, Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_.]+ (keyword|ip|long)$")]]

    def targets(self) -> dict[str, EcsField]:
        """Return Sigma field → ECS field."""
        split = {name: target.split(" ") for name, target in self.fields.items()}
        return {name: EcsField(tuple(path.split(".")), EcsType(kind)) for name, (path, kind) in split.items()}


class EventLogs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Channels and event ids of one product's event logs."""

    services: dict[str, tuple[str, ...]]
    categories: dict[str, dict[str, tuple[int, ...]]]


class LogSourceTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``logsources.yml``."""

    version: int
    event_logs: dict[str, EventLogs]
    programs: dict[str, tuple[LogSource, ...]]
    formats: dict[str, tuple[LogSource, ...]]
    json: tuple[Recogniser, ...]
    also: tuple[Addition, ...]
    open: frozenset[str]


class LayerEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Events of a log source belong to a layer."""

    logsource: LogSource
    layer: Layer


class LayerTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``layers.yml``."""

    version: int
    layers: tuple[LayerEntry, ...]


class EntityEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What alerts of a log source are about, best first."""

    logsource: LogSource
    fields: tuple[str, ...]


class EntityTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``entities.yml``."""

    version: int
    entities: tuple[EntityEntry, ...]


class EcsTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``ecs.yml``."""

    version: int
    sections: tuple[EcsSection, ...]


def check(texts: Mapping[str, str], name: str, shape: type[Table], faults: list[str]) -> Table | None:
    """Return the file *name* as *shape*; None, with a line added to *faults*, if it is not of that shape."""
    if name not in texts:
        faults.append(f"{name}: missing")
        return None
    try:
        return msgspec.convert(yaml.load(texts[name], yaml.CSafeLoader), shape)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        faults.append(f"{name}: {error}")
        return None
