"""Correlator: all groups of one rule; puts signals into them, and settles those that changed or are due."""

from heapq import heappop, heappush
from typing import Protocol

from soc.correlation.changes import Change
from soc.correlation.firing import Awaiting, Firing, Rising, is_bounded, is_negated
from soc.correlation.held import Held, hold
from soc.correlation.identity import Register, Standing
from soc.correlation.keys import Entry, Grouping, Place
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
        self._grouping = Grouping(plan)
        self._local = LocalTime(plan.custom.zone or zone, plan.timespan_ms)
        self._register = register
        self._groups: dict[Place, Group] = {}
        self._touched: dict[Place, Group] = {}
        self._due: dict[tuple[str | None, str | None], list[tuple[int, Place]]] = {}
        """Groups of an agency and exercise run by the watermark at which there is more to judge."""

    def put(self, entry: Entry) -> None:
        """Add *entry* to its groups."""
        places = self._grouping.places(entry)
        if not places:
            self.ungrouped += 1
            return
        held = hold(self.plan, entry)
        for place in places:
            self._touch(place).put(held)

    def take(self, entry: Entry) -> None:
        """Remove *entry*, given exactly as it was put."""
        for place in self._grouping.places(entry):
            self._touch(place).take(entry.member.at_ms, entry.member.id)

    def adopt(self, episode: Episode, *, frozen: bool) -> None:
        """Let *episode*, which the ledger says stands, keep its id."""
        key = episode.key
        standing = self._register.adopt(episode, frozen=frozen)
        self._touch((key.agency, key.exercise, key.group)).adopt(standing)

    def settle(self, watermark: Watermark) -> list[Change]:
        """Evaluate the groups that were touched and those whose time has come."""
        for who, due in self._due.items():
            mark_ms = watermark.of(*who)
            while due and due[0][0] <= mark_ms:
                place = heappop(due)[1]
                if place in self._groups:
                    self._touch(place)
        changes: list[Change] = []
        for place, group in self._touched.items():
            agency, exercise, _ = place
            changes += group.settle(watermark.of(agency, exercise), self._register)
            due_ms = group.due_ms()
            if due_ms is not None:
                heappush(self._due.setdefault((agency, exercise), []), (due_ms, place))
        self._touched = {}
        return changes

    def expire(self, before_ms: int) -> None:
        """Forget what lies before *before_ms* and can change nothing behind it."""
        for place, group in list(self._groups.items()):
            group.expire(before_ms)
            if not len(group) and place not in self._touched:
                del self._groups[place]

    def __len__(self) -> int:
        """Return the number of groups."""
        return len(self._groups)

    @property
    def held(self) -> int:
        """Return the number of entries in all groups."""
        return sum(map(len, self._groups.values()))

    def _touch(self, place: Place) -> Group:
        group = self._groups.get(place)
        if group is None:
            group = self._groups[place] = self._open(Key(self.plan.id, *place))
        self._touched[place] = group
        return group

    def _open(self, key: Key) -> Group:
        if is_bounded(self.plan):
            return TumblingGroup(key, self.plan, self._local)
        return SlidingGroup(key, self.plan, self._firing())

    def _firing(self) -> Firing:
        if is_negated(self.plan) and self.plan.expression is not None:
            return Awaiting(self.plan, self.plan.expression)
        return Rising(self.plan)
