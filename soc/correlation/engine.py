"""The incremental engine: signals in any order → the episodes that stand, and how they change.

Each plan keeps its groups; adding a signal marks its groups, settling judges the marked ones anew and
compares with what stood. A changed child episode is a retraction plus an insertion of its signal in
the rules above, in topological order, in the same settling.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from soc.correlation.changes import Change, Raised, Retracted, Revised
from soc.correlation.identity import Standing, compare
from soc.correlation.keys import Entry, entry_of_episode, entry_of_signal, keys_of
from soc.correlation.runs import judge
from soc.correlation.watermark import Watermark
from soc.model.episode import Episode, Key
from soc.model.signal import Signal
from soc.rulebook.plan import CorrelationPlan

LONG_AGO = -(1 << 62)


@dataclass(slots=True)
class _Group:
    entries: dict[str, Entry] = field(default_factory=dict)
    standing: Standing = field(default_factory=Standing)
    due_ms: int | None = None
    """Watermark at which it must be judged again though nothing came."""


@dataclass(slots=True)
class _Rule:
    plan: CorrelationPlan
    groups: dict[Key, _Group] = field(default_factory=dict)
    marked: set[Key] = field(default_factory=set)
    ungrouped: int = 0
    """Signals that lacked a group-by field."""


class Engine:
    """All correlations of a rulebook."""

    def __init__(self, plans: Sequence[CorrelationPlan], *, zone: str) -> None:
        """Take *plans*, children before parents; *zone* is that of bounded windows without their own."""
        self._zone = zone
        self._rules = {plan.id: _Rule(plan) for plan in plans if not plan.implicit}
        self._implicit = {plan.id: _Rule(plan) for plan in plans if plan.implicit}
        self._order = [*self._implicit.values(), *self._rules.values()]
        self._listeners: dict[str, list[_Rule]] = {}
        for rule in self._order:
            for rule_id in dict.fromkeys(rule.plan.rules):
                self._listeners.setdefault(rule_id, []).append(rule)

    def adopt(self, standing: Iterable[Episode], *, since_ms: int = LONG_AGO) -> None:
        """Let episodes of the ledger keep their ids when their signals are added again.

        Those of another rule version, or whose signals before *since_ms* are no longer at hand, stay frozen.
        """
        for episode in standing:
            rule = self._rules.get(episode.key.rule_id) or self._implicit.get(episode.key.rule_id)
            if rule is None or rule.plan.version != episode.rule_version or episode.first_at_ms < since_ms:
                continue
            group = rule.groups.setdefault(episode.key, _Group())
            group.standing.episodes.append(episode)
            group.standing.used.add(episode.id)

    def add(self, signals: Iterable[Signal]) -> None:
        """Take *signals* in, in any order; one seen before changes nothing."""
        for signal in signals:
            listeners = self._listeners.get(signal.rule_id)
            if listeners:
                entry = entry_of_signal(signal)
                for rule in listeners:
                    self._insert(rule, entry)

    def settle(self, watermark: Watermark) -> list[Change]:
        """Judge every marked or due group and return what changed, children before parents."""
        changes: list[Change] = []
        for rule in self._order:
            for key in self._marked(rule, watermark):
                found = self._judge(rule, key, watermark)
                changes += found
                self._tell(rule, found)
        return changes

    def expire(self, before_ms: int) -> None:
        """Forget entries older than *before_ms* that nothing newer can join; their episodes freeze."""
        for rule in self._order:
            for key, group in list(rule.groups.items()):
                newest = max((entry.at_ms for entry in group.entries.values()), default=0)
                if newest + 2 * rule.plan.timespan_ms < before_ms and key not in rule.marked:
                    del rule.groups[key]

    @property
    def groups(self) -> int:
        """Return how many groups are kept."""
        return sum(len(rule.groups) for rule in self._order)

    def _insert(self, rule: _Rule, entry: Entry) -> None:
        joined = False
        for key in keys_of(rule.plan, entry):
            joined = True
            group = rule.groups.setdefault(key, _Group())
            if entry.id not in group.entries:
                group.entries[entry.id] = entry
                rule.marked.add(key)
        rule.ungrouped += not joined

    def _marked(self, rule: _Rule, watermark: Watermark) -> list[Key]:
        marked = sorted(rule.marked)
        rule.marked.clear()
        due = [
            key
            for key, group in rule.groups.items()
            if group.due_ms is not None and group.due_ms <= watermark.of(key.agency, key.exercise)
        ]
        return list(dict.fromkeys([*marked, *due]))

    def _judge(self, rule: _Rule, key: Key, watermark: Watermark) -> list[Change]:
        group = rule.groups[key]
        entries = sorted(group.entries.values(), key=lambda entry: (entry.at_ms, entry.id))
        passed_ms = watermark.of(key.agency, key.exercise)
        judged = judge(rule.plan, entries, passed_ms, self._zone)
        group.due_ms = judged.due_ms
        return compare(rule.plan, key, group.standing, judged.spans)

    def _tell(self, rule: _Rule, changes: Sequence[Change]) -> None:
        """Let the rules above see what their child became."""
        listeners = self._listeners.get(rule.plan.id, []) if not rule.plan.implicit else []
        for parent in listeners:
            for change in changes:
                match change:
                    case Raised(episode):
                        self._insert(parent, entry_of_episode(episode))
                    case Revised(episode):
                        self._forget(parent, episode.id)
                        self._insert(parent, entry_of_episode(episode))
                    case Retracted(episode_id):
                        self._forget(parent, episode_id)

    def _forget(self, rule: _Rule, entry_id: str) -> None:
        for key, group in rule.groups.items():
            if group.entries.pop(entry_id, None) is not None:
                rule.marked.add(key)
