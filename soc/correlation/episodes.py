"""Episodes: what is said of the signals that belong together; written anew, or grown at its end."""

from collections.abc import Iterable, Sequence

import msgspec

from soc.correlation.held import Held
from soc.model.episode import Episode, Key, Member
from soc.model.identity import Layer

MAX_MEMBERS = 100_000
LISTED_MEMBERS = 1000
"""Of an episode with more than ``MAX_MEMBERS`` so many of its first and last members are listed."""


def draft(key: Key, version: str, fires_at_ms: int, entries: Sequence[Held]) -> Episode:
    """Return the episode of *entries* (in time order, at least one) without an id."""
    return Episode(
        id="",
        key=key,
        rule_version=version,
        first_at_ms=entries[0].at_ms,
        last_at_ms=entries[-1].at_ms,
        fires_at_ms=fires_at_ms,
        count=len(entries),
        members=_listed([entry.member for entry in _ends(entries)], len(entries)),
        layers=_layers((), entries),
        agencies=_agencies(key, (), entries),
        truncated=len(entries) > MAX_MEMBERS,
    )


def grown(episode: Episode, entries: Sequence[Held]) -> Episode:
    """Return *episode* with *entries* behind its last member, at the cost of what is new."""
    if not entries:
        return episode
    count = episode.count + len(entries)
    members = episode.members + tuple(entry.member for entry in _ends(entries))
    return msgspec.structs.replace(
        episode,
        last_at_ms=entries[-1].at_ms,
        count=count,
        members=_listed(members, count),
        layers=_layers(episode.layers, entries),
        agencies=_agencies(episode.key, episode.agencies, entries),
        truncated=count > MAX_MEMBERS,
    )


def joined(known: Episode, draft: Episode) -> Episode:
    """Return *draft* with what is known only of *known*, some of whose signals are no longer at hand."""
    members = {member.id: member for member in (*known.members, *draft.members)}
    listed = known.truncated or draft.truncated
    count = max(known.count, draft.count) if listed else max(known.count, len(members))
    ordered = sorted(members.values(), key=lambda member: (member.at_ms, member.id))
    return msgspec.structs.replace(
        draft,
        first_at_ms=min(known.first_at_ms, draft.first_at_ms),
        last_at_ms=max(known.last_at_ms, draft.last_at_ms),
        fires_at_ms=min(known.fires_at_ms, draft.fires_at_ms),
        count=count,
        members=_listed(ordered, count),
        layers=tuple(dict.fromkeys((*known.layers, *draft.layers))),
        agencies=tuple(dict.fromkeys((*known.agencies, *draft.agencies))),
        truncated=count > MAX_MEMBERS,
    )


def _ends(entries: Sequence[Held]) -> Sequence[Held]:
    if len(entries) <= MAX_MEMBERS:
        return entries
    return [*entries[:LISTED_MEMBERS], *entries[-LISTED_MEMBERS:]]


def _listed(members: Sequence[Member], count: int) -> tuple[Member, ...]:
    if count <= MAX_MEMBERS:
        return tuple(members)
    return (*members[:LISTED_MEMBERS], *members[-LISTED_MEMBERS:])


def _layers(known: tuple[Layer, ...], entries: Iterable[Held]) -> tuple[Layer, ...]:
    found = dict.fromkeys(known)
    for entry in entries:
        if len(found) == len(Layer):
            break
        for layer in entry.layers:
            found.setdefault(layer)
    return tuple(found)


def _agencies(key: Key, known: tuple[str, ...], entries: Iterable[Held]) -> tuple[str, ...]:
    if key.agency is not None:
        return (key.agency,)
    found = dict.fromkeys(known)
    for entry in entries:
        for agency in entry.agencies:
            found.setdefault(agency)
    return tuple(found)
