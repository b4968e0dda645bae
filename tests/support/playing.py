"""A playbook played against its folded facts, without a ledger: people and the national centre are given."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from soc.ledger.fact import Fact
from soc.model.alert import Severity
from soc.model.identity import Layer
from soc.response import machine
from soc.response.approvals import approve, refuse
from soc.response.enrich import Subject, enrich
from soc.response.linter import load
from soc.response.playbook import ActionStep, Playbook
from soc.response.rendering import Command
from soc.response.runs import Runs, RunsFold, RunView
from soc.response.saying import Speaker, said

T0 = 1_767_225_600_000
FOLDER = Path(__file__).resolve().parents[2] / "playbooks"
CAMPAIGN = FOLDER / "report-cross-layer-campaign.yaml"
HOUR_MS = 3_600_000


def campaign() -> Playbook:
    return load(CAMPAIGN.read_text(encoding="utf-8"), CAMPAIGN.name)


def subject(**more: object) -> Subject:
    found = Subject(
        alert_id="a1",
        rule_id="6d0b7a4e-1c57-4c49-9a5c-2f8f2a6d9c10",
        title="Chiến dịch",
        level=Severity.CRITICAL,
        agency=None,
        exercise=None,
        group=(("attacker", "203.0.113.9"),),
        agencies=("so-yte", "xa-tan-phu"),
        layers=(Layer.NATIONAL, Layer.MONITORING, Layer.ON_THE_SPOT),
        first_at_ms=T0 - 60_000,
        last_at_ms=T0 - 1000,
    )
    return msgspec.structs.replace(found, **more)


class Play:
    """One run; *facts* are those of an earlier life."""

    def __init__(
        self, playbook: Playbook, about: Subject, facts: Iterable[Fact] = (), *, now_ms: int = T0
    ) -> None:
        self.playbook = playbook
        self.subject = about
        self.now_ms = now_ms
        self.facts: list[Fact] = []
        self.state = Runs()
        self.commands: list[Command] = []
        for fact in facts:
            self.write(fact)

    @property
    def by(self) -> Speaker:
        return Speaker("machine:responder", self.now_ms, "responder", 1)

    @property
    def run(self) -> RunView:
        return self.state.runs[machine.run_id(self.playbook, self.subject.alert_id)]

    def write(self, *facts: Fact) -> None:
        """Write what is new, as the ledger does."""
        known = {fact.id for fact in self.facts}
        for fact in facts:
            if fact.id not in known:
                self.facts.append(fact)
                self.state = RunsFold().apply(self.state, fact)

    def go(self, *, carry_out: bool = True) -> None:
        """Begin and move on until the run ends or waits for somebody."""
        self.write(machine.begin(self.playbook, self.subject, self.by))
        while True:
            move = machine.move(self.run, self.playbook, self.by)
            if not move.facts and (move.command is None or not carry_out):
                return
            self.write(*move.facts)
            if move.command is not None:
                self.commands.append(move.command)
                self.write(self.carried_out(move.command))

    def carried_out(self, command: Command) -> Fact:
        if command.name == "enrich":
            return machine.done(self.run, command.step_id, enrich(self.subject), self.by)
        payload = {
            "report_id": command.key,
            "kind": "incident",
            "incident_id": "incident--1",
            "alert_id": command.alert_id,
            "run_id": command.run_id,
            "step_id": command.step_id,
            "body": "{}",
            "sha256": "",
        }
        return said("ReportQueued", (command.key,), payload, (None, command.exercise), self.by)

    def answer(self, *, yes: bool, actor: str = "user:lan") -> None:
        """Let a person answer what is asked, if anything is."""
        for asked in self.state.pending(self.now_ms):
            decide = approve if yes else refuse
            self.write(*decide(self.state, asked.run_id, asked.step_id, asked.digest, actor, self.now_ms))
        self.go()

    def receipt(self) -> None:
        """Let the national centre confirm every report."""
        for report_id in self.reports():
            payload = {"report_id": report_id, "receipt_id": "r-1", "received_at": "", "sha256": ""}
            self.write(said("ReportReceipted", (report_id,), payload, (None, None), self.by))
        self.go()

    def refusal(self) -> None:
        """Let the national centre refuse every report."""
        for report_id in self.reports():
            payload = {"report_id": report_id, "why": "422 no such asset"}
            self.write(said("ReportRefused", (report_id,), payload, (None, None), self.by))
        self.go()

    def later(self, ms: int) -> None:
        """Let *ms* pass."""
        self.now_ms += ms
        self.go()

    def reports(self) -> set[str]:
        return {(f.payload or {})["report_id"] for f in self.facts if f.type == "ReportQueued"}

    def to_the_end(self) -> None:
        """Let everybody do their part."""
        self.go()
        self.answer(yes=True)
        self.receipt()

    def step(self, name: str) -> ActionStep:
        found = next(step for step in self.playbook.workflow.values() if step.name == name)
        assert isinstance(found, ActionStep)
        return found

    def step_id(self, name: str) -> str:
        return next(key for key, step in self.playbook.workflow.items() if step.name == name)
