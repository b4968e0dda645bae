"""What a pipeline works on: a rule or correlation as read, with the filters that cover it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from soc.model.event import LogSource
from soc.rulebook.documents import Document, Fault
from soc.rulebook.selections import Detection, Item, Selection, changed, items_of

MAX_NAMES = 100
"""That one name may become."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A rule or correlation between reading and compiling."""

    document: Document
    logsources: tuple[LogSource, ...]
    """A rule's one; of a correlation those of all rules that it names."""
    detections: tuple[Detection, ...] = ()
    """All must hold: the rule's own, then filters, then what pipelines add; a correlation has none."""
    steps: frozenset[str] = frozenset()
    """Ids of the pipeline steps that were applied."""
    state: Mapping[str, Any] = field(default_factory=dict)
    renames: tuple[Callable[[str], tuple[str, ...]], ...] = ()
    """What pipelines made of field names, in order."""

    @property
    def correlation(self) -> bool:
        """Return whether this is a correlation."""
        return "correlation" in self.document.data

    def items(self) -> Iterator[Item]:
        """Yield every item of every detection."""
        for detection in self.detections:
            for selection in detection.selections.values():
                yield from items_of(selection)

    def with_items(self, change: Callable[[Detection, Item], Selection | None]) -> "Subject":
        """Return this with every item changed; None takes it out."""
        return replace(self, detections=tuple(_changed(each, change) for each in self.detections))

    def names_of(self, name: str) -> tuple[str, ...]:
        """Return what the field *name*, outside of detections, is called after all renaming.

        Raises:
            Fault: it has become more names than anybody means.
        """
        names: tuple[str, ...] = (name,)
        for rename in self.renames:
            names = tuple(dict.fromkeys(new for old in names for new in rename(old)))
            if len(names) > MAX_NAMES:
                raise Fault(f"pipelines make more than {MAX_NAMES} names of {name!r}")
        return names


def _changed(detection: Detection, change: Callable[[Detection, Item], Selection | None]) -> Detection:
    selections = {
        name: changed(selection, lambda item: change(detection, item))
        for name, selection in detection.selections.items()
    }
    return replace(detection, selections=selections)
