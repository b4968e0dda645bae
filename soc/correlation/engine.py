"""Engine: signals in, changes of standing episodes out; the same episodes in whatever order signals come.

Each rule keeps its groups (``correlator``), each group its signals in order of time. A signal that
comes or goes opens again only what it can change; an episode that changes is itself a signal that
goes and comes in the rules above, which are settled after it, in the same step.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from soc.correlation.changes import Change, Raised, Retracted, Revised
from soc.correlation.correlator import Correlator
from soc.correlation.identity import Register
from soc.correlation.keys import Entry, entry_of_episode, entry_of_signal
from soc.correlation.watermark import Watermark
from soc.model.episode import Episode
from soc.model.signal import Signal
from soc.rulebook.plan import CorrelationPlan

_LONG_AGO = -(1 << 62)


class Engine:
    """The state of all correlations of one rulebook."""

    def __init__(
        self, plans: Sequence[CorrelationPlan], *, zone: str, versions: Mapping[str, str] | None = None
    ) -> None:
        """Begin empty.

        Args:
            plans: in topological order, implicit ones included.
            zone: IANA zone of bounded windows where a plan names none.
            versions: version of each plain rule; signals of another one are ignored. None: any counts.

        Raises:
            ZoneInfoNotFoundError: *zone*, or that of a plan, does not exist.
        """
        self._register = Register()
        self._versions = versions
        self._correlators = {plan.id: Correlator(plan, zone, self._register) for plan in plans}
        self._listeners: dict[str, list[Correlator]] = {}
        for correlator in self._correlators.values():
            for rule_id in dict.fromkeys(correlator.plan.rules):
                self._listeners.setdefault(rule_id, []).append(correlator)
        self._known: dict[tuple[str | None, str], int] = {}
        """(Exercise, signal id) → its time: one record may be read live and in a drill."""
        self._children: dict[str, Entry] = {}
        """Episode id → the episode as the rules above have it."""
        self.outdated = 0
        """Signals ignored because their rule has another version now."""

    def adopt(
        self, standing: Iterable[Episode], *, since_ms: int = _LONG_AGO, spent: Iterable[str] = ()
    ) -> None:
        """Take over the episodes that stand in the ledger, in order of first raise, before anything is added.

        One of another version of its rule, or of a rule that is gone, is left as it is. One that begins
        before *since_ms*, from where on signals are added again, can grow but is never retracted.
        *spent*: ids in the ledger that stand no longer; they are not given again.
        """
        for episode in standing:
            correlator = self._correlators.get(episode.key.rule_id)
            if correlator is None or correlator.plan.version != episode.rule_version:
                self._register.spend(episode.id)
                continue
            correlator.adopt(episode, frozen=episode.first_at_ms < since_ms)
            if episode.fires_at_ms >= since_ms:
                self._hear(correlator.plan, episode)
        for episode_id in spent:
            self._register.spend(episode_id)

    def add(self, signals: Iterable[Signal]) -> None:
        """Take *signals* in any order; one that is known already changes nothing.

        Of two readings of one signal (its record has no time of its own) the earlier counts.
        """
        for signal in signals:
            listeners = self._listeners.get(signal.rule_id)
            if not listeners:
                continue
            if self._versions is not None and self._versions.get(signal.rule_id) != signal.rule_version:
                self.outdated += 1
                continue
            known_ms = self._known.get((signal.exercise, signal.id))
            if known_ms is not None and known_ms <= signal.at_ms:
                continue
            self._known[signal.exercise, signal.id] = signal.at_ms
            entry = entry_of_signal(signal)
            for correlator in listeners:
                if known_ms is not None:
                    correlator.take(entry_of_signal(msgspec.structs.replace(signal, at_ms=known_ms)))
                correlator.put(entry)

    def settle(self, watermark: Watermark) -> list[Change]:
        """Return what changed since the last settling, referenced rules before those that name them.

        Rising conditions are judged at once, bounded and negated ones when *watermark* has passed.
        """
        changes: list[Change] = []
        for correlator in self._correlators.values():
            found = correlator.settle(watermark)
            changes += found
            for change in found:
                match change:
                    case Raised(episode=episode) | Revised(episode=episode):
                        self._hear(correlator.plan, episode)
                    case Retracted(episode_id=episode_id):
                        self._unhear(correlator.plan, episode_id)
        return changes

    def expire(self, before_ms: int) -> None:
        """Forget what lies before *before_ms* and can change nothing behind it; no episode is retracted."""
        for correlator in self._correlators.values():
            correlator.expire(before_ms)
        self._known = {known: at_ms for known, at_ms in self._known.items() if at_ms >= before_ms}
        self._children = {
            id_: entry
            for id_, entry in self._children.items()
            if (entry.member.child_last_ms or before_ms) >= before_ms
        }

    @property
    def ungrouped(self) -> dict[str, int]:
        """Return {rule id: signals that lacked a field of its group-by}."""
        counts = {id_: correlator.ungrouped for id_, correlator in self._correlators.items()}
        return {id_: count for id_, count in counts.items() if count}

    @property
    def groups(self) -> int:
        """Return how many groups are held."""
        return sum(map(len, self._correlators.values()))

    @property
    def held(self) -> int:
        """Return how many signals and child episodes the groups hold together."""
        return sum(correlator.held for correlator in self._correlators.values())

    def _hear(self, plan: CorrelationPlan, episode: Episode) -> None:
        """Let the rules above see *episode* in place of what they saw of it before."""
        listeners = self._above(plan)
        if listeners:
            self._unhear(plan, episode.id)
            entry = self._children[episode.id] = entry_of_episode(episode)
            for correlator in listeners:
                correlator.put(entry)

    def _unhear(self, plan: CorrelationPlan, episode_id: str) -> None:
        entry = self._children.pop(episode_id, None)
        if entry is not None:
            for correlator in self._above(plan):
                correlator.take(entry)

    def _above(self, plan: CorrelationPlan) -> Sequence[Correlator]:
        """Return the rules that name *plan*; those that name a plain rule hear its signals instead."""
        return () if plan.implicit else self._listeners.get(plan.id, ())
