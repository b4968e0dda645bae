"""Exports in JSON: an array, an object a line, a tree of lists, or SARIF 2.1."""

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

import msgspec

from soc.kernel.errors import RecordError, shortened

LISTS: Final = frozenset(
    (
        *(
            "alerts",
            "findings",
            "hosts",
            "issues",
            "items",
            "misconfigurations",
            "results",
            "secrets",
            "site",
        ),
        *("sites", "targets", "vulnerabilities"),
    )
)
"""Names of lists whose elements are findings, or hold such lists; compared without regard to case."""
MAX_LEVELS = 4
_OF_A_RULE = ("id", "name", "shortDescription", "defaultConfiguration", "helpUri", "properties")


def json_rows(text: str) -> Iterator[dict[str, Any]]:
    """Yield each finding; what stands around a list belongs to every element of it.

    Raises:
        RecordError: neither JSON nor an object a line.
    """
    try:
        document: Any = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        return _lines(text, error)
    if isinstance(document, dict) and isinstance(document.get("runs"), list):
        return _sarif(document)
    return _leaves(document, {}, 0)


def sarif_rows(text: str) -> Iterator[dict[str, Any]]:
    """Yield each result of a SARIF log, with its rule and its tool.

    Raises:
        RecordError: no such log.
    """
    try:
        document: Any = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise RecordError(f"not JSON: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("runs"), list):
        raise RecordError("no SARIF: it has no list `runs`")
    return _sarif(document)


def _lines(text: str, error: msgspec.DecodeError) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row: Any = msgspec.json.decode(line)
        except msgspec.DecodeError as broken:
            told = f"not JSON: {error}" if number == 1 else f"line {number}: not JSON: {broken}"
            raise RecordError(told) from broken
        yield from _leaves(row, {}, 0)


def _leaves(node: Any, around: dict[str, Any], level: int) -> Iterator[dict[str, Any]]:
    if isinstance(node, list):
        for element in node:
            yield from _leaves(element, around, level)
    elif isinstance(node, dict):
        lists = [value for name, value in node.items() if name.lower() in LISTS and _has_objects(value)]
        if lists and level < MAX_LEVELS:
            scalars = {name: value for name, value in node.items() if not isinstance(value, dict | list)}
            yield from _leaves(list(chain.from_iterable(lists)), around | scalars, level + 1)
        elif not _is_empty(node):
            yield around | node
    else:
        raise RecordError(f"a finding is an object; got {shortened(node)}")


def _has_objects(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(element, dict) for element in value)


def _is_empty(node: dict[str, Any]) -> bool:
    """Return whether a list of findings is there and has none: a scan that found nothing."""
    return any(name.lower() in LISTS and value in ([], None) for name, value in node.items())


def _sarif(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    version = document.get("version")
    if not isinstance(version, str) or not version.startswith("2."):
        raise RecordError(f"SARIF of version {shortened(version)}; accepted: 2.1")
    for run in document["runs"]:
        driver = _dict(_dict(_dict(run).get("tool")).get("driver"))
        rules = [_dict(rule) for rule in _list(driver.get("rules"))]
        by_id = {rule.get("id"): rule for rule in rules if isinstance(rule.get("id"), str)}
        for result in _list(_dict(run).get("results")):
            rule = _rule(_dict(result), rules, by_id)
            yield {
                "tool": driver.get("name"),
                "rule": {name: rule[name] for name in _OF_A_RULE if name in rule},
                "result": result,
            }


def _rule(
    result: dict[str, Any], rules: list[dict[str, Any]], by_id: dict[Any, dict[str, Any]]
) -> dict[str, Any]:
    reference = _dict(result.get("rule"))
    index = result.get("ruleIndex", reference.get("index"))
    if type(index) is int and 0 <= index < len(rules):
        return rules[index]
    name = result.get("ruleId", reference.get("id"))
    return by_id.get(name, {}) if isinstance(name, str) else {}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
