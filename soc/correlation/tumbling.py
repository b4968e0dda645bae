"""Tumbling: one group of a bounded rule; each window of local time is judged by itself when it is over."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from soc.correlation.changes import Change
from soc.correlation.episodes import draft
from soc.correlation.held import Held
from soc.correlation.identity import Register, Standing, reconcile
from soc.correlation.timeline import Timeline
from soc.correlation.windows import window_for
from soc.kernel.clock import from_ms
from soc.model.episode import Episode, Key
from soc.rulebook.plan import CorrelationPlan

DAY_MS = 86_400_000


class LocalTime:
    """Windows ``[k·timespan, (k+1)·timespan)`` of a zone's wall time, counted from local 1970-01-01T00:00."""

    def __init__(self, zone: str, timespan_ms: int) -> None:
        """Use the IANA *zone*.

        Raises:
            ZoneInfoNotFoundError: there is no such zone.
        """
        self._zone = ZoneInfo(zone)
        self._timespan_ms = timespan_ms

    def window(self, at_ms: int) -> int:
        """Return the number of the window that the instant *at_ms* lies in."""
        return (at_ms + self._offset_ms(at_ms)) // self._timespan_ms

    def over_ms(self, window: int) -> int:
        """Return an instant from which on nothing lies in *window*, also where clocks are put back."""
        end_ms = (window + 1) * self._timespan_ms
        return end_ms - min(self._offset_ms(end_ms - DAY_MS), self._offset_ms(end_ms + DAY_MS))

    def _offset_ms(self, at_ms: int) -> int:
        at = from_ms(min(max(at_ms, _FIRST_MS), _LAST_MS)).astimezone(self._zone)
        return (at.utcoffset() or timedelta()) // timedelta(milliseconds=1)


class TumblingGroup:
    """Windows and standing episodes of one key."""

    def __init__(self, key: Key, plan: CorrelationPlan, local: LocalTime) -> None:
        """Begin empty."""
        self.key = key
        self._plan = plan
        self._local = local
        self._windows: dict[int, Timeline] = {}
        self._waiting: set[int] = set()
        """Windows that came, went or grew since they were judged."""
        self._standing: dict[int, Standing] = {}
        self._judged_ms = _LONG_AGO

    def put(self, entry: Held) -> None:
        """Add *entry* at the next settling."""
        self._window(entry.at_ms).put(entry)

    def take(self, at_ms: int, entry_id: str) -> None:
        """Remove an entry at the next settling."""
        self._window(at_ms).take(at_ms, entry_id)

    def adopt(self, standing: Standing) -> None:
        """Take over an episode from the ledger: its window was judged, and stays so."""
        window = self._local.window(standing.episode.last_at_ms)
        self._standing[window] = standing
        self._judged_ms = max(self._judged_ms, self._local.over_ms(window))

    def settle(self, mark_ms: int, register: Register) -> list[Change]:
        """Judge the windows that wait and are over."""
        self._judged_ms = max(self._judged_ms, mark_ms)
        over = sorted(w for w in self._waiting if self._local.over_ms(w) <= self._judged_ms)
        self._waiting.difference_update(over)
        return [change for window in over for change in self._judge(window, register)]

    def due_ms(self) -> int | None:
        """Return the watermark at which the first window that waits is over."""
        return min((self._local.over_ms(window) for window in self._waiting), default=None)

    def expire(self, before_ms: int) -> None:
        """Forget the windows that were over before *before_ms*."""
        known = self._windows.keys() | self._standing.keys()
        for window in [w for w in known if self._local.over_ms(w) < before_ms]:
            self._windows.pop(window, None)
            self._standing.pop(window, None)
            self._waiting.discard(window)

    def __len__(self) -> int:
        """Return the number of entries."""
        return sum(map(len, self._windows.values()))

    def _window(self, at_ms: int) -> Timeline:
        number = self._local.window(at_ms)
        self._waiting.add(number)
        return self._windows.setdefault(number, Timeline())

    def _judge(self, number: int, register: Register) -> list[Change]:
        timeline = self._windows[number]
        timeline.merge()
        old = [self._standing.pop(number)] if number in self._standing else []
        standing, changes = reconcile(
            old, self._episodes(timeline.entries), register, lambda a, b: len(timeline.between(a, b))
        )
        kept = standing or [one for one in old if one.frozen]
        self._standing.update((number, one) for one in kept)
        return changes

    def _episodes(self, entries: list[Held]) -> list[Episode]:
        window = window_for(self._plan)
        for entry in entries:
            window.add(entry)
        if not entries or not window.holds(entries[0].at_ms):
            return []
        return [draft(self.key, self._plan.version, entries[-1].at_ms, entries)]


_LONG_AGO = -(1 << 62)
# A day away from both ends of what a date can be, so that no zone leads over them.
_FIRST_MS = int(datetime(1, 1, 3, tzinfo=UTC).timestamp()) * 1000
_LAST_MS = int(datetime(9999, 12, 29, tzinfo=UTC).timestamp()) * 1000
