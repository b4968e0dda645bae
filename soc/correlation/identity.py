"""Identity: which standing episode each span is, and what became of the others.

In order of first raise each standing episode keeps its id on the span that shares most members with it,
then the earliest. Merge, split, shrink and vanish are cells of this one table:

    old episode        takes a span        its span was taken      shares with none
                       Revised / nothing   Retracted, superseded   Retracted, by none
    span left over     Raised under hash(rule, version, key, first member, generation)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from soc.correlation.changes import Change, Raised, Retracted, Revised
from soc.correlation.keys import Entry
from soc.correlation.runs import Span
from soc.kernel.ids import digest
from soc.model.episode import Episode, Key, Member
from soc.rulebook.plan import CorrelationPlan

MAX_MEMBERS = 100_000
KEPT_MEMBERS = 1000


@dataclass(slots=True)
class Standing:
    """The episodes of one group, in order of first raise."""

    episodes: list[Episode] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    """Every id ever given here."""


def compare(plan: CorrelationPlan, key: Key, standing: Standing, spans: Sequence[Span]) -> list[Change]:
    """Give *spans* their ids, put them in *standing*, and return what changed."""
    left = list(range(len(spans)))
    named: dict[int, str] = {}
    lost: list[Episode] = []
    ids = [{entry.id for entry in span.members} for span in spans]
    for old in standing.episodes:
        best = _most_shared(old, ids, left)
        if best is None:
            lost.append(old)
        else:
            left.remove(best)
            named[best] = old.id
    before = {episode.id: episode for episode in standing.episodes}
    for position in left:
        named[position] = _new_id(plan, key, spans[position], standing)
    now = {name: _episode(plan, key, name, spans[n], before.get(name)) for n, name in named.items()}
    changes: list[Change] = [
        Retracted(old.id, plan.id, "its members left", None)
        if (heir := _most_shared(old, ids, range(len(spans)))) is None
        else Retracted(old.id, plan.id, "joined with another", named[heir])
        for old in lost
    ]
    changes += _grown(before, now)
    kept = [now[old.id] for old in standing.episodes if old.id in now]
    standing.episodes = [*kept, *(now[named[n]] for n in left)]
    return changes


def _grown(before: dict[str, Episode], now: dict[str, Episode]) -> list[Change]:
    changes: list[Change] = []
    for name, episode in now.items():
        old = before.get(name)
        if old is None:
            changes.append(Raised(episode))
        elif episode.revision != old.revision:
            changes.append(Revised(episode, _why(old, episode)))
    return changes


def _why(old: Episode, new: Episode) -> str:
    if new.count < old.count:
        return "cut"
    return "late signal" if new.first_at_ms < old.first_at_ms else "grown"


def _most_shared(old: Episode, ids: Sequence[set[str]], among: Iterable[int]) -> int | None:
    members = [member.id for member in old.members]
    best, shared = None, 0
    for position in among:
        count = sum(member in ids[position] for member in members)
        if count > shared:
            best, shared = position, count
    return best


def _new_id(plan: CorrelationPlan, key: Key, span: Span, standing: Standing) -> str:
    generation = 0
    while True:
        parts = (plan.id, plan.version, repr(msgspec.to_builtins(key)), span.members[0].id, str(generation))
        found = digest("episode", *parts)
        if found not in standing.used:
            standing.used.add(found)
            return found
        generation += 1


def _episode(plan: CorrelationPlan, key: Key, name: str, span: Span, before: Episode | None) -> Episode:
    members = span.members
    truncated = len(members) > MAX_MEMBERS
    listed = (*members[:KEPT_MEMBERS], *members[-KEPT_MEMBERS:]) if truncated else members
    found = Episode(
        id=name,
        key=key,
        rule_version=plan.version,
        first_at_ms=members[0].at_ms,
        last_at_ms=members[-1].at_ms,
        fires_at_ms=span.fires_at_ms,
        count=len(members),
        members=tuple(_member(entry) for entry in listed),
        layers=tuple(dict.fromkeys(layer for entry in members for layer in entry.layers)),
        agencies=tuple(dict.fromkeys(agency for entry in members for agency in entry.agencies)),
        revision=0 if before is None else before.revision,
        truncated=truncated,
    )
    if before is None or found == before:
        return found
    return msgspec.structs.replace(found, revision=before.revision + 1)


def _member(entry: Entry) -> Member:
    return Member(
        id=entry.id,
        rule_id=entry.rule_id,
        agency=entry.agency,
        at_ms=entry.at_ms,
        layer=entry.layers[0] if len(entry.layers) == 1 else None,
        event_id=entry.event_id,
        event_day=entry.event_day,
        child_first_ms=entry.first_ms,
        child_last_ms=entry.last_ms,
    )
