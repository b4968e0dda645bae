"""Identity: which standing episode lives on in which new one; merge, split, shrink and vanish in one table.

In order of first raise each standing episode takes, of the new ones still free, the one that shares
most members with it, then the earliest. New ones left over are raised, old ones left over retracted.

    old episodes that share members with the new one │ new ones that share with the old one │ why
    ─────────────────────────────────────────────────┼──────────────────────────────────────┼──────────────
    several                                          │ any                                  │ merged
    one                                              │ several                              │ split
    one                                              │ one                                  │ grew, shrank,
                                                     │                                      │ changed
    old one left over                                │ some                                 │ merged
                                                     │ none                                 │ vanished
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from soc.correlation.changes import Change, Raised, Retracted, Revised, Why
from soc.correlation.episodes import joined
from soc.kernel.ids import digest
from soc.model.episode import Episode


class Standing(NamedTuple):
    """An episode that stands, and its place in the order of first raise."""

    order: int
    episode: Episode
    adopted: bool = False
    """Known from the ledger only: not made of the signals here yet."""
    frozen: bool = False
    """Some of its signals are no longer at hand: it may grow, but nothing takes from it."""


class Register:
    """Ids given so far and the order in which episodes were raised."""

    def __init__(self) -> None:
        """Begin empty."""
        self._spent: set[str] = set()
        self._raised = 0

    def adopt(self, episode: Episode, *, frozen: bool) -> Standing:
        """Note an episode that keeps the id it has."""
        return self._next(Standing(0, episode, adopted=True, frozen=frozen))

    def spend(self, episode_id: str) -> None:
        """Note an id that must not be given again."""
        self._spent.add(episode_id)

    def name(self, draft: Episode) -> Standing:
        """Give *draft* its id: the first generation whose id was never given."""
        generation = 0
        while (id_ := _id(draft, generation)) in self._spent:
            generation += 1
        return self._next(Standing(0, msgspec.structs.replace(draft, id=id_, generation=generation)))

    def _next(self, standing: Standing) -> Standing:
        self.spend(standing.episode.id)
        self._raised += 1
        return standing._replace(order=self._raised)


Between = Callable[[int, int], int]
"""How many members of a group lie in [first, last]: for episodes too large to list their members."""


def reconcile(
    old: Sequence[Standing], new: Sequence[Episode], register: Register, between: Between
) -> tuple[list[Standing], list[Change]]:
    """Return what stands in place of *old*, one for each of *new* in order, and what changed.

    A frozen one that no new one takes up is not retracted; it is for the caller to keep.
    """
    if len(old) == len(new) == 1 and _touch(old[0].episode, new[0]):
        shared = [[1]]
    else:
        shared = _shares([standing.episode for standing in old], new, between)
    kept = _kept(old, shared, len(new))
    standing: list[Standing] = []
    raised: list[Change] = []
    revised: list[Change] = []
    for column, draft in enumerate(new):
        row = kept.get(column)
        if row is None:
            standing.append(register.name(draft))
            raised.append(Raised(standing[-1].episode))
            continue
        before = old[row]
        after = _carried(before, draft)
        if after != before.episode:
            after = msgspec.structs.replace(after, revision=after.revision + 1)
            revised.append(Revised(after, _why(before.episode, after, shared, (row, column))))
        standing.append(before._replace(episode=after, adopted=before.adopted and before.frozen))
    left = [row for row in range(len(old)) if row not in kept.values() and not old[row].frozen]
    retracted: list[Change] = [_retracted(old[row].episode, shared[row], standing) for row in left]
    return standing, [*raised, *revised, *retracted]


def _kept(old: Sequence[Standing], shared: list[list[int]], new: int) -> dict[int, int]:
    """Return {index of new: index of the old one that lives on in it}."""
    kept: dict[int, int] = {}
    for row in sorted(range(len(old)), key=lambda row: old[row].order):
        free = [column for column in range(new) if column not in kept and shared[row][column]]
        if free:
            kept[max(free, key=lambda column: (shared[row][column], -column))] = row
    return kept


def _shares(old: Sequence[Episode], new: Sequence[Episode], between: Between) -> list[list[int]]:
    ids = [frozenset(member.id for member in episode.members) for episode in new]
    return [[_shared(a, b, known, between) for b, known in zip(new, ids, strict=True)] for a in old]


def _shared(old: Episode, new: Episode, ids: frozenset[str], between: Between) -> int:
    if old.truncated or new.truncated or not old.members:
        first_ms, last_ms = max(old.first_at_ms, new.first_at_ms), min(old.last_at_ms, new.last_at_ms)
        return between(first_ms, last_ms) if first_ms <= last_ms else 0
    return sum(member.id in ids for member in old.members)


def _touch(old: Episode, new: Episode) -> bool:
    """Return whether two episodes begin or end with the same member: they share at least that one."""
    if not old.members:
        return False
    return any(old.members[end].id == new.members[end].id for end in (0, -1))


def _carried(old: Standing, draft: Episode) -> Episode:
    known = old.episode
    if old.frozen and (draft.first_at_ms > known.first_at_ms or draft.count < known.count):
        draft = joined(known, draft)
    return msgspec.structs.replace(draft, id=known.id, generation=known.generation, revision=known.revision)


def _why(old: Episode, new: Episode, shared: list[list[int]], cell: tuple[int, int]) -> Why:
    row, column = cell
    if sum(shares[column] > 0 for shares in shared) > 1:
        return Why.MERGED
    if sum(share > 0 for share in shared[row]) > 1:
        return Why.SPLIT
    if new.count == old.count:
        return Why.CHANGED
    return Why.GREW if new.count > old.count else Why.SHRANK


def _retracted(old: Episode, shares: list[int], standing: Sequence[Standing]) -> Change:
    best = max(range(len(shares)), key=lambda column: (shares[column], -column), default=None)
    if best is None or not shares[best]:
        return Retracted(old.id, old.key.rule_id, Why.VANISHED, None)
    return Retracted(old.id, old.key.rule_id, Why.MERGED, standing[best].episode.id)


def _id(draft: Episode, generation: int) -> str:
    key = msgspec.msgpack.encode(draft.key)
    return digest("episode", draft.rule_version, key, draft.members[0].id, str(generation))
