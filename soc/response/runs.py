"""The folded state of runs: what every playbook run did, waits for and has decided."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import msgspec

from soc.ledger.fact import Fact, Payload
from soc.response.playbook import Value


class StepState(StrEnum):
    """Where a step stands."""

    STARTED = "started"
    """An attempt was begun; whether it had its effect is not known."""
    RETRYING = "retrying"
    """An attempt failed; another follows at ``due_ms``."""
    ASKED = "asked"
    """A person is asked."""
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    EXPIRED = "expired"


class Outcome(StrEnum):
    """How a run ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"


class StepView(msgspec.Struct, frozen=True):
    """One step of one run."""

    state: StepState
    at_ms: int
    """When it came to this state."""
    due_ms: int | None = None
    """When something has to happen at the latest."""
    attempt: int = 0
    key: str = ""
    command: dict[str, Any] = {}
    """As rendered."""
    digest: str = ""
    roles: tuple[str, ...] = ()
    """Who may approve."""
    variables: dict[str, Value] = {}
    """What it gave."""
    text: str = ""
    """Error, refusal."""
    actor: str = ""
    """Who decided last."""
    receipt_id: str | None = None
    """Of its report at the national centre."""
    report_refused: str | None = None
    reported: bool = False
    """Its report stands in the ledger."""


class RunView(msgspec.Struct, frozen=True):
    """One run."""

    id: str
    playbook_id: str
    playbook_version: str
    alert_id: str
    agency: str | None
    exercise: str | None
    started_by: str
    started_at_ms: int
    deadline_ms: int
    variables: dict[str, Value]
    """From the start."""
    steps: dict[str, StepView] = {}
    """In the order in which they began."""
    outcome: Outcome | None = None
    text: str = ""
    ended_at_ms: int | None = None

    @property
    def wake_ms(self) -> int | None:
        """Return when the clock alone makes something happen; None once it ended."""
        if self.outcome is not None:
            return None
        return min([self.deadline_ms, *(s.due_ms for s in self.steps.values() if s.due_ms is not None)])


class Pending(msgspec.Struct, frozen=True):
    """An approval that somebody is asked for."""

    run_id: str
    step_id: str
    alert_id: str
    exercise: str | None
    command: dict[str, Any]
    """Exactly what will be done."""
    digest: str
    roles: tuple[str, ...]
    asked_at_ms: int
    deadline_ms: int


@dataclass(slots=True)
class Runs:
    """The folded state."""

    runs: dict[str, RunView] = field(default_factory=dict)
    reports: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Report id → (run, step)."""

    def unfinished(self) -> list[RunView]:
        """Return the runs that go on, oldest first."""
        return [run for run in self.runs.values() if run.outcome is None]

    def next_wake_ms(self) -> int | None:
        """Return when the clock alone makes something happen."""
        return min((run.wake_ms for run in self.unfinished() if run.wake_ms is not None), default=None)

    def pending(self, now_ms: int) -> list[Pending]:
        """Return what people are asked and may still answer at *now_ms*, the most urgent first."""
        found = [
            Pending(
                run_id=run.id,
                step_id=step_id,
                alert_id=run.alert_id,
                exercise=run.exercise,
                command=step.command,
                digest=step.digest,
                roles=step.roles,
                asked_at_ms=step.at_ms,
                deadline_ms=step.due_ms,
            )
            for run in self.unfinished()
            for step_id, step in run.steps.items()
            if step.state is StepState.ASKED and step.due_ms is not None and now_ms < step.due_ms
        ]
        return sorted(found, key=lambda asked: asked.deadline_ms)


class RunsFold:
    """Facts → runs. A fact about a run that is not known changes nothing."""

    name = "runs"
    version = 1

    def initial(self) -> Runs:
        """Return the state without runs."""
        return Runs()

    def apply(self, state: Runs, fact: Fact) -> Runs:
        """Return *state* after *fact*."""
        payload = fact.payload
        if payload is None:
            return state
        if fact.type == "RunStarted":
            state.runs[payload["run_id"]] = _run(fact, payload)
        elif fact.type == "RunEnded":
            _end(state, fact, payload)
        elif fact.type in _STEPS:
            changes = {**_STEPS[fact.type](payload), "at_ms": fact.at_ms, "actor": fact.actor}
            _put(state, (payload["run_id"], payload["step_id"]), changes)
        elif fact.type in _REPORTS:
            _report(state, fact.type, payload)
        return state

    def dump(self, state: Runs) -> bytes:
        """Return *state* as bytes."""
        return msgspec.msgpack.encode(state)

    def load(self, data: bytes) -> Runs:
        """Return the state in *data*."""
        return msgspec.msgpack.decode(data, type=Runs)


_Changes = dict[str, Any]


def _run(fact: Fact, payload: Payload) -> RunView:
    return RunView(
        id=payload["run_id"],
        playbook_id=payload["playbook_id"],
        playbook_version=payload["playbook_version"],
        alert_id=payload["alert_id"],
        agency=fact.agency,
        exercise=fact.exercise,
        started_by=fact.actor,
        started_at_ms=fact.at_ms,
        deadline_ms=payload["deadline_ms"],
        variables=payload["variables"],
    )


def _end(state: Runs, fact: Fact, payload: Payload) -> None:
    run = state.runs.get(payload["run_id"])
    if run is not None:
        outcome = Outcome(payload["outcome"])
        state.runs[run.id] = msgspec.structs.replace(
            run, outcome=outcome, text=payload["text"], ended_at_ms=fact.at_ms
        )


def _started(payload: Payload) -> _Changes:
    kept = {name: payload[name] for name in ("attempt", "key", "command", "digest")}
    return {"state": StepState.STARTED, "due_ms": payload["deadline_ms"], **kept}


def _done(payload: Payload) -> _Changes:
    return {"state": StepState.DONE, "due_ms": None, "variables": payload["variables"], "text": ""}


def _failed(payload: Payload) -> _Changes:
    again = payload["retry_at_ms"]
    state = StepState.FAILED if again is None else StepState.RETRYING
    return {"state": state, "due_ms": again, "text": payload["error"]}


def _asked(payload: Payload) -> _Changes:
    kept = {"command": payload["command"], "digest": payload["digest"], "roles": tuple(payload["roles"])}
    return {"state": StepState.ASKED, "due_ms": payload["deadline_ms"], **kept}


def _given(_payload: Payload) -> _Changes:
    return {"state": StepState.DONE, "due_ms": None}


def _refused(payload: Payload) -> _Changes:
    return {"state": StepState.REFUSED, "due_ms": None, "text": payload["text"]}


def _expired(_payload: Payload) -> _Changes:
    return {"state": StepState.EXPIRED, "due_ms": None, "text": "nobody answered in time"}


def _report(state: Runs, type_: str, payload: Payload) -> None:
    """Remember which step a report is of, and what became of it."""
    if type_ == "ReportQueued" and payload["run_id"] in state.runs:
        state.reports[payload["report_id"]] = (payload["run_id"], payload["step_id"])
    found = state.reports.get(payload["report_id"])
    if found is None:
        return
    if type_ == "ReportQueued":
        _put(state, found, {"reported": True})
    elif type_ == "ReportReceipted":
        _put(state, found, {"receipt_id": payload["receipt_id"]})
    else:
        _put(state, found, {"report_refused": payload["why"]})


def _put(state: Runs, where: tuple[str, str], changes: _Changes) -> None:
    run_id, step_id = where
    run = state.runs.get(run_id)
    if run is None:
        return
    known = run.steps.get(step_id) or StepView(StepState.STARTED, 0)
    steps = {**run.steps, step_id: msgspec.structs.replace(known, **changes)}
    state.runs[run_id] = msgspec.structs.replace(run, steps=steps)


_STEPS: Final[Mapping[str, Callable[[Payload], _Changes]]] = {
    "StepStarted": _started,
    "StepDone": _done,
    "StepFailed": _failed,
    "ApprovalAsked": _asked,
    "ApprovalGiven": _given,
    "ApprovalRefused": _refused,
    "ApprovalExpired": _expired,
}
_REPORTS = frozenset({"ReportQueued", "ReportReceipted", "ReportRefused"})
