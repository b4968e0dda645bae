"""Group keys: which groups of a rule a signal belongs to (CORRELATION.md, "Group key")."""

import itertools
from collections.abc import Iterator
from typing import Any

import msgspec

from soc.kernel.folding import fold_key
from soc.model.episode import Episode, Key
from soc.model.event import Fields
from soc.model.fields import text_of, values_of
from soc.model.identity import Layer
from soc.model.signal import Signal
from soc.rulebook.plan import CorrelationPlan

AGENCY_FIELD = "soc.agency"
MAX_GROUPS = 1000
"""Groups that one signal with arrays may join."""


class Entry(msgspec.Struct, frozen=True):
    """A signal, or a child episode, as a group holds it."""

    id: str
    rule_id: str
    agency: str
    exercise: str | None
    at_ms: int
    fields: Fields
    layers: tuple[Layer, ...]
    agencies: tuple[str, ...]
    event_id: str = ""
    event_day: str = ""
    first_ms: int | None = None
    """Child episodes only."""
    last_ms: int | None = None


def entry_of_signal(signal: Signal) -> Entry:
    """Return *signal* as an entry."""
    return Entry(
        id=signal.id,
        rule_id=signal.rule_id,
        agency=signal.agency,
        exercise=signal.exercise,
        at_ms=signal.at_ms,
        fields=signal.fields,
        layers=(signal.layer,),
        agencies=(signal.agency,) if signal.agency else (),
        event_id=signal.event_id,
        event_day=signal.event_day,
    )


def entry_of_episode(episode: Episode) -> Entry:
    """Return a child episode as the signal of its rule that it is for the rules above."""
    return Entry(
        id=episode.id,
        rule_id=episode.key.rule_id,
        agency=episode.key.agency or "",
        exercise=episode.key.exercise,
        at_ms=episode.fires_at_ms,
        fields=dict(episode.key.group),
        layers=episode.layers,
        agencies=episode.agencies,
        first_ms=episode.first_at_ms,
        last_ms=episode.last_at_ms,
    )


def keys_of(plan: CorrelationPlan, entry: Entry) -> Iterator[Key]:
    """Yield the keys of the groups of *plan* that *entry* joins; none if a field is missing."""
    agency = None if plan.province else entry.agency
    names = plan.group_by or _entity(plan, entry)
    parts = [[(name, value) for value in _folded(plan, entry, name)] for name in names]
    for group in itertools.islice(itertools.product(*parts), MAX_GROUPS):
        yield Key(plan.id, agency, entry.exercise, group)


def field_values(entry: Entry, field: str) -> list[Any]:
    """Return the values of *field*; ``soc.agency`` is what the credential says, never what the event does."""
    if field == AGENCY_FIELD and (entry.agency or entry.first_ms is None):
        return [entry.agency] if entry.agency else []
    return values_of(entry.fields, field)


def key_text(value: Any) -> str | None:
    """Return *value* as keys compare it; None for null, objects and missing values."""
    text = text_of(value)
    return None if text is None else fold_key(text)


def _folded(plan: CorrelationPlan, entry: Entry, name: str) -> list[str]:
    field = next(
        (f for g, fields in plan.aliases if g == name for r, f in fields if r == entry.rule_id), name
    )
    texts = (key_text(value) for value in field_values(entry, field))
    return list(dict.fromkeys(text for text in texts if text is not None))


def _entity(plan: CorrelationPlan, entry: Entry) -> tuple[str, ...]:
    return next(((name,) for name in plan.implicit_entities if _folded(plan, entry, name)), ())
