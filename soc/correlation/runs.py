"""Runs: the firing points of one group, joined where neighbours are at most a timespan apart."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import NamedTuple


class Run(NamedTuple):
    """A maximal run of firing points; sorts by time."""

    first_ms: int
    last_ms: int


class Runs:
    """All runs of a group; a stretch of firing points is replaced at the cost of that stretch."""

    def __init__(self, timespan_ms: int) -> None:
        """Begin without any."""
        self._timespan_ms = timespan_ms
        self._points: list[int] = []
        self._runs: list[Run] = []

    def adopt(self, run: Run) -> None:
        """Take over a run whose inner firing points are still to be found again."""
        self.replace(run.first_ms, run.last_ms, sorted(set(run)))
        i = bisect_left(self._runs, run.first_ms, key=_last)
        j = bisect_right(self._runs, run.last_ms, key=_first)
        self._runs[i:j] = [Run(self._runs[i].first_ms, self._runs[j - 1].last_ms)]

    def replace(self, from_ms: int, to_ms: int, found: list[int]) -> tuple[list[Run], list[Run]]:
        """Let *found* be the firing points in [from_ms, to_ms]; return the runs touched, before and after."""
        i = bisect_left(self._runs, from_ms - self._timespan_ms, key=_last)
        j = bisect_right(self._runs, to_ms + self._timespan_ms, key=_first)
        before = self._runs[i:j]
        p, q = bisect_left(self._points, from_ms), bisect_right(self._points, to_ms)
        self._points[p:q] = found
        pieces = [Run(point, point) for point in found]
        if before and before[0].first_ms < from_ms:
            pieces.insert(0, Run(before[0].first_ms, self._points[p - 1]))
        if before and before[-1].last_ms > to_ms:
            pieces.append(Run(self._points[p + len(found)], before[-1].last_ms))
        after = self._joined(pieces)
        self._runs[i:j] = after
        return before, after

    def expire(self, before_ms: int) -> Run | None:
        """Forget what lies before *before_ms*; return the run that reaches over it, whose ends are kept."""
        del self._runs[: bisect_left(self._runs, before_ms, key=_last)]
        over = self._runs[0] if self._runs and self._runs[0].first_ms < before_ms else None
        place = bisect_left(self._points, before_ms)
        self._points[:place] = [] if over is None else sorted({over.first_ms, self._points[place - 1]})
        return over

    def _joined(self, pieces: Iterable[Run]) -> list[Run]:
        joined: list[Run] = []
        for piece in pieces:
            if joined and piece.first_ms - joined[-1].last_ms <= self._timespan_ms:
                joined[-1] = Run(joined[-1].first_ms, piece.last_ms)
            else:
                joined.append(piece)
        return joined


_first: Callable[[Run], int] = attrgetter("first_ms")
_last: Callable[[Run], int] = attrgetter("last_ms")
