"""Timeline: the entries of one group in order of (time, id), with what is still to be put in or taken out."""

from bisect import bisect_left, bisect_right
from itertools import chain
from typing import NamedTuple

from soc.correlation.held import Held, at_of


class Touched(NamedTuple):
    """What a merge did."""

    at_ms: list[int]
    """Times of the entries put in or taken out, sorted."""
    place: int
    """Every entry before this index is as it was."""
    appended: bool
    """All that was put in stands behind all that was there."""


class Timeline:
    """Puts and takes cost nothing until ``merge``, which costs the part of the list that is moved."""

    __slots__ = ("_fresh", "_gone", "entries")

    def __init__(self) -> None:
        """Begin empty."""
        self.entries: list[Held] = []
        self._fresh: dict[str, Held] = {}
        self._gone: set[tuple[int, str]] = set()

    def put(self, entry: Held) -> None:
        """Add *entry* at the next merge."""
        self._fresh[entry.id] = entry

    def take(self, at_ms: int, entry_id: str) -> None:
        """Remove an entry at the next merge."""
        waiting = self._fresh.get(entry_id)
        if waiting is not None and waiting.at_ms == at_ms:
            del self._fresh[entry_id]
        else:
            self._gone.add((at_ms, entry_id))

    def merge(self) -> Touched:
        """Do what waits."""
        fresh = sorted(self._fresh.values())
        at_ms = sorted([*map(at_of, fresh), *(at for at, _ in self._gone)])
        entries = self.entries
        appended = not self._gone and (not entries or not fresh or fresh[0][:2] > entries[-1][:2])
        place = len(entries) if appended else bisect_left(entries, at_ms[0], key=at_of)
        if appended:
            entries.extend(fresh)
        else:
            stays = (entry for entry in entries[place:] if entry[:2] not in self._gone)
            entries[place:] = sorted({entry[:2]: entry for entry in chain(stays, fresh)}.values())
        self._fresh.clear()
        self._gone.clear()
        return Touched(at_ms, place, appended)

    def __len__(self) -> int:
        """Return the number of entries, those that wait to be put in included."""
        return len(self.entries) + len(self._fresh)

    def between(self, first_ms: int, last_ms: int) -> list[Held]:
        """Return the entries in [first_ms, last_ms]."""
        start = bisect_left(self.entries, first_ms, key=at_of)
        return self.entries[start : bisect_right(self.entries, last_ms, start, key=at_of)]

    def cut_ms(self, before_ms: int, reach_ms: int) -> int:
        """Return a time before which nothing can change what is behind *before_ms*.

        That is after a silence longer than *reach_ms*, or else *reach_ms* before *before_ms*.
        """
        entries = self.entries
        later_ms = before_ms
        for place in range(bisect_left(entries, before_ms, key=at_of) - 1, -1, -1):
            at_ms = entries[place].at_ms
            if later_ms - at_ms > reach_ms or before_ms - at_ms > reach_ms:
                break
            later_ms = at_ms
        return later_ms

    def expire(self, before_ms: int) -> None:
        """Drop the entries before *before_ms*."""
        del self.entries[: bisect_left(self.entries, before_ms, key=at_of)]
