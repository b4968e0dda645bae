"""Facts: what a person, a playbook or the machine decided, with every version ever released.

A fact on disk is a header (type, version, id, who, when, term) and a payload (a JSON object).
``upcast`` lifts a payload of any released version to the newest before it is folded.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from soc.kernel.errors import Corrupt
from soc.kernel.ids import digest

Payload = dict[str, Any]
Upcaster = Callable[[Payload], Payload]


class Fact(msgspec.Struct, frozen=True):
    """One decision."""

    type: str
    """Past participle: ``AlertRaised``, ``StepDone``, …"""
    version: int
    id: str
    """Deterministic: deciding the same thing twice gives the same id."""
    at_ms: int
    actor: str
    """``user:<name>``, ``playbook:<run>``, ``machine:<role>``."""
    agency: str | None
    exercise: str | None
    collector: str | None
    payload: Payload | None
    """None: erased (see ``Redacted``)."""
    role: str | None = None
    """Leader role under which a machine decided; None for people."""
    term: int | None = None
    """The leader's term."""


def fact_id(type_: str, *parts: str) -> str:
    """Return the id of the fact *type_* about *parts*."""
    return digest("fact", type_, *parts)


def upcast(fact: Fact, upcasters: Mapping[tuple[str, int], Upcaster], newest: Mapping[str, int]) -> Fact:
    """Return *fact* at the newest version of its type.

    Raises:
        Corrupt: the fact is newer than this program, or a step between versions is missing.
    """
    target = newest.get(fact.type, fact.version)
    if fact.version > target:
        raise Corrupt(f"fact {fact.type} version {fact.version}; this program knows up to {target}")
    version, payload = fact.version, fact.payload
    while version < target:
        step = upcasters.get((fact.type, version))
        if step is None:
            raise Corrupt(f"no way from version {version} of {fact.type} to {target}")
        payload = None if payload is None else step(dict(payload))
        version += 1
    return msgspec.structs.replace(fact, version=version, payload=payload)
