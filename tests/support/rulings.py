"""Rules written in a line or two, and events for them."""

from typing import Any

import yaml

from soc.model.event import Event, Fields, LogSource, Mark
from soc.model.identity import Layer, Origin
from soc.rulebook.documents import Document, RuleFile, documents
from soc.rulebook.load import load
from soc.rulebook.plan import Node, Rulebook, RulePlan

TEST = LogSource(product="test")


def rule_text(detection: Any, **more: Any) -> str:
    """The YAML of a rule; *detection* may be a mapping or YAML, *more* top-level keys."""
    body = yaml.safe_load(detection) if isinstance(detection, str) else detection
    about = {"title": "A rule", "id": "r", "logsource": {"product": "test"}, "detection": body}
    return yaml.safe_dump({**about, **more}, allow_unicode=True, sort_keys=False)


def correlation_text(correlation: Any, **more: Any) -> str:
    """The YAML of a correlation."""
    body = yaml.safe_load(correlation) if isinstance(correlation, str) else correlation
    return yaml.safe_dump({"title": "A correlation", "id": "c", "correlation": body, **more}, sort_keys=False)


def loaded(*texts: str, **options: Any) -> Rulebook:
    """The rulebook of texts, each a file ``N.yml``; every log source is known, grouped by ``host``."""
    files = [RuleFile(f"{number}.yml", text) for number, text in enumerate(texts)]
    return load(files, **{"known": lambda _: True, "entities": lambda _: ("host",), **options})


def plan_of(detection: Any, placeholders: Any = None) -> RulePlan:
    """The plan of one rule that must be good."""
    book = loaded(rule_text(detection), placeholders=placeholders)
    assert book.errors == ()
    return book.rules[0]


def node_of(selection: Any) -> Node:
    """The matching tree of one selection."""
    body = yaml.safe_load(selection) if isinstance(selection, str) else selection
    return plan_of({"s": body, "condition": "s"}).condition


def fault_of(*texts: str) -> str:
    """The one fault of the last of *texts*, without its file; the others must be good."""
    errors = loaded(*texts).errors
    assert len(errors) == 1, errors
    return errors[0]


def document_of(text: str, path: str = "a.yml") -> Document:
    """The one document of *text*."""
    found, errors = documents(RuleFile(path, text))
    assert errors == []
    return found[0]


def event_with(
    fields: Fields,
    *,
    original: str = "",
    quarantined: bool = False,
    logsources: tuple[LogSource, ...] = (TEST,),
) -> Event:
    """An event of ``product: test``."""
    return Event(
        id="0" * 32,
        day="2026-01-01",
        origin=Origin("a", "c"),
        source="s",
        layer=Layer.ON_THE_SPOT,
        logsources=logsources,
        at_ms=0,
        read_at_ms=0,
        received_at_ms=0,
        fields=fields,
        original=original,
        marks=frozenset({Mark.QUARANTINED} if quarantined else ()),
    )
