"""Warning: what the national centre publishes, as a STIX 2.1 bundle marked TLP:AMBER."""

import re
import uuid
from enum import StrEnum
from ipaddress import AddressValueError, IPv4Address
from typing import Annotated, Any, assert_never
from urllib.parse import urlsplit

import msgspec

from soc.ncsc_stub.bundle import TLP_2
from soc.ncsc_stub.instants import iso
from soc.ncsc_stub.problem import Problem, Refusal

IDENTITY_ID = "identity--" + str(uuid.uuid5(uuid.NAMESPACE_URL, "urn:ncsc"))
_TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
_DOMAIN = re.compile(r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


class ObservableType(StrEnum):
    """What can be warned of, by its STIX name."""

    IPV4 = "ipv4-addr"
    DOMAIN = "domain-name"
    URL = "url"


class Observable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing to look for."""

    type: ObservableType
    value: Annotated[str, msgspec.Meta(min_length=1, max_length=2_048)]


def warning_bundle(title: str, observables: list[Observable], at_ms: int, due_ms: int) -> dict[str, Any]:
    """Return the bundle of a warning: who says it, one indicator per observable, the report over them.

    Raises:
        Problem: a value is not of its type.
    """
    at = iso(at_ms)
    indicators = [
        {
            **_object("indicator", at),
            "name": f"{item.type}: {item.value}"[:250],
            "indicator_types": ["malicious-activity"],
            "pattern": _pattern(item),
            "pattern_type": "stix",
            "valid_from": at,
        }
        for item in observables
    ]
    report = {
        **_object("report", at),
        "name": title,
        "description": f"Cảnh báo của trung tâm quốc gia. Hạn phản hồi: {iso(due_ms)}",
        "report_types": ["indicator"],
        "published": at,
        "object_refs": [indicator["id"] for indicator in indicators],
    }
    return {
        "type": "bundle",
        "id": f"bundle--{uuid.uuid4()}",
        "objects": [_marking(), _identity(), *indicators, report],
    }


def _object(kind: str, at: str) -> dict[str, Any]:
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{uuid.uuid4()}",
        "created": at,
        "modified": at,
        "created_by_ref": IDENTITY_ID,
        "object_marking_refs": [TLP_2["amber"]],
    }


def _identity() -> dict[str, Any]:
    return {
        "type": "identity",
        "spec_version": "2.1",
        "id": IDENTITY_ID,
        "created": "2025-01-01T00:00:00.000Z",
        "modified": "2025-01-01T00:00:00.000Z",
        "name": "National centre (stand-in)",
        "identity_class": "organization",
    }


def _marking() -> dict[str, Any]:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": TLP_2["amber"],
        "created": "2022-10-01T00:00:00.000Z",
        "name": "TLP:AMBER",
        "extensions": {_TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": "amber"}},
    }


def _pattern(item: Observable) -> str:
    if not _is_of_type(item):
        raise Problem(Refusal.UNPROCESSABLE, f"{item.value[:80]!r} is no {item.type}.")
    value = item.value.replace("\\", "\\\\").replace("'", "\\'")
    return f"[{item.type}:value = '{value}']"


def _is_of_type(item: Observable) -> bool:
    match item.type:
        case ObservableType.IPV4:
            return _is_ipv4(item.value)
        case ObservableType.DOMAIN:
            return _DOMAIN.fullmatch(item.value.lower()) is not None
        case ObservableType.URL:
            return _is_url(item.value)
        case _:
            assert_never(item.type)


def _is_ipv4(value: str) -> bool:
    try:
        IPv4Address(value)
    except AddressValueError:
        return False
    return True


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in {"http", "https", "ftp"} and bool(parts.hostname) and value.isprintable()
