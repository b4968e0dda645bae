import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from support.episodes import CORRELATOR, T0, episode, heading
from support.playing import campaign

from soc.alerts.raising import raised, retracted
from soc.alerts.saying import alert_id
from soc.alerts.state import AlertsFold, AlertView
from soc.alerts.triage import close
from soc.kernel.clock import ManualClock, from_ms
from soc.kernel.errors import NcscError, NcscUnavailable, SocError
from soc.ledger.fact import Fact, fact_id
from soc.model.alert import CloseReason, Severity
from soc.model.identity import Layer
from soc.pipeline.recorder import Recorder
from soc.pipeline.respond import Prepared, run_respond
from soc.ports.lease import Held
from soc.response.approvals import approve
from soc.response.outbox import OutboxFold
from soc.response.rendering import Command
from soc.response.runs import Outcome, RunsFold, RunView
from soc.stores.memory_log import MemoryLog

FOLDS = (AlertsFold(), RunsFold(), OutboxFold())
LAYERS = (Layer.NATIONAL, Layer.MONITORING)


class Centre:
    """A ledger, a clock and the responder's action; processes on it come and go."""

    def __init__(self) -> None:
        self.clock = ManualClock(from_ms(T0))
        self.log = MemoryLog()
        self.recorder = Recorder(self.log, FOLDS, self.clock)
        self.built: list[Command] = []
        self.errors: list[SocError] = []

    @asynccontextmanager
    async def responder(self) -> AsyncIterator[None]:
        """Run the stage in a process of its own: all it knows is the ledger."""
        self.recorder = Recorder(self.log, FOLDS, self.clock)
        await self.recorder.start()
        async with asyncio.TaskGroup() as group:
            stage = group.create_task(self._respond())
            await self.clock.advance(timedelta(0))
            yield
            stage.cancel()

    async def _respond(self) -> None:
        await run_respond(
            recorder=self.recorder,
            alerts=AlertsFold(),
            runs=RunsFold(),
            playbooks=[campaign()],
            actions={"report_ncsc": self.report},
            clock=self.clock,
            held=Held("responder", "a", 1),
        )

    async def report(self, command: Command, alert: AlertView) -> Prepared:
        self.built.append(command)
        if self.errors:
            raise self.errors.pop(0)
        return Prepared("incident", f"incident--{alert.id}", "{}")

    async def alert(self, name: str = "e1", level: Severity = Severity.CRITICAL) -> None:
        found = episode(name, agency=None, layers=LAYERS)
        facts = raised(found, heading(level), CORRELATOR, silent=False)
        await self.recorder.decide(lambda: facts)
        await self.pass_by()

    async def pass_by(self, **duration: float) -> None:
        await self.clock.advance(timedelta(**duration))

    async def approve(self) -> None:
        state = self.recorder.state(RunsFold())
        (asked,) = state.pending(self.clock.now_ms())
        await self.recorder.decide(
            lambda: approve(state, asked.run_id, asked.step_id, asked.digest, "user:lan", self.clock.now_ms())
        )
        await self.pass_by()

    async def receipt(self) -> None:
        for report in self.recorder.state(OutboxFold()).waiting():
            fact = Fact(
                type="ReportReceipted",
                version=1,
                id=fact_id("ReportReceipted", report.report_id),
                at_ms=self.clock.now_ms(),
                actor="machine:reporter",
                agency=None,
                exercise=None,
                collector=None,
                payload={"report_id": report.report_id, "receipt_id": "r1", "received_at": "", "sha256": ""},
            )
            await self.recorder.decide(lambda: (fact,))  # noqa: B023 - awaited at once
        await self.pass_by()

    async def take_back(self) -> None:
        state = self.recorder.state(AlertsFold())
        await self.recorder.decide(lambda: retracted(state, "e1", "its members left", None, CORRELATOR))
        await self.pass_by()

    def runs(self) -> list[RunView]:
        return list(self.recorder.state(RunsFold()).runs.values())

    def reports(self) -> list[str]:
        return list(self.recorder.state(OutboxFold()).reports)


async def test_an_alert_is_reported_once_it_was_approved_and_done_once_receipted() -> None:
    centre = Centre()
    async with centre.responder():
        await centre.alert()
        assert centre.reports() == []
        await centre.approve()
        assert len(centre.reports()) == 1
        await centre.receipt()
    (run,) = centre.runs()
    assert run.outcome is Outcome.SUCCEEDED
    assert run.alert_id == alert_id("e1")


async def test_a_responder_that_dies_at_any_point_is_followed_by_one_that_finishes() -> None:
    centre = Centre()
    async with centre.responder():
        await centre.alert()
    async with centre.responder():
        await centre.approve()
    async with centre.responder():
        await centre.pass_by()
    async with centre.responder():
        await centre.receipt()
    (run,) = centre.runs()
    assert run.outcome is Outcome.SUCCEEDED
    assert len(centre.reports()) == 1
    assert len(centre.built) == 1


async def test_alerts_raised_while_nobody_responded_are_taken_up() -> None:
    centre = Centre()
    await centre.alert()
    async with centre.responder():
        assert len(centre.runs()) == 1


async def test_alerts_that_people_closed_meanwhile_start_nothing() -> None:
    centre = Centre()
    await centre.alert()
    state = centre.recorder.state(AlertsFold())
    closed = close(state, alert_id("e1"), "user:lan", T0, CloseReason.EXERCISE)
    await centre.recorder.decide(lambda: closed)
    async with centre.responder():
        assert centre.runs() == []


async def test_alerts_that_no_playbook_is_for_start_nothing() -> None:
    centre = Centre()
    async with centre.responder():
        await centre.alert(level=Severity.LOW)
        assert centre.runs() == []


async def test_every_alert_has_a_run_of_its_own() -> None:
    centre = Centre()
    async with centre.responder():
        await centre.alert("e1")
        await centre.alert("e2")
        assert {run.alert_id for run in centre.runs()} == {alert_id("e1"), alert_id("e2")}


async def test_nobody_answering_wakes_the_responder_at_the_deadline() -> None:
    centre = Centre()
    async with centre.responder():
        await centre.alert()
        await centre.pass_by(hours=4, milliseconds=2)
        (run,) = centre.runs()
        assert run.outcome is Outcome.FAILED
        assert "nobody answered in time" in run.text
    assert centre.reports() == []


async def test_a_report_that_cannot_be_built_now_is_built_again_under_the_same_key() -> None:
    centre = Centre()
    centre.errors = [NcscUnavailable("later")]
    async with centre.responder():
        await centre.alert()
        await centre.approve()
        assert centre.reports() == []
        await centre.pass_by(minutes=1, milliseconds=2)
        assert centre.reports() == [centre.built[0].key]
    assert [command.key for command in centre.built] == [centre.built[0].key] * 2


async def test_a_report_that_can_never_be_built_fails_the_run_and_says_why() -> None:
    centre = Centre()
    centre.errors = [NcscError("no identity")]
    async with centre.responder():
        await centre.alert()
        await centre.approve()
    (run,) = centre.runs()
    assert run.outcome is Outcome.FAILED
    assert "no identity" in run.text


async def test_an_alert_that_is_taken_back_is_no_longer_asked_about() -> None:
    centre = Centre()
    async with centre.responder():
        await centre.alert()
        await centre.take_back()
        (run,) = centre.runs()
        assert run.outcome is Outcome.FAILED
        assert run.text == "its alert was taken back: its members left"
        assert centre.recorder.state(RunsFold()).pending(T0) == []


async def test_a_report_that_is_under_way_is_followed_to_its_receipt_though_its_alert_is_taken_back() -> None:
    centre = Centre()
    async with centre.responder():
        await centre.alert()
        await centre.approve()
        await centre.take_back()
        await centre.receipt()
    (run,) = centre.runs()
    assert run.outcome is Outcome.SUCCEEDED


async def test_what_a_run_writes_names_the_run_and_the_leader_s_term() -> None:
    centre = Centre()
    async with centre.responder():
        await centre.alert()
    facts = [fact async for _, fact in centre.recorder.facts_from(0) if fact.type == "StepStarted"]
    (run,) = centre.runs()
    assert [(f.actor, f.role, f.term) for f in facts] == [(f"playbook:{run.id}", "responder", 1)]
