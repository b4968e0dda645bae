"""Warnings of the national centre: the indicators inside a STIX bundle."""

import re
from ipaddress import ip_address
from typing import Any, Final

import msgspec

from soc.kernel.errors import NcscError, shortened

MAX_INDICATORS: Final = 1000
MAX_TITLE: Final = 300
MAX_VALUE: Final = 2000
_COMPARISON = re.compile(r"(?<![a-z0-9-])([a-z0-9-]+):value\s*=\s*'((?:[^'\\]|\\.)*)'")
_EITHER = re.compile(r"(?:[\[\]()\s]|OR)*")
"""What may stand around comparisons of which each one counts by itself."""


class Named(msgspec.Struct, frozen=True):
    """One thing a warning names."""

    kind: str
    """``ipv4-addr``, ``ipv6-addr``, ``domain-name``, ``url``."""
    value: str


class Warned(msgspec.Struct, frozen=True):
    """A warning's title and what it names."""

    title: str
    indicators: tuple[Named, ...]
    """Each once, at most ``MAX_INDICATORS``."""


def read_warning(body: bytes) -> Warned:
    """Return what the bundle *body* warns of.

    Only patterns that name one thing, or several joined by OR, are read: of things that must come
    together none is bad by itself. Revoked indicators and over-long values are left out.

    Raises:
        NcscError: not a STIX bundle.
    """
    objects = _objects(body)
    titles = [str(o.get("name") or "") for o in objects if o.get("type") in ("report", "grouping", "note")]
    patterns = (str(o.get("pattern", "")) for o in objects if _stands(o))
    named = dict.fromkeys(found for pattern in patterns for found in _named(pattern))
    return Warned(titles[0][:MAX_TITLE] if titles else "", tuple(named)[:MAX_INDICATORS])


def _objects(body: bytes) -> list[dict[str, Any]]:
    try:
        bundle = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NcscError(f"a warning that is not JSON: {error}") from error
    objects = bundle.get("objects", []) if isinstance(bundle, dict) else None
    if not isinstance(objects, list):
        raise NcscError(f"a warning that is no STIX bundle: {shortened(bundle)}")
    return [item for item in objects if isinstance(item, dict)]


def _stands(item: dict[str, Any]) -> bool:
    of_stix = item.get("pattern_type", "stix") == "stix"
    return item.get("type") == "indicator" and of_stix and item.get("revoked") is not True


def _named(pattern: str) -> list[Named]:
    if _EITHER.fullmatch(_COMPARISON.sub("", pattern)) is None:
        return []
    found = []
    for kind, quoted in _COMPARISON.findall(pattern):
        value = _plain(kind, re.sub(r"\\(.)", r"\1", quoted))
        if value is not None and 0 < len(value) <= MAX_VALUE:
            found.append(Named(kind, value))
    return found


def _plain(kind: str, value: str) -> str | None:
    """Return an address as it is usually written; None for what should be one and is not."""
    if kind not in ("ipv4-addr", "ipv6-addr"):
        return value
    try:
        return str(ip_address(value))
    except ValueError:
        return None
