"""Two versions of a rule package, rule by rule: what is new, what changed, what is gone."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import msgspec

from soc.kernel.errors import shortened
from soc.rulebook.documents import Document

TOLD = ("title", "level", "status", "author", "date", "modified", "name")
"""Keys whose old and new value are short enough to be told."""


class Fate(StrEnum):
    """What became of a rule."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class Change(msgspec.Struct, frozen=True, order=True):
    """One rule that is not the same in both versions."""

    fate: Fate
    title: str
    id: str
    parts: tuple[str, ...] = ()
    """What changed, in the words of the rule: ``detection``, ``level: low → high``."""


def compare(old: Iterable[Document], new: Iterable[Document]) -> list[Change]:
    """Return every difference between the rules of *old* and of *new*, joined by rule id."""
    before, after = _by_id(old), _by_id(new)
    changes = [Change(Fate.ADDED, _title(after[id_]), id_) for id_ in after.keys() - before.keys()]
    changes += [Change(Fate.REMOVED, _title(before[id_]), id_) for id_ in before.keys() - after.keys()]
    for id_ in before.keys() & after.keys():
        parts = tuple(_parts(before[id_], after[id_]))
        if parts:
            changes.append(Change(Fate.CHANGED, _title(after[id_]), id_, parts))
    return sorted(changes)


def _by_id(found: Iterable[Document]) -> dict[str, dict[str, Any]]:
    return {
        str(each.data.get("id") or each.data.get("name") or _title(each.data)): each.data for each in found
    }


def _title(data: dict[str, Any]) -> str:
    return str(data.get("title", ""))


def _parts(old: dict[str, Any], new: dict[str, Any]) -> Iterable[str]:
    for key in dict.fromkeys([*old, *new]):
        if old.get(key) == new.get(key):
            continue
        if key in TOLD:
            yield f"{key}: {shortened(old.get(key))} → {shortened(new.get(key))}"
        else:
            yield str(key)
