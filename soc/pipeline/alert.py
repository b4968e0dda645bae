"""Stage alert: what correlation found becomes facts, one entry a settling."""

from collections.abc import Iterable, Mapping, Sequence
from typing import assert_never

from soc.alerts.raising import raised, retracted, revised
from soc.alerts.saying import Speaker
from soc.alerts.state import Alerts, AlertsFold
from soc.correlation.changes import Change, Raised, Retracted, Revised, Why
from soc.kernel.clock import Clock
from soc.ledger.fact import Fact
from soc.pipeline.recorder import Recorder
from soc.ports.lease import Held
from soc.rulebook.plan import CorrelationPlan


async def record_changes(
    changes: Sequence[Change],
    *,
    recorder: Recorder,
    plans: Mapping[str, CorrelationPlan],
    clock: Clock,
    held: Held,
) -> None:
    """Write what follows from *changes*; *plans* by rule id; safe to repeat.

    Raises:
        DeposedError: another process leads the correlator now.
        StoreBusy: the store refused for too long; say the same again.
    """
    by = Speaker(f"machine:{held.role}", clock.now_ms(), held.role, held.term)

    def decide() -> Sequence[Fact]:
        state = recorder.state(AlertsFold())
        return [fact for change in _raised_first(changes) for fact in _facts(change, state, plans, by)]

    await recorder.decide(decide)


def _raised_first(changes: Iterable[Change]) -> list[Change]:
    """An alert moves to its successor, which must be there by then."""
    return sorted(changes, key=lambda change: not isinstance(change, Raised))


def _facts(
    change: Change, state: Alerts, plans: Mapping[str, CorrelationPlan], by: Speaker
) -> tuple[Fact, ...]:
    match change:
        case Raised(episode):
            plan = plans[episode.key.rule_id]
            times = state.withdrawn.get(episode.id, 0)
            return raised(episode, plan.heading, by, silent=plan.silent, times=times)
        case Revised(episode, why):
            return revised(state, episode, why.value, by, at_once=why in _AT_ONCE)
        case Retracted(episode_id, _, why, superseded_by):
            return retracted(state, episode_id, why.value, superseded_by, by)
        case _:
            assert_never(change)


_AT_ONCE = frozenset({Why.MERGED, Why.SPLIT})
