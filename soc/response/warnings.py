"""Warnings of the national centre: the indicators inside a STIX bundle."""

import re
from ipaddress import ip_address
from typing import Any

import msgspec

from soc.kernel.errors import NcscError

MAX_INDICATORS = 1000
_COMPARISON = re.compile(r"\[\s*([a-z0-9-]+):value\s*=\s*'((?:[^'\\]|\\.)*)'\s*\]")


class Named(msgspec.Struct, frozen=True):
    """One thing a warning names."""

    kind: str
    """``ipv4-addr``, ``ipv6-addr``, ``domain-name``, ``url``."""
    value: str


class Warned(msgspec.Struct, frozen=True):
    """A warning's title and what it names."""

    title: str
    indicators: tuple[Named, ...]


def read_warning(body: bytes) -> Warned:
    """Return what the bundle *body* warns of; patterns of other shapes are left out.

    Raises:
        NcscError: not a STIX bundle.
    """
    try:
        bundle = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NcscError(f"a warning that is not JSON: {error}") from error
    objects = [item for item in bundle.get("objects", []) if isinstance(item, dict)]
    titles = [str(o.get("name", "")) for o in objects if o.get("type") in {"report", "grouping", "note"}]
    patterns = (str(o.get("pattern", "")) for o in objects if o.get("type") == "indicator")
    named = [found for pattern in patterns for found in _named(pattern)]
    return Warned(titles[0] if titles else "", tuple(named[:MAX_INDICATORS]))


def _named(pattern: str) -> list[Named]:
    found = []
    for kind, quoted in _COMPARISON.findall(pattern):
        value = re.sub(r"\\(.)", r"\1", quoted)
        if kind in {"ipv4-addr", "ipv6-addr"} and not _is_address(value):
            continue
        found.append(Named(kind, value))
    return found


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
