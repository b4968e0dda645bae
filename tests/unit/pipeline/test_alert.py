import msgspec
import pytest
from support.episodes import RULE, T0, episode, heading

from soc.alerts.saying import alert_id
from soc.alerts.state import Alerts, AlertsFold
from soc.correlation.changes import Change, Raised, Retracted, Revised, Why
from soc.kernel.clock import ManualClock, from_ms
from soc.kernel.errors import DeposedError
from soc.ledger.fact import Fact, fact_id
from soc.pipeline.alert import record_changes
from soc.pipeline.recorder import Recorder
from soc.ports.lease import Held
from soc.rulebook.plan import CorrelationPlan, CorrelationType, Custom
from soc.stores.memory_log import MemoryLog

PLAN = CorrelationPlan(
    heading=heading(),
    type=CorrelationType.EVENT_COUNT,
    rules=("r",),
    group_by=("src_ip",),
    timespan_ms=1000,
    operators=(),
    expression=None,
    fields=(),
    percentile=None,
    aliases=(),
    custom=Custom(),
    silent=False,
    implicit=False,
    version="v1",
)


class Desk:
    """A recorder with the alerts' fold."""

    def __init__(self) -> None:
        self.clock = ManualClock(from_ms(T0))
        self.recorder = Recorder(MemoryLog(), (AlertsFold(),), self.clock)

    async def record(self, *changes: Change, term: int = 1, silent: bool = False) -> Alerts:
        plan = msgspec.structs.replace(PLAN, silent=silent)
        await record_changes(
            changes,
            recorder=self.recorder,
            plans={RULE: plan},
            clock=self.clock,
            held=Held("correlator", "a", term),
        )
        return self.recorder.state(AlertsFold())


async def test_a_settling_is_one_entry_and_saying_it_again_is_none() -> None:
    desk = Desk()
    await desk.record(Raised(episode()), Raised(episode("e2")))
    state = await desk.record(Raised(episode()), Raised(episode("e2")))
    assert desk.recorder.chain.next_n == 1
    assert set(state.alerts) == {alert_id("e1"), alert_id("e2")}


async def test_a_silent_rule_s_plan_makes_no_alert() -> None:
    state = await Desk().record(Raised(episode()), silent=True)
    assert state.episodes
    assert not state.alerts


async def test_an_alert_moves_to_a_successor_raised_in_the_same_settling() -> None:
    desk = Desk()
    await desk.record(Raised(episode()))
    state = await desk.record(Retracted("e1", RULE, Why.MERGED, "e2"), Raised(episode("e2")))
    assert state.alerts[alert_id("e1")].successor == alert_id("e2")
    assert state.alerts[alert_id("e2")].history[-1].type == "AlertMoved"


async def test_an_episode_that_vanished_may_stand_again() -> None:
    desk = Desk()
    await desk.record(Raised(episode()))
    await desk.record(Retracted("e1", RULE, Why.VANISHED, None))
    state = await desk.record(Raised(episode()))
    assert state.alerts[alert_id("e1")].open


async def test_a_revision_is_written_with_the_leader_s_term() -> None:
    desk = Desk()
    await desk.record(Raised(episode()))
    await desk.record(Revised(episode(count=8, revision=1), Why.GREW))
    facts = [fact async for _, fact in desk.recorder.facts_from(1)]
    assert [(f.type, f.role, f.term, f.actor) for f in facts] == [
        ("EpisodeRevised", "correlator", 1, "machine:correlator")
    ]


async def test_a_join_is_written_though_nothing_doubled_and_growth_is_not() -> None:
    desk = Desk()
    await desk.record(Raised(episode()))
    assert (await desk.record(Revised(episode(count=5, revision=1), Why.GREW))).episodes["e1"].count == 4
    assert (await desk.record(Revised(episode(count=5, revision=1), Why.MERGED))).episodes["e1"].count == 5


async def test_a_deposed_correlator_writes_nothing() -> None:
    desk = Desk()
    elected = Fact(
        type="LeaderElected",
        version=1,
        id=fact_id("LeaderElected", "correlator", "2"),
        at_ms=T0,
        actor="machine:correlator",
        agency=None,
        exercise=None,
        collector=None,
        payload={"role": "correlator", "term": 2, "holder": "b"},
        role="correlator",
        term=2,
    )
    await desk.recorder.decide(lambda: (elected,))
    with pytest.raises(DeposedError):
        await desk.record(Raised(episode()), term=1)
