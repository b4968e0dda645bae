"""What a document says about itself: id, title, level, log source, our ``custom`` mapping."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from soc.kernel.errors import shortened
from soc.model.alert import Severity
from soc.model.event import LogSource
from soc.rulebook.documents import Document, Fault, nearest
from soc.rulebook.plan import Custom, Heading

UNITS_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_TIMESPAN = re.compile(r"([1-9][0-9]{0,9})([smhdw])")
_LOGSOURCE_KEYS = {"product", "category", "service", "definition"}
_CUSTOM_KEYS = {"scope", "zone", "group-by", "timespan"}
_MEANT = {
    "title",
    "id",
    "name",
    "level",
    "logsource",
    "detection",
    "correlation",
    "filter",
    "custom",
    "generate",
}
"""Top-level keys that change what a document means."""
_BESIDE = {"action", "author", "date", "description", "falsepositives", "fields", "license", "modified"}
_BESIDE |= {"references", "related", "scope", "status", "tags", "taxonomy"}
_LIKENESS = 0.8
_Choice = TypeVar("_Choice", bound=StrEnum)


class Scope(StrEnum):
    """Whether a correlation joins agencies."""

    AGENCY = "agency"
    PROVINCE = "province"


def heading(document: Document) -> Heading:
    """Return what people read about the rule.

    Raises:
        Fault: no title, or a level that Sigma does not know.
    """
    data = document.data
    check_keys(data)
    title = data.get("title")
    if not isinstance(title, str) or not title.strip():
        raise Fault("title is missing", "title")
    name = _optional(data, "name")
    location = document.location()
    return Heading(
        id=_optional(data, "id") or name or str(location),
        name=name,
        title=title.strip(),
        level=choice(data.get("level", "medium"), Severity, "level"),
        description=_prose(data, "description"),
        author=_prose(data, "author"),
        tags=_texts(data.get("tags")),
        falsepositives=_texts(data.get("falsepositives")),
        location=location,
        text=document.text,
        licence=_prose(data, "license"),
    )


def check_keys(data: Mapping[str, Any]) -> None:
    """Refuse a top-level key that is none and looks like one: without it the document means something else.

    Raises:
        Fault: there is such a key; any other unknown key is the author's own, as Sigma allows.
    """
    for key in data.keys() - _MEANT - _BESIDE:
        meant = get_close_matches(key.lower(), _MEANT - data.keys(), n=1, cutoff=_LIKENESS)
        if meant:
            raise Fault(f"unknown key {key!r}", key, fix=f"did you mean {meant[0]!r}?")


def logsource(data: dict[str, Any]) -> LogSource:
    """Return the log source of a rule or filter.

    Raises:
        Fault: missing, empty, or with a key that Sigma does not know.
    """
    given = data.get("logsource")
    if not isinstance(given, dict) or not given:
        raise Fault("logsource is missing", "logsource", fix="product, category and/or service")
    for key in given:
        if key not in _LOGSOURCE_KEYS:
            fix = nearest(key, _LOGSOURCE_KEYS)
            raise Fault(f"unknown key {key!r} in logsource", "logsource", str(key), fix=fix)
    parts = {key: given.get(key) for key in ("product", "category", "service")}
    for key, value in parts.items():
        if value is not None and not isinstance(value, str):
            raise Fault(f"{key} must be a text", "logsource", key)
    return LogSource(**{key: value.lower() for key, value in parts.items() if value})


def custom(data: dict[str, Any]) -> Custom:
    """Return our ``custom`` mapping.

    Raises:
        Fault: unknown key or a value that is not accepted.
    """
    given = data.get("custom", {})
    if not isinstance(given, dict):
        raise Fault("custom must be a mapping", "custom")
    for key in given:
        if key not in _CUSTOM_KEYS:
            fix = nearest(key, _CUSTOM_KEYS)
            raise Fault(f"unknown key {key!r} in custom", "custom", str(key), fix=fix)
    return Custom(
        scope=choice(given.get("scope", Scope.AGENCY), Scope, "custom", "scope").value,
        zone=_zone(given.get("zone")),
        group_by=None if "group-by" not in given else names(given["group-by"], "custom", "group-by"),
        timespan_ms=None if "timespan" not in given else timespan_ms(given["timespan"], "custom", "timespan"),
    )


def choice(value: Any, accepted: type[_Choice], *keys: str) -> _Choice:
    """Return the member of *accepted* that *value* names.

    Raises:
        Fault: there is none.
    """
    if not isinstance(value, str) or value not in set(accepted):
        raise Fault(f"{keys[-1]} {shortened(value)}", *keys, fix=nearest(value, accepted))
    return accepted(value)


def timespan_ms(value: Any, *keys: str) -> int:
    """Return a timespan in milliseconds.

    Raises:
        Fault: not a positive integer with s, m, h, d or w.
    """
    found = _TIMESPAN.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Fault(
            f"timespan {shortened(value)}", *keys, fix="accepted: a positive integer with s, m, h, d or w"
        )
    return int(found[1]) * UNITS_MS[found[2]]


def names(value: Any, *keys: str) -> tuple[str, ...]:
    """Return a text or list of texts as a tuple.

    Raises:
        Fault: anything else, or empty.
    """
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not found or not all(isinstance(n, str) and n for n in found):
        raise Fault("a text or a list of texts was expected", *keys)
    return tuple(found)


def _optional(data: dict[str, Any], key: str) -> str | None:
    value = data.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise Fault(f"{key} must be a text", key)
    return value.strip()


def _prose(data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    return value.strip() if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    found = value if isinstance(value, list) else [value]
    return tuple(text for text in found if isinstance(text, str))


def _zone(name: Any) -> str | None:
    if name is None:
        return None
    try:
        return ZoneInfo(str(name)).key
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Fault(
            f"zone {shortened(name)}", "custom", "zone", fix="an IANA name, e.g. Asia/Ho_Chi_Minh"
        ) from error
