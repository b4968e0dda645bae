"""The machine: what a run does next, from what the ledger says it did.

Theory of operation. A run's place is not stored: ``_place`` walks the playbook from its start, past
every step that the ledger knows to be over, so replay and life cannot differ. At that place ``move``
says which facts follow and which command is to be carried out.

    step unknown          action: StepStarted and the command · manual: ApprovalAsked
    started               the command again under the same key (a crash may have come between);
                          a report that is queued already: nothing, until its receipt: StepDone
    started, past due     StepFailed, with a time for the next attempt or without
    retrying, due         StepStarted of the next attempt, the same key
    asked, past due       ApprovalExpired
    done                  on: on_completion or on_success
    failed|expired|refused   on: on_failure, else the playbook's exception, else RunEnded
    end step, run past its deadline, playbook of another version   RunEnded

A step that somebody has to approve is carried out only under the digest that was approved.
"""

from collections.abc import Mapping
from typing import NamedTuple

from soc.kernel.errors import PlaybookError
from soc.kernel.ids import digest
from soc.ledger.fact import Fact, Payload
from soc.response.conditions import holds, parse
from soc.response.enrich import Subject
from soc.response.playbook import (
    ActionStep,
    EndStep,
    IfStep,
    Manual,
    Playbook,
    SocAction,
    StartStep,
    Value,
)
from soc.response.rendering import Command, digest_of, render
from soc.response.runs import Outcome, RunView, StepState, StepView
from soc.response.saying import Speaker, said


class Move(NamedTuple):
    """What follows now: facts to write, or, once its start is written, a command to carry out."""

    facts: tuple[Fact, ...] = ()
    command: Command | None = None


def run_id(playbook: Playbook, alert_id: str) -> str:
    """Return the id of the one run of *playbook*, whatever its version, about an alert."""
    return digest("run", playbook.id, alert_id)


def begin(playbook: Playbook, subject: Subject, by: Speaker) -> Fact:
    """Return that a run of *playbook* about *subject* started."""
    name = run_id(playbook, subject.alert_id)
    payload: Payload = {
        "run_id": name,
        "playbook_id": playbook.id,
        "playbook_version": playbook.version,
        "alert_id": subject.alert_id,
        "deadline_ms": by.now_ms + playbook.run.timeout,
        "variables": playbook.initial(),
    }
    return said("RunStarted", (name,), payload, (subject.agency, subject.exercise), by)


def move(run: RunView, playbook: Playbook | None, by: Speaker) -> Move:
    """Return what follows for *run* at ``by.now_ms``; nothing while it waits."""
    if run.outcome is not None:
        return Move()
    if by.now_ms >= run.deadline_ms:
        return _ended(run, by, Outcome.FAILED, "the run's deadline has passed")
    if playbook is None or playbook.version != run.playbook_version:
        return _ended(run, by, Outcome.FAILED, f"version {run.playbook_version} of its playbook is gone")
    try:
        step_id, variables = _place(run, playbook)
        if step_id is None:
            return _finished(run, by)
        return _at(_Turn(run, playbook, variables, by), step_id)
    except PlaybookError as error:
        return _ended(run, by, Outcome.FAILED, str(error))


def withdraw(run: RunView, why: str, by: Speaker) -> tuple[Fact, ...]:
    """Return that *run* ends because its alert was taken back; not while a report of it is under way."""
    if run.outcome is not None or any(step.reported for step in run.steps.values()):
        return ()
    return _ended(run, by, Outcome.FAILED, f"its alert was taken back: {why}").facts


def done(run: RunView, step_id: str, variables: Mapping[str, Value], by: Speaker) -> Fact:
    """Return that the present attempt of a step succeeded and gave *variables*."""
    attempt = run.steps[step_id].attempt
    payload: Payload = {
        "run_id": run.id,
        "step_id": step_id,
        "attempt": attempt,
        "variables": dict(variables),
    }
    return _fact("StepDone", run, (step_id, str(attempt)), payload, by)


def failed(run: RunView, step_id: str, error: str, retry_at_ms: int | None, by: Speaker) -> Fact:
    """Return that the present attempt of a step failed; *retry_at_ms* None: for good."""
    attempt = run.steps[step_id].attempt
    payload: Payload = {
        "run_id": run.id,
        "step_id": step_id,
        "attempt": attempt,
        "error": error,
        "retry_at_ms": retry_at_ms,
    }
    return _fact("StepFailed", run, (step_id, str(attempt)), payload, by)


def retry_at(step: ActionStep, attempt: int, now_ms: int) -> int | None:
    """Return when the attempt after *attempt* is due; None when there is none."""
    retry = step.run.retry
    return None if attempt >= retry.max_attempts else now_ms + retry.backoff * 2 ** (attempt - 1)


class _Turn(NamedTuple):
    """One look at one run."""

    run: RunView
    playbook: Playbook
    variables: dict[str, Value]
    by: Speaker


def _place(run: RunView, playbook: Playbook) -> tuple[str | None, dict[str, Value]]:
    """Return where *run* stands (None: at its end) and the variables there."""
    variables = dict(run.variables)
    at: str | None = playbook.workflow_start
    while at is not None:
        match playbook.workflow[at]:
            case StartStep() as step:
                at = step.on_completion
            case IfStep() as step:
                at = step.on_true if holds(parse(step.condition), variables) else step.on_false
            case EndStep():
                at = None
            case ActionStep() as step:
                view = run.steps.get(at)
                if view is None or view.state in _OPEN:
                    return at, variables
                variables |= view.variables
                at = _next(playbook, step, view)
    return None, variables


def _next(playbook: Playbook, step: ActionStep, view: StepView) -> str | None:
    if view.state is StepState.DONE or step.on_completion is not None:
        return step.on_completion or step.on_success
    return playbook.after_failure(step)


def _at(turn: _Turn, step_id: str) -> Move:
    step = turn.playbook.workflow[step_id]
    assert isinstance(step, ActionStep)
    view = turn.run.steps.get(step_id)
    match step.command:
        case Manual():
            return _ask(turn, step_id, step) if view is None else _asked(turn, step_id, view)
        case SocAction() as command:
            if view is None or (view.state is StepState.RETRYING and turn.by.now_ms >= (view.due_ms or 0)):
                return _start(turn, step_id, step, command)
            return _started(turn, step_id, step, view)


def _start(turn: _Turn, step_id: str, step: ActionStep, command: SocAction) -> Move:
    rendered = render(command, turn.variables)
    _allowed(turn, step_id, digest_of(rendered))
    view = turn.run.steps.get(step_id)
    attempt = 1 if view is None else view.attempt + 1
    key = digest("step", turn.run.id, step_id)
    payload: Payload = {
        "run_id": turn.run.id,
        "step_id": step_id,
        "attempt": attempt,
        "key": key,
        "command": rendered,
        "digest": digest_of(rendered),
        "deadline_ms": turn.by.now_ms + (step.timeout or 0),
    }
    return Move((_fact("StepStarted", turn.run, (step_id, str(attempt)), payload, turn.by),))


def _allowed(turn: _Turn, step_id: str, wanted: str) -> None:
    """Let nothing be carried out that was to be approved and was not, or has changed since."""
    for asking, step in turn.playbook.workflow.items():
        if isinstance(step, ActionStep) and step.run.approval and step.run.approval.step == step_id:
            view = turn.run.steps.get(asking)
            if view is None or view.state is not StepState.DONE:
                raise PlaybookError(f"{step_id} is to be approved in {asking} and was not")
            if view.digest != wanted:
                raise PlaybookError(f"{step_id} is not what was approved in {asking}")


def _started(turn: _Turn, step_id: str, step: ActionStep, view: StepView) -> Move:
    if view.state is StepState.RETRYING:
        return Move()
    if view.receipt_id is not None:
        return Move((done(turn.run, step_id, {}, turn.by),))
    if view.report_refused is not None:
        return Move((failed(turn.run, step_id, view.report_refused, None, turn.by),))
    if view.due_ms is not None and turn.by.now_ms >= view.due_ms:
        again = retry_at(step, view.attempt, turn.by.now_ms)
        return Move((failed(turn.run, step_id, "not done in time", again, turn.by),))
    if view.reported:
        return Move()
    run, command = turn.run, view.command
    return Move(
        (),
        Command(
            run_id=run.id,
            step_id=step_id,
            key=view.key,
            alert_id=run.alert_id,
            exercise=run.exercise,
            name=command["name"],
            args=command["args"],
        ),
    )


def _ask(turn: _Turn, step_id: str, step: ActionStep) -> Move:
    approval = step.run.approval
    wanted = None if approval is None else turn.playbook.workflow.get(approval.step)
    if approval is None or not isinstance(wanted, ActionStep) or not isinstance(wanted.command, SocAction):
        raise PlaybookError(f"{step_id} does not say what is to be approved")
    rendered = render(wanted.command, turn.variables)
    payload: Payload = {
        "run_id": turn.run.id,
        "step_id": step_id,
        "command": rendered,
        "digest": digest_of(rendered),
        "roles": list(approval.roles),
        "deadline_ms": turn.by.now_ms + approval.expires,
    }
    return Move((_fact("ApprovalAsked", turn.run, (step_id,), payload, turn.by),))


def _asked(turn: _Turn, step_id: str, view: StepView) -> Move:
    if view.due_ms is None or turn.by.now_ms < view.due_ms:
        return Move()
    payload: Payload = {"run_id": turn.run.id, "step_id": step_id}
    return Move((_fact("ApprovalExpired", turn.run, (step_id,), payload, turn.by),))


def _finished(run: RunView, by: Speaker) -> Move:
    lost = {step_id: step for step_id, step in run.steps.items() if step.state in _LOST}
    text = "; ".join(f"{step_id}: {step.text or step.state.value}" for step_id, step in lost.items())
    if any(step.state is StepState.REFUSED for step in lost.values()):
        return _ended(run, by, Outcome.REFUSED, text)
    return _ended(run, by, Outcome.FAILED if lost else Outcome.SUCCEEDED, text)


def _ended(run: RunView, by: Speaker, outcome: Outcome, text: str) -> Move:
    payload: Payload = {"run_id": run.id, "outcome": outcome.value, "text": text}
    return Move((_fact("RunEnded", run, (), payload, by),))


def _fact(type_: str, run: RunView, parts: tuple[str, ...], payload: Payload, by: Speaker) -> Fact:
    return said(type_, (run.id, *parts), payload, (run.agency, run.exercise), by)


_OPEN = frozenset({StepState.STARTED, StepState.RETRYING, StepState.ASKED})
_LOST = frozenset({StepState.FAILED, StepState.EXPIRED, StepState.REFUSED})
