"""Reports as STIX 2.1 bundles: stable ids, TLP 2.0, no more than the centre needs.

The incident carries the Incident Core extension (oasis-open/cti-stix-common-objects, 2.1 draft of
2024-02-20). Raw log lines are never part of it.
"""

import json
import uuid
from typing import Any

import msgspec
import stix2

from soc.kernel.clock import from_ms
from soc.model.identity import Layer

INCIDENT_CORE = "extension-definition--ef765651-680c-498d-9894-99799f2fa126"
TLP = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
MARKINGS = {
    "clear": ("TLP:CLEAR", "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"),
    "green": ("TLP:GREEN", "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"),
    "amber": ("TLP:AMBER", "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"),
    "amber+strict": ("TLP:AMBER+STRICT", "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"),
}
"""TLP 2.0 labels that may leave the province; red never does by itself."""
TLP_CREATED = "2022-10-01T00:00:00.000Z"
_SPACE = uuid.UUID("8d4f5a54-0f0e-4d0c-9f3f-6a4a0a2f7c11")


class Incident(msgspec.Struct, frozen=True):
    """What a report says."""

    alert_id: str
    title: str
    description: str
    criticality: int
    """0–100."""
    first_at_ms: int
    last_at_ms: int
    raised_at_ms: int
    modified_at_ms: int
    agencies: tuple[str, ...]
    layers: tuple[Layer, ...]
    addresses: tuple[str, ...]
    """IPv4 and IPv6 addresses of the attacker."""
    province: str
    exercise: str | None
    ledger_head: str
    """Hash of the ledger's chain when the report was decided."""
    tlp: str = "amber+strict"
    """A key of ``MARKINGS``."""


def incident_id(alert_id: str) -> str:
    """Return the STIX id of the incident an alert is; updates keep it."""
    return f"incident--{uuid.uuid5(_SPACE, alert_id)}"


def bundle(incident: Incident) -> bytes:
    """Return the report's body: the same bytes for the same incident, always."""
    province = _identity(incident)
    common = {
        "created_by_ref": province["id"],
        "created": from_ms(incident.raised_at_ms),
        "modified": from_ms(incident.modified_at_ms),
        "object_marking_refs": [MARKINGS[incident.tlp][1]],
    }
    core = _incident(incident, common)
    observed = _observed(incident, common)
    related = [_related(core["id"], found["id"], incident, common) for found in observed[:1]]
    objects = [_marking(incident.tlp), province, core, *observed, *related]
    found = stix2.v21.Bundle(
        *objects,
        id=f"bundle--{uuid.uuid5(_SPACE, incident.alert_id + str(incident.modified_at_ms))}",
        allow_custom=True,
    )
    return json.dumps(json.loads(found.serialize()), ensure_ascii=False, sort_keys=True).encode()


def _identity(incident: Incident) -> Any:
    return stix2.v21.Identity(
        id=f"identity--{uuid.uuid5(_SPACE, incident.province)}",
        name=incident.province,
        identity_class="organization",
        created=TLP_CREATED,
        modified=TLP_CREATED,
    )


def _marking(tlp: str) -> Any:
    name, id_ = MARKINGS[tlp]
    return stix2.v21.MarkingDefinition(
        id=id_,
        created=TLP_CREATED,
        name=name,
        extensions={TLP: {"extension_type": "property-extension", "tlp_2_0": tlp}},
        allow_custom=True,
    )


def _incident(incident: Incident, common: dict[str, Any]) -> Any:
    core = {
        "extension_type": "property-extension",
        "determination": "suspected",
        "investigation_status": "open",
        "criticality": incident.criticality,
        "detection_methods": ["automated-tool"],
    }
    labels = [f"layer-{layer.value}" for layer in incident.layers]
    labels += ["exercise"] if incident.exercise else []
    agencies = ", ".join(incident.agencies)
    return stix2.v21.Incident(
        id=incident_id(incident.alert_id),
        name=incident.title,
        description=f"{incident.description}\nAgencies: {agencies}\nLedger: {incident.ledger_head}",
        labels=labels,
        extensions={INCIDENT_CORE: core},
        allow_custom=True,
        **common,
    )


def _observed(incident: Incident, common: dict[str, Any]) -> list[Any]:
    addresses = [_address(value, common) for value in incident.addresses]
    if not addresses:
        return []
    seen = stix2.v21.ObservedData(
        id=f"observed-data--{uuid.uuid5(_SPACE, 'observed' + incident.alert_id)}",
        first_observed=from_ms(incident.first_at_ms),
        last_observed=from_ms(incident.last_at_ms),
        number_observed=1,
        object_refs=[address["id"] for address in addresses],
        **common,
    )
    return [seen, *addresses]


def _address(value: str, common: dict[str, Any]) -> Any:
    kind = stix2.v21.IPv6Address if ":" in value else stix2.v21.IPv4Address
    return kind(value=value, object_marking_refs=common["object_marking_refs"])


def _related(incident_ref: str, observed_ref: str, incident: Incident, common: dict[str, Any]) -> Any:
    return stix2.v21.Relationship(
        id=f"relationship--{uuid.uuid5(_SPACE, 'related' + incident.alert_id)}",
        source_ref=incident_ref,
        relationship_type="related-to",
        target_ref=observed_ref,
        **common,
    )
