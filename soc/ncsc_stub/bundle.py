"""Bundle check: what a report must contain before anybody at the national centre reads it."""

import re
from collections.abc import Iterator
from typing import Any

TLP_2 = {
    "clear": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "green": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "amber": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "amber+strict": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "red": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
"""TLP 2.0 level to the fixed id of its marking."""
MAX_OBJECTS = 5_000
MAX_REASONS = 20
_ID = re.compile(r"([a-z][a-z0-9-]{0,249})--[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def reasons_against(bundle: Any) -> tuple[str, ...]:
    """Return why *bundle* is no report, at most ``MAX_REASONS`` of them; empty if it is one."""
    found = []
    for reason in _faults(bundle):
        found.append(reason)
        if len(found) == MAX_REASONS:
            break
    return tuple(found)


def incident_ids(bundle: Any) -> tuple[str, ...]:
    """Return the ids of the incidents in *bundle*, in its order; it need not be well formed."""
    objects = bundle.get("objects") if isinstance(bundle, dict) else None
    return tuple(
        item["id"]
        for item in (objects if isinstance(objects, list) else ())
        if isinstance(item, dict) and item.get("type") == "incident" and isinstance(item.get("id"), str)
    )


def _faults(bundle: Any) -> Iterator[str]:
    if not isinstance(bundle, dict) or bundle.get("type") != "bundle":
        yield "the content is not an object of type bundle"
        return
    if not _is_id(bundle.get("id"), "bundle"):
        yield "id: expected bundle--<UUID>"
    objects = bundle.get("objects")
    if not isinstance(objects, list) or not 1 <= len(objects) <= MAX_OBJECTS:
        yield f"objects: expected a list of 1-{MAX_OBJECTS}"
        return
    for number, item in enumerate(objects):
        yield from _faults_of_object(number, item)
    types = {item.get("type") for item in objects if isinstance(item, dict) and _is_text(item.get("type"))}
    for needed in ("incident", "identity"):
        if needed not in types:
            yield f"objects: no {needed}"


def _faults_of_object(number: int, item: Any) -> Iterator[str]:
    where = f"objects[{number}]"
    if not isinstance(item, dict) or not _is_text(item.get("type")):
        yield f"{where}: expected an object with a type"
        return
    kind = item["type"]
    if not _is_id(item.get("id"), kind):
        yield f"{where}.id: expected <type>--<UUID>"
    if kind == "incident" and not _has_tlp(item.get("object_marking_refs")):
        yield f"{where}.object_marking_refs: expected exactly one TLP 2.0 marking"


def _has_tlp(refs: Any) -> bool:
    levels = TLP_2.values()
    return isinstance(refs, list) and sum(ref in levels for ref in refs if _is_text(ref)) == 1


def _is_id(value: Any, kind: str) -> bool:
    match = _ID.fullmatch(value) if isinstance(value, str) else None
    return match is not None and match[1] == kind


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
