"""Stage respond: alerts start playbooks, and the machine's commands are carried out.

What is carried out is in the ledger before (StepStarted) and after (StepDone, StepFailed, ReportQueued);
a process that dies between the two carries the command out again under the same key.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

import msgspec

from soc.alerts.state import AlertsFold, AlertView
from soc.kernel.clock import Clock
from soc.kernel.errors import SocError
from soc.ledger.fact import Fact
from soc.pipeline.recorder import Recorder
from soc.ports.lease import Held
from soc.response import machine
from soc.response.enrich import Subject, enrich
from soc.response.playbook import ActionName, ActionStep, Playbook
from soc.response.rendering import Command
from soc.response.runs import RunsFold, RunView, StepState
from soc.response.saying import Speaker, said


class Prepared(msgspec.Struct, frozen=True):
    """A report, ready for the outbox."""

    kind: str
    incident_id: str
    body: str
    """JSON text."""


Action = Callable[[Command, AlertView], Awaitable[Prepared]]
"""Builds what ``command.name`` sends, from exactly ``command.args`` (what was approved) and the alert.

Sends nothing itself; quick, or bounded by its own timeout; a ``SocError`` fails the attempt, and another
follows if it is retryable. Called again after a crash, it may answer differently: only the first report
queued under the command's key counts.
"""


async def run_respond(
    *,
    recorder: Recorder,
    alerts: AlertsFold,
    runs: RunsFold,
    playbooks: Sequence[Playbook],
    actions: Mapping[str, Action],
    clock: Clock,
    held: Held,
) -> None:
    """Start and carry on runs, for ever. *actions*: ``ActionName`` → what builds it.

    Raises:
        DeposedError: another process leads the responder now.
    """
    responder = _Responder(recorder, alerts, runs, clock, held)
    considered: set[str] = set()
    while True:
        seen = recorder.chain.next_n
        await responder.begin(playbooks, considered)
        for run in recorder.state(runs).unfinished():
            await responder.advance(run.id, _playbook_of(run, playbooks), actions)
        if recorder.chain.next_n == seen:
            await _rest(recorder, clock, seen, recorder.state(runs).next_wake_ms())


class _Responder:
    """Writes what follows for runs."""

    def __init__(
        self, recorder: Recorder, alerts: AlertsFold, runs: RunsFold, clock: Clock, held: Held
    ) -> None:
        self._recorder = recorder
        self._alerts = alerts
        self._runs = runs
        self._clock = clock
        self._held = held

    async def begin(self, playbooks: Sequence[Playbook], considered: set[str]) -> None:
        """Start the runs of the alerts not yet *considered*; one of a playbook and alert, ever."""
        known = self._recorder.state(self._alerts).alerts
        fresh = [known[alert_id] for alert_id in known.keys() - considered]
        by = self._speaker(f"machine:{self._held.role}")
        facts = [
            machine.begin(playbook, _subject(alert), by)
            for alert in sorted(fresh, key=lambda alert: (alert.raised_at_ms, alert.id))
            for playbook in playbooks
            if alert.open and playbook.run.trigger.fires(alert.rule_id, alert.level)
        ]
        if facts:
            await self._recorder.decide(lambda: facts)
        considered.update(alert.id for alert in fresh)

    async def advance(self, run_id: str, playbook: Playbook | None, actions: Mapping[str, Action]) -> None:
        """Take the run one move on."""
        by = self._speaker(f"playbook:{run_id}")
        await self._recorder.decide(lambda: self._withdrawn(run_id, by))
        await self._recorder.decide(lambda: machine.move(self._run(run_id), playbook, by).facts)
        command = machine.move(self._run(run_id), playbook, by).command
        if command is None or playbook is None:
            return
        step = playbook.workflow[command.step_id]
        assert isinstance(step, ActionStep)
        fact = await self._carry_out(command, playbook, step, actions)
        started = self._run(run_id).steps[command.step_id].state is StepState.STARTED
        await self._recorder.decide(lambda: (fact,) if started else ())

    def _withdrawn(self, run_id: str, by: Speaker) -> tuple[Fact, ...]:
        run = self._run(run_id)
        alert = self._recorder.state(self._alerts).alerts.get(run.alert_id)
        return machine.withdraw(run, alert.retracted, by) if alert and alert.retracted else ()

    async def _carry_out(
        self, command: Command, playbook: Playbook, step: ActionStep, actions: Mapping[str, Action]
    ) -> Fact:
        alert = self._recorder.state(self._alerts).alerts.get(command.alert_id)
        action = actions.get(command.name)
        if alert is None:
            return self._failed(command, step, "its alert is gone", retryable=False)
        if command.name == ActionName.ENRICH:
            given = enrich(_subject(alert)).items()
            variables = {name: value for name, value in given if name in playbook.playbook_variables}
            by = self._speaker(f"playbook:{command.run_id}")
            return machine.done(self._run(command.run_id), command.step_id, variables, by)
        if action is None:
            return self._failed(command, step, f"this centre has no {command.name}", retryable=False)
        try:
            prepared = await action(command, alert)
        except SocError as error:
            return self._failed(command, step, str(error), retryable=error.retryable)
        return self._queued(command, prepared, alert)

    def _failed(self, command: Command, step: ActionStep, error: str, *, retryable: bool) -> Fact:
        by = self._speaker(f"playbook:{command.run_id}")
        run = self._run(command.run_id)
        attempt = run.steps[command.step_id].attempt
        again = machine.retry_at(step, attempt, by.now_ms) if retryable else None
        return machine.failed(run, command.step_id, error, again, by)

    def _queued(self, command: Command, prepared: Prepared, alert: AlertView) -> Fact:
        payload = {
            "report_id": command.key,
            "kind": prepared.kind,
            "incident_id": prepared.incident_id,
            "alert_id": command.alert_id,
            "run_id": command.run_id,
            "step_id": command.step_id,
            "body": prepared.body,
            "sha256": hashlib.sha256(prepared.body.encode()).hexdigest(),
        }
        by = self._speaker(f"playbook:{command.run_id}")
        return said("ReportQueued", (command.key,), payload, (alert.agency, command.exercise), by)

    def _run(self, run_id: str) -> RunView:
        return self._recorder.state(self._runs).runs[run_id]

    def _speaker(self, actor: str) -> Speaker:
        return Speaker(actor, self._clock.now_ms(), self._held.role, self._held.term)


def _playbook_of(run: RunView, playbooks: Sequence[Playbook]) -> Playbook | None:
    return next((playbook for playbook in playbooks if playbook.id == run.playbook_id), None)


def _subject(alert: AlertView) -> Subject:
    return Subject(
        alert_id=alert.id,
        rule_id=alert.rule_id,
        title=alert.title,
        level=alert.level,
        agency=alert.agency,
        exercise=alert.exercise,
        group=alert.group,
        agencies=alert.agencies,
        layers=alert.layers,
        first_at_ms=alert.first_at_ms,
        last_at_ms=alert.last_at_ms,
    )


async def _rest(recorder: Recorder, clock: Clock, seen: int, wake_ms: int | None) -> None:
    """Wait until the ledger grows or the clock reaches *wake_ms*."""
    async with asyncio.TaskGroup() as group:
        waits: list[asyncio.Task[object]] = [
            group.create_task(recorder.wait_beyond(seen), name="respond: wait for facts")
        ]
        if wake_ms is not None:
            pause = timedelta(milliseconds=max(1, wake_ms - clock.now_ms()))
            waits.append(group.create_task(clock.sleep(pause), name="respond: wait for a deadline"))
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
