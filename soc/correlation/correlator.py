"""Correlator: all groups of one rule; puts signals into them, and settles those that changed or are due."""

from heapq import heappop, heappush
from typing import Protocol

from soc.correlation.changes import Change
from soc.correlation.firing import Awaiting, Firing, Rising, is_bounded, is_negated
from soc.correlation.held import Held, hold
from soc.correlation.identity import Register, Standing
from soc.correlation.keys import Entry, keys_of
from soc.correlation.sliding import SlidingGroup
from soc.correlation.tumbling import LocalTime, TumblingGroup
from soc.correlation.watermark import Watermark
from soc.model.episode import Episode, Key
from soc.rulebook.plan import CorrelationPlan


class Group(Protocol):
    """The state of one key."""

    key: Key

    def put(self, entry: Held) -> None:
        """Add an entry at the next settling."""
        ...

    def take(self, at_ms: int, entry_id: str) -> None:
        """Remove an entry at the next settling."""
        ...

    def adopt(self, standing: Standing) -> None:
        """Take over an episode from the ledger."""
        ...

    def settle(self, mark_ms: int, register: Register) -> list[Change]:
        """Say what changed."""
        ...

    def due_ms(self) -> int | None:
        """Return the watermark at which there is more to judge."""
        ...

    def expire(self, before_ms: int) -> None:
        """Forget what is older."""
        ...

    def __len__(self) -> int:
        """Return the number of entries."""
        ...


class Correlator:
    """The state of one plan."""

    def __init__(self, plan: CorrelationPlan, zone: str, register: Register) -> None:
        """Begin without groups; *zone* is that of bounded windows where the plan has none."""
        self.plan = plan
        self.ungrouped = 0
        """Signals that lacked a group-by field."""
        self._local = LocalTime(plan.custom.zone or zone, plan.timespan_ms)
        self._register = register
        self._groups: dict[Key, Group] = {}
        self._touched: dict[Key, Group] = {}
        self._due: dict[tuple[str | None, str | None], list[tuple[int, Key]]] = {}
        """Keys of an agency and exercise run by the watermark at which there is more to judge."""

    def put(self, entry: Entry) -> None:
        """Add *entry* to its groups."""
        held: Held | None = None
        for key in keys_of(self.plan, entry):
            held = held or hold(self.plan, entry)
            self._touch(key).put(held)
        self.ungrouped += held is None

    def take(self, entry: Entry) -> None:
        """Remove *entry*, given exactly as it was put."""
        for key in keys_of(self.plan, entry):
            self._touch(key).take(entry.at_ms, entry.id)

    def adopt(self, episode: Episode, *, frozen: bool) -> None:
        """Let *episode*, which the ledger says stands, keep its id."""
        self._touch(episode.key).adopt(self._register.adopt(episode, frozen=frozen))

    def settle(self, watermark: Watermark) -> list[Change]:
        """Evaluate the groups that were touched and those whose time has come."""
        for who, due in self._due.items():
            mark_ms = watermark.of(*who)
            while due and due[0][0] <= mark_ms:
                key = heappop(due)[1]
                if key in self._groups:
                    self._touch(key)
        changes: list[Change] = []
        for key, group in self._touched.items():
            changes += group.settle(watermark.of(key.agency, key.exercise), self._register)
            due_ms = group.due_ms()
            if due_ms is not None:
                heappush(self._due.setdefault((key.agency, key.exercise), []), (due_ms, key))
        self._touched = {}
        return changes

    def expire(self, before_ms: int) -> None:
        """Forget what lies before *before_ms* and can change nothing behind it."""
        for key, group in list(self._groups.items()):
            group.expire(before_ms)
            if not len(group) and key not in self._touched:
                del self._groups[key]

    def __len__(self) -> int:
        """Return the number of groups."""
        return len(self._groups)

    def _touch(self, key: Key) -> Group:
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = self._open(key)
        self._touched[key] = group
        return group

    def _open(self, key: Key) -> Group:
        if is_bounded(self.plan):
            return TumblingGroup(key, self.plan, self._local)
        return SlidingGroup(key, self.plan, self._firing())

    def _firing(self) -> Firing:
        if is_negated(self.plan) and self.plan.expression is not None:
            return Awaiting(self.plan, self.plan.expression)
        return Rising(self.plan)
