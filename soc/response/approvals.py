"""Approvals: a person says yes or no to exactly what was shown, once, in time."""

from soc.kernel.clock import iso_ms
from soc.kernel.errors import SocError, shortened
from soc.ledger.fact import Fact, Payload
from soc.response.runs import Runs, RunView, StepState, StepView
from soc.response.saying import Speaker, said


class TransitionError(SocError):
    """An approval cannot be given or refused, or no longer."""


def approve(  # noqa: PLR0917 - the run's step, then who and when, as in every command
    state: Runs, run_id: str, step_id: str, digest: str, actor: str, now_ms: int
) -> tuple[Fact, ...]:
    """Say yes to the action of *digest*.

    Raises:
        TransitionError: not asked, already decided (says by whom), expired, another digest, or the
            same person who asked.
    """
    run = _answerable(state, (run_id, step_id), digest, Speaker(actor, now_ms))
    payload: Payload = {"run_id": run_id, "step_id": step_id, "digest": digest}
    return (_fact("ApprovalGiven", run, step_id, payload, Speaker(actor, now_ms)),)


def refuse(  # noqa: PLR0917 - as above
    state: Runs, run_id: str, step_id: str, digest: str, actor: str, now_ms: int, text: str = ""
) -> tuple[Fact, ...]:
    """Say no to the action of *digest*.

    Raises:
        TransitionError: as for :func:`approve`.
    """
    run = _answerable(state, (run_id, step_id), digest, Speaker(actor, now_ms))
    payload: Payload = {"run_id": run_id, "step_id": step_id, "text": text}
    return (_fact("ApprovalRefused", run, step_id, payload, Speaker(actor, now_ms)),)


def _answerable(state: Runs, where: tuple[str, str], digest: str, by: Speaker) -> RunView:
    run_id, step_id = where
    run = state.runs.get(run_id)
    view = None if run is None else run.steps.get(step_id)
    if run is None or view is None or not view.roles:
        raise TransitionError(f"nothing is asked in step {shortened(step_id)} of run {shortened(run_id)}")
    if view.state is not StepState.ASKED:
        raise TransitionError(f"already {_WORDS[view.state]} by {view.actor} at {iso_ms(view.at_ms)}")
    if run.outcome is not None:
        raise TransitionError(f"the run {run.outcome}: {run.text}")
    _in_time(view, by.now_ms)
    if digest != view.digest:
        raise TransitionError(f"what is asked has the digest {view.digest}, not {shortened(digest)}")
    if not by.actor.startswith("user:") or by.actor == run.started_by:
        raise TransitionError(f"{by.actor} may not answer what {run.started_by} asks: another person has to")
    return run


def _in_time(view: StepView, now_ms: int) -> None:
    if view.due_ms is not None and now_ms >= view.due_ms:
        raise TransitionError(f"expired at {iso_ms(view.due_ms)}")


def _fact(type_: str, run: RunView, step_id: str, payload: Payload, by: Speaker) -> Fact:
    return said(type_, (run.id, step_id), payload, (run.agency, run.exercise), by)


_WORDS = {StepState.DONE: "approved", StepState.REFUSED: "refused", StepState.EXPIRED: "expired, said"}
