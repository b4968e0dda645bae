"""Agencies and what they own: the register a province keeps."""

import msgspec

from soc.model.identity import Layer


class Agency(msgspec.Struct, frozen=True):
    """One agency (sở, xã/phường, bệnh viện, …)."""

    id: str
    """Immutable, lower case; survives renaming and merging."""
    name: str
    zone: str = "Asia/Ho_Chi_Minh"
    valid_from: str = ""
    """``YYYY-MM-DD``; empty = always."""
    valid_to: str = ""
    predecessors: tuple[str, ...] = ()
    contact: str = ""


class Asset(msgspec.Struct, frozen=True):
    """A host, network or domain of an agency; private addresses only mean something within it."""

    agency: str
    kind: str
    """``host``, ``cidr`` or ``domain``."""
    value: str
    system: str
    level: int
    """Security level 1–5 of the system (NĐ 331/2026)."""


class Finding(msgspec.Struct, frozen=True):
    """A weakness that an independent assessor reported (layer 3)."""

    id: str
    agency: str
    asset: str
    weakness: str
    severity: str
    state: str
    layer: Layer = Layer.ASSESSMENT
