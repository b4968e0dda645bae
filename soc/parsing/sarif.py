"""A result of SARIF 2.1 with its rule, brought under the names that other scanners use."""

from typing import Any
from urllib.parse import urlsplit

from soc.model.event import Fields


def plain_result(record: Fields) -> Fields | None:
    """Return the columns of a result; None when *record* is none."""
    result, rule = record.get("result"), record.get("rule")
    if not isinstance(result, dict) or not isinstance(rule, dict):
        return None
    uri, line = _place(result)
    columns: Fields = {
        "title": _at(result, "message", "text") or _at(rule, "shortDescription", "text") or rule.get("name"),
        "rule_id": result.get("ruleId") or _at(result, "rule", "id") or rule.get("id"),
        "location": f"{uri}:{line}" if uri and line else uri,
        "asset": _host(uri) or uri,
        "state": "fixed" if _is_over(result) else "open",
    }
    score = _at(result, "properties", "security-severity") or _at(rule, "properties", "security-severity")
    level = result.get("level") or _at(rule, "defaultConfiguration", "level") or "warning"
    columns |= {"cvss": score} if score else {"severity": level}
    return columns


def _is_over(result: Fields) -> bool:
    """Return whether the result says that the weakness is not, or no longer, there."""
    return result.get("baselineState") == "absent" or result.get("kind") in ("pass", "notApplicable")


def _place(result: Fields) -> tuple[str, int]:
    locations = result.get("locations")
    first = locations[0] if isinstance(locations, list) and locations else None
    uri = _at(first, "physicalLocation", "artifactLocation", "uri")
    line = _at(first, "physicalLocation", "region", "startLine")
    return uri if isinstance(uri, str) else "", line if isinstance(line, int) else 0


def _host(uri: str) -> str:
    try:
        return urlsplit(uri).hostname or ""
    except ValueError:
        return ""


def _at(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
