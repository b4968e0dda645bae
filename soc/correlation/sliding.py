"""Sliding: one group of a rising or negated rule; its runs are found anew only where signals came or went."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from soc.correlation.changes import Change
from soc.correlation.episodes import draft, grown
from soc.correlation.firing import Firing, Stretch
from soc.correlation.held import Held, at_of
from soc.correlation.identity import Register, Standing, reconcile
from soc.correlation.runs import Run, Runs
from soc.correlation.timeline import Timeline, Touched
from soc.model.episode import Episode, Key
from soc.rulebook.plan import CorrelationPlan


class SlidingGroup:
    """Entries, runs and standing episodes of one key."""

    __slots__ = (
        "_begun",
        "_firing",
        "_floor_ms",
        "_frozen",
        "_runs",
        "_standing",
        "_timeline",
        "_timespan_ms",
        "_version",
        "key",
    )

    def __init__(self, key: Key, plan: CorrelationPlan, firing: Firing) -> None:
        """Begin empty."""
        self.key = key
        self._version = plan.version
        self._timespan_ms = plan.timespan_ms
        self._firing = firing
        self._timeline = Timeline()
        self._runs = Runs(plan.timespan_ms)
        self._standing: dict[Run, Standing] = {}
        self._frozen: list[Standing] = []
        """Episodes of the ledger that no run at hand is part of yet."""
        self._begun: tuple[int, Episode] | None = None
        """First firing point and begin of the episode whose first signals have expired."""
        self._floor_ms = _LONG_AGO
        """What comes for an earlier time is too late to become part of that begin."""

    def put(self, entry: Held) -> None:
        """Add *entry* at the next settling."""
        if entry.at_ms >= self._floor_ms:
            self._timeline.put(entry)

    def take(self, at_ms: int, entry_id: str) -> None:
        """Remove an entry at the next settling."""
        if at_ms >= self._floor_ms:
            self._timeline.take(at_ms, entry_id)

    def adopt(self, standing: Standing) -> None:
        """Take over an episode from the ledger: judged once, judged for good."""
        if standing.frozen:
            self._frozen.append(standing)
            return
        run = Run(standing.episode.fires_at_ms, standing.episode.last_at_ms)
        self._runs.adopt(run)
        self._standing[run] = standing
        self._firing.judged(run.last_ms)

    def settle(self, mark_ms: int, register: Register) -> list[Change]:
        """Evaluate what was touched, and what the watermark *mark_ms* newly lets be judged."""
        touched = self._timeline.merge()
        before: set[Run] = set()
        after: set[Run] = set()
        for stretch in self._firing.stretches(self._stretches(touched.at_ms), mark_ms):
            found = self._firing.points(self._timeline.entries, stretch)
            was, now = self._runs.replace(*stretch, found)
            before.update(run for run in was if run in self._standing)
            after.difference_update(was)
            after.update(now)
        if not before and not after:
            return []
        same = {run for run in before & after if not self._reaches(run, touched.at_ms)}
        return self._speak(sorted(before - same), sorted(after - same), touched, register)

    def due_ms(self) -> int | None:
        """Return the watermark at which something waits to be judged; None if nothing does."""
        return self._firing.due_ms(self._timeline.entries)

    def expire(self, before_ms: int) -> None:
        """Forget what lies before *before_ms* and can change nothing behind it.

        Of an episode that goes on over the cut, what is said of its begin is kept in place of its signals.
        """
        cut_ms = self._timeline.cut_ms(before_ms, 2 * self._timespan_ms)
        over = self._runs.expire(cut_ms)
        if over is not None:
            self._floor_ms = before_ms
            self._begun = over.first_ms, self._episode(over.first_ms, cut_ms - 1)
        self._timeline.expire(cut_ms)
        self._firing.forget()
        for run in [run for run in self._standing if run.last_ms < cut_ms]:
            del self._standing[run]
        self._frozen = [one for one in self._frozen if one.episode.last_at_ms >= before_ms]

    def __len__(self) -> int:
        """Return the number of entries, and of frozen episodes that wait for some."""
        return len(self._timeline) + len(self._frozen)

    def _speak(
        self, before: Sequence[Run], after: Sequence[Run], touched: Touched, register: Register
    ) -> list[Change]:
        old = [self._standing.pop(run) for run in before]
        # A run that only goes on keeps its episode's members: those of the ledger are not made here yet.
        known = {
            run.first_ms: standing.episode
            for run, standing in zip(before, old, strict=True)
            if touched.appended and not standing.adopted
        }
        drafts = [self._draft(run, known.get(run.first_ms), touched.place) for run in after]
        old += self._frozen
        standing, changes = reconcile(old, drafts, register, self._count)
        self._standing.update(zip(after, standing, strict=True))
        kept = {one.order for one in standing}
        self._frozen = [one for one in old if one.frozen and one.order not in kept]
        return changes

    def _draft(self, run: Run, known: Episode | None, place: int) -> Episode:
        if known is None or known.last_at_ms > run.last_ms:
            return self._episode(run.first_ms, run.last_ms)
        entries = self._timeline.entries
        start = bisect_right(entries, known.last_at_ms, 0, place, key=at_of)
        behind = entries[start : bisect_right(entries, run.last_ms, start, key=at_of)]
        return grown(known, self._firing.members(behind))

    def _episode(self, fires_at_ms: int, last_ms: int) -> Episode:
        inside = self._firing.members(self._timeline.between(fires_at_ms - self._timespan_ms, last_ms))
        if self._begun is not None and self._begun[0] == fires_at_ms:
            return grown(self._begun[1], inside)
        return draft(self.key, self._version, fires_at_ms, inside)

    def _count(self, first_ms: int, last_ms: int) -> int:
        return len(self._firing.members(self._timeline.between(first_ms, last_ms)))

    def _reaches(self, run: Run, at_ms: Sequence[int]) -> bool:
        """Return whether an entry that *run* may have as a member came or went."""
        first = bisect_left(at_ms, run.first_ms - self._timespan_ms)
        return first < len(at_ms) and at_ms[first] <= run.last_ms

    def _stretches(self, at_ms: Sequence[int]) -> Iterator[Stretch]:
        """Yield *at_ms* (sorted) as stretches: a late signal and a new one do not open what lies between."""
        start = 0
        for index in range(1, len(at_ms) + 1):
            if index == len(at_ms) or at_ms[index] - at_ms[index - 1] > self._timespan_ms:
                yield at_ms[start], at_ms[index - 1]
                start = index


_LONG_AGO = -(1 << 62)
