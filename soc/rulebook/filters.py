"""Sigma filters: conditions ANDed to the rules they name, where their log source covers the rule's."""

from dataclasses import dataclass
from typing import Any

from soc.kernel.errors import Location
from soc.model.event import LogSource
from soc.rulebook.detections import read_detection
from soc.rulebook.documents import Document, Fault
from soc.rulebook.headings import logsource, names
from soc.rulebook.plan import Heading
from soc.rulebook.selections import Detection


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter, read."""

    location: Location
    logsource: LogSource
    rules: tuple[str, ...] | None
    """Ids or names; None is ``any``."""
    detection: Detection
    """ANDed to the rule, as pySigma does."""
    warning: str
    """What looks wrong about it; empty if nothing."""

    def covers(self, heading: Heading, source: LogSource) -> bool:
        """Return whether this filter applies to the rule of *heading*."""
        named = self.rules is None or heading.id in self.rules or heading.name in self.rules
        return named and self.logsource.covers(source)


def read_filter(document: Document) -> Filter:
    """Return the filter of *document*.

    Raises:
        Fault: anything a rule's detection would be refused for, or ``rules`` missing.
    """
    body = document.data.get("filter")
    if not isinstance(body, dict) or "rules" not in body:
        raise Fault("a filter needs rules: a list of ids or names, or any", "filter")
    detection = {key: value for key, value in body.items() if key != "rules"}
    return Filter(
        location=document.location(("filter", "rules")),
        logsource=logsource(document.data),
        rules=None if body["rules"] == "any" else names(body["rules"], "filter", "rules"),
        detection=read_detection(document, ("filter",), detection),
        warning=_warning(document, detection.get("condition")),
    )


def _warning(document: Document, condition: Any) -> str:
    if isinstance(condition, str) and "not" not in condition.lower().split():
        place = document.location(("filter", "condition"))
        return f"{place}: filter keeps only what it selects; usually the condition is 'not selection'"
    return ""
