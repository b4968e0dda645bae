"""What of an event can be searched: ``field␟value`` terms and the words of its raw text.

Both event stores index exactly this, and queries are folded and cut in the same way, so they agree.
"""

from collections.abc import Iterator
from typing import Any

from soc.kernel.folding import fold, search_tokens
from soc.model.event import Event

SEPARATOR = "\x1f"
MAX_VALUE = 1024
"""Characters of a value that are compared; longer ones are found by their beginning."""
MAX_WORD = 256
MAX_TERMS = 2048
"""Terms of one event; the rest can still be found by free text."""
MAX_DEPTH = 16
OWN = "soc."
"""Names under which the store itself speaks of an event; a field of the event never counts there."""


def terms_of(event: Event) -> frozenset[str]:
    """Return the terms of *event*: its fields, and what the centre knows of it under ``soc.*``."""
    terms = set(_own_terms(event))
    for name, value in _leaves("", event.fields, MAX_DEPTH):
        if len(terms) >= MAX_TERMS:
            break
        if not name.startswith(OWN):
            terms.add(term(name, value))
    return frozenset(terms)


def term(name: str, value: str) -> str:
    """Return the term of one field's value."""
    return prefix(name) + fold(value)[:MAX_VALUE]


def prefix(name: str) -> str:
    """Return what every term of the field *name* begins with."""
    return name.replace(SEPARATOR, " ")[:MAX_VALUE] + SEPARATOR


def words_of(text: str) -> list[str]:
    """Return the words of raw text as they are indexed and asked for."""
    return [word[:MAX_WORD] for word in search_tokens(text)]


AGENCY = "soc.agency"


def _own_terms(event: Event) -> Iterator[str]:
    origin = event.origin
    yield term(AGENCY, origin.agency)
    yield term("soc.collector", origin.collector)
    yield term("soc.source", event.source)
    yield term("soc.layer", str(event.layer.value))
    yield term("soc.id", event.id)
    for mark in event.marks:
        yield term("soc.mark", mark.value)
    for logsource in event.logsources:
        for part in ("product", "category", "service"):
            if value := getattr(logsource, part):
                yield term(f"soc.{part}", value)


def _leaves(path: str, value: Any, depth: int) -> Iterator[tuple[str, str]]:
    """Yield (dotted name, text) of every scalar; an array's elements share one name."""
    if isinstance(value, dict):
        if depth:
            for name, inner in value.items():
                yield from _leaves(f"{path}.{name}" if path else str(name), inner, depth - 1)
    elif isinstance(value, list | tuple):
        if depth:
            for inner in value:
                yield from _leaves(path, inner, depth - 1)
    elif value is not None:
        yield path, _text(value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
