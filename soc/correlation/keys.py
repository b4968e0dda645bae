"""Group keys: which groups of a rule a signal belongs to (CORRELATION.md, "Group key")."""

import itertools
from typing import TypeAlias

import msgspec

from soc.kernel.folding import fold_key
from soc.model.episode import Episode, Member
from soc.model.event import Fields
from soc.model.fields import text_of, values_of
from soc.model.identity import Layer
from soc.model.signal import Signal
from soc.rulebook.plan import CorrelationPlan

AGENCY_FIELD = "soc.agency"
MAX_GROUPS = 1000
"""Groups that one signal with arrays may join."""
Place: TypeAlias = tuple[str | None, str | None, tuple[tuple[str, str], ...]]
"""Agency (None: province), exercise run and group: a key without its rule."""


class Entry(msgspec.Struct, frozen=True):
    """A signal, or a child episode, before it is put into groups: both are signals of their rule."""

    member: Member
    exercise: str | None
    fields: Fields
    layers: tuple[Layer, ...]
    agencies: tuple[str, ...]
    texts: dict[str, tuple[str, ...]] = {}
    """Folded values of the fields read so far: many rules read the same ones."""


def entry_of_signal(signal: Signal) -> Entry:
    """Return *signal* as an entry."""
    member = Member(
        id=signal.id,
        rule_id=signal.rule_id,
        agency=signal.agency,
        at_ms=signal.at_ms,
        layer=signal.layer,
        event_id=signal.event_id,
        event_day=signal.event_day,
    )
    agencies = (signal.agency,) if signal.agency else ()
    return Entry(member, signal.exercise, signal.fields, (signal.layer,), agencies)


def entry_of_episode(episode: Episode) -> Entry:
    """Return a child episode as the signal of its rule that it is for the rules above."""
    member = Member(
        id=episode.id,
        rule_id=episode.key.rule_id,
        agency=episode.key.agency or "",
        at_ms=episode.fires_at_ms,
        layer=episode.layers[0] if len(episode.layers) == 1 else None,
        child_first_ms=episode.first_at_ms,
        child_last_ms=episode.last_at_ms,
    )
    return Entry(member, episode.key.exercise, dict(episode.key.group), episode.layers, episode.agencies)


class Grouping:
    """The group-by of one rule, its aliases resolved."""

    def __init__(self, plan: CorrelationPlan) -> None:
        """Read *plan*."""
        self._province = plan.province
        self._entities = plan.implicit_entities if not plan.group_by else ()
        aliases = {name: dict(fields) for name, fields in plan.aliases}
        self._fields = {
            rule: [(name, aliases.get(name, {}).get(rule, name)) for name in plan.group_by]
            for rule in plan.rules
        }

    def places(self, entry: Entry) -> list[Place]:
        """Return the groups that *entry* joins; none if a field of the group-by is missing."""
        agency = None if self._province else entry.member.agency
        fields = self._names_and_fields(entry)
        if len(fields) == 1:
            name, field = fields[0]
            return [
                (agency, entry.exercise, ((name, text),)) for text in self._texts(entry, field)[:MAX_GROUPS]
            ]
        parts = ([(name, text) for text in self._texts(entry, field)] for name, field in fields)
        groups = itertools.islice(itertools.product(*parts), MAX_GROUPS)
        return [(agency, entry.exercise, group) for group in groups]

    def _names_and_fields(self, entry: Entry) -> list[tuple[str, str]]:
        if not self._entities:
            return self._fields[entry.member.rule_id]
        return next(([(name, name)] for name in self._entities if self._texts(entry, name)), [])

    def _texts(self, entry: Entry, field: str) -> tuple[str, ...]:
        return texts_of(entry, field, province=self._province)


def texts_of(entry: Entry, field: str, *, province: bool) -> tuple[str, ...]:
    """Return the distinct values of *field* as keys compare them; empty when it is missing."""
    if field == AGENCY_FIELD:
        return _agency(entry, province=province)
    found = entry.texts.get(field)
    if found is None:
        texts = (text_of(value) for value in values_of(entry.fields, field))
        found = tuple(dict.fromkeys(fold_key(text) for text in texts if text is not None))
        entry.texts[field] = found
    return found


def _agency(entry: Entry, *, province: bool) -> tuple[str, ...]:
    """Return ``soc.agency``: what the credential says, never what the event does.

    Rules of the province have it; a child episode of one agency, or grouped by it, brings it along.
    """
    if entry.member.child_first_ms is None:
        found = entry.member.agency if province else ""
    else:
        found = entry.member.agency or entry.fields.get(AGENCY_FIELD, "")
    return (fold_key(found),) if found else ()
