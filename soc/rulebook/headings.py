"""What a document says about itself: id, title, level, log source, our ``custom`` mapping."""

import re
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from soc.model.alert import Severity
from soc.model.event import LogSource
from soc.rulebook.documents import Document, Fault
from soc.rulebook.plan import Custom, Heading

UNITS_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_TIMESPAN = re.compile(r"([1-9]\d{0,9})([smhdw])")
_LOGSOURCE_KEYS = {"product", "category", "service", "definition"}


def heading(document: Document) -> Heading:
    """Return what people read about the rule.

    Raises:
        Fault: no title, or a level that Sigma does not know.
    """
    data = document.data
    title = data.get("title")
    if not isinstance(title, str) or not title.strip():
        raise Fault("title is missing", "title")
    level = data.get("level", "medium")
    if level not in set(Severity):
        raise Fault(f"level {level!r}", "level", fix=f"accepted: {', '.join(Severity)}")
    name = _optional(data, "name")
    location = document.location()
    return Heading(
        id=_optional(data, "id") or name or str(location),
        name=name,
        title=title.strip(),
        level=Severity(level),
        description=str(data.get("description") or "").strip(),
        author=str(data.get("author") or ""),
        tags=_texts(data.get("tags")),
        falsepositives=_texts(data.get("falsepositives")),
        location=location,
        text=document.file.text,
    )


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
            raise Fault(f"unknown key {key!r} in logsource", "logsource", str(key))
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
        if key not in {"scope", "zone", "group-by", "timespan"}:
            raise Fault(
                f"unknown key {key!r} in custom", "custom", str(key), fix="scope, zone, group-by, timespan"
            )
    scope = given.get("scope", "agency")
    if scope not in ("agency", "province"):
        raise Fault(f"scope {scope!r}", "custom", "scope", fix="accepted: agency, province")
    return Custom(
        scope=scope,
        zone=_zone(given.get("zone")),
        group_by=None if "group-by" not in given else names(given["group-by"], "custom", "group-by"),
        timespan_ms=None if "timespan" not in given else timespan_ms(given["timespan"], "custom", "timespan"),
    )


def timespan_ms(value: Any, *keys: str) -> int:
    """Return a timespan in milliseconds.

    Raises:
        Fault: not a positive integer with s, m, h, d or w.
    """
    found = _TIMESPAN.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Fault(f"timespan {value!r}", *keys, fix="accepted: a positive integer with s, m, h, d or w")
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


def _texts(value: Any) -> tuple[str, ...]:
    found = value if isinstance(value, list) else [value]
    return tuple(str(text) for text in found if text is not None)


def _zone(name: Any) -> str | None:
    if name is None:
        return None
    try:
        return ZoneInfo(str(name)).key
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Fault(f"zone {name!r}", "custom", "zone", fix="an IANA name, e.g. Asia/Ho_Chi_Minh") from error
