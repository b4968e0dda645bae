"""Selections as read: items that still know their field, modifiers and place, before they become a tree.

Pipelines change rules in this form; what they leave is compiled by ``detections``.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from soc.rulebook.conditions import Condition
from soc.rulebook.documents import Document, Keys
from soc.rulebook.modifiers import Modifiers
from soc.rulebook.values import Value


@dataclass(frozen=True, slots=True)
class Item:
    """One field and what it is compared with."""

    field: str | None
    """None: keywords, looked for anywhere."""
    modifiers: Modifiers
    values: tuple[Value, ...]
    keys: Keys
    """Way to it in its detection."""
    steps: frozenset[str] = frozenset()
    """Ids of the pipeline steps that changed it."""


@dataclass(frozen=True, slots=True)
class Group:
    """All of some parts, or any of them."""

    every: bool
    parts: tuple["Selection", ...]


Selection: TypeAlias = Item | Group


@dataclass(frozen=True, slots=True)
class Detection:
    """A ``detection`` mapping, or what stands for one in a filter or a pipeline."""

    document: Document
    keys: Keys
    """Way to it in its document."""
    selections: Mapping[str, Selection | None]
    """None: a pipeline left nothing of it."""
    conditions: tuple[Condition, ...]
    """Any of which may hold."""


def changed(selection: Selection | None, change: Callable[[Item], Selection | None]) -> Selection | None:
    """Return *selection* with every item changed; groups of which nothing is left are gone too."""
    match selection:
        case None:
            return None
        case Item():
            return change(selection)
        case Group(every, parts):
            left = tuple(part for old in parts if (part := changed(old, change)) is not None)
            return Group(every, left) if len(left) > 1 else next(iter(left), None)


def items_of(selection: Selection | None) -> Iterator[Item]:
    """Yield the items of *selection*."""
    match selection:
        case None:
            return
        case Item():
            yield selection
        case Group(_, parts):
            for part in parts:
                yield from items_of(part)
