"""Enrichment: what a playbook may know of its alert, as variables."""

from collections.abc import Mapping
from typing import Final

import msgspec

from soc.kernel.clock import iso_ms
from soc.model.alert import Severity
from soc.model.identity import Layer
from soc.response.playbook import Value, VariableType

GIVEN: Final[Mapping[str, VariableType]] = {
    "__alert__": VariableType.STRING,
    "__title__": VariableType.STRING,
    "__level__": VariableType.STRING,
    "__indicator__": VariableType.STRING,
    "__agencies__": VariableType.STRING,
    "__agency_count__": VariableType.INTEGER,
    "__layers__": VariableType.STRING,
    "__layer_count__": VariableType.INTEGER,
    "__first_at__": VariableType.STRING,
    "__last_at__": VariableType.STRING,
}
"""Every variable that ``enrich`` fills, and its type."""


class Subject(msgspec.Struct, frozen=True):
    """What a run is about."""

    alert_id: str
    rule_id: str
    title: str
    level: Severity
    agency: str | None
    exercise: str | None
    group: tuple[tuple[str, str], ...]
    agencies: tuple[str, ...]
    layers: tuple[Layer, ...]
    first_at_ms: int
    last_at_ms: int


def enrich(subject: Subject) -> dict[str, Value]:
    """Return the variables of ``GIVEN``; lists are joined by comma and blank, layers ascend."""
    layers = sorted(subject.layers)
    return {
        "__alert__": subject.alert_id,
        "__title__": subject.title,
        "__level__": subject.level.value,
        "__indicator__": ", ".join(value for _, value in subject.group),
        "__agencies__": ", ".join(subject.agencies),
        "__agency_count__": len(subject.agencies),
        "__layers__": ", ".join(str(layer.value) for layer in layers),
        "__layer_count__": len(layers),
        "__first_at__": iso_ms(subject.first_at_ms),
        "__last_at__": iso_ms(subject.last_at_ms),
    }
