import msgspec
import pytest
from support.playing import HOUR_MS, T0, Play, campaign, subject

from soc.response.approvals import TransitionError, approve, refuse
from soc.response.runs import Pending


def asked() -> tuple[Play, Pending]:
    play = Play(campaign(), subject())
    play.go()
    (pending,) = play.state.pending(T0)
    return play, pending


def test_what_is_asked_is_shown_exactly_with_its_deadline_and_roles() -> None:
    _, pending = asked()
    assert pending.command["args"]["indicator"] == "203.0.113.9"
    assert pending.command["args"]["tlp"] == "amber+strict"
    assert (pending.deadline_ms, pending.roles) == (T0 + 4 * HOUR_MS, ("analyst", "lead"))


def test_another_digest_is_refused() -> None:
    play, pending = asked()
    with pytest.raises(TransitionError, match=f"has the digest {pending.digest}, not 'other'"):
        approve(play.state, pending.run_id, pending.step_id, "other", "user:lan", T0)


def test_the_second_who_approves_is_told_who_did() -> None:
    play, pending = asked()
    play.write(*approve(play.state, pending.run_id, pending.step_id, pending.digest, "user:lan", T0))
    with pytest.raises(TransitionError, match="already approved by user:lan at 2026-01-01"):
        approve(play.state, pending.run_id, pending.step_id, pending.digest, "user:minh", T0 + 1)


def test_who_approves_after_a_refusal_is_told_who_refused() -> None:
    play, pending = asked()
    play.write(*refuse(play.state, pending.run_id, pending.step_id, pending.digest, "user:lan", T0, "sai"))
    with pytest.raises(TransitionError, match="already refused by user:lan"):
        approve(play.state, pending.run_id, pending.step_id, pending.digest, "user:minh", T0 + 1)


def test_nobody_approves_after_the_deadline_even_before_the_machine_noticed() -> None:
    play, pending = asked()
    with pytest.raises(TransitionError, match="expired at 2026-01-01T04"):
        approve(play.state, pending.run_id, pending.step_id, pending.digest, "user:lan", pending.deadline_ms)
    assert play.state.pending(pending.deadline_ms) == []


@pytest.mark.parametrize("actor", ["machine:responder", "playbook:r1"])
def test_no_machine_approves(actor: str) -> None:
    play, pending = asked()
    with pytest.raises(TransitionError, match="another person"):
        approve(play.state, pending.run_id, pending.step_id, pending.digest, actor, T0)


def test_who_started_a_run_does_not_approve_it() -> None:
    play, pending = asked()
    (run,) = play.state.runs.values()
    play.state.runs[run.id] = msgspec.structs.replace(run, started_by="user:lan")
    with pytest.raises(TransitionError, match="another person"):
        approve(play.state, pending.run_id, pending.step_id, pending.digest, "user:lan", T0)
    assert approve(play.state, pending.run_id, pending.step_id, pending.digest, "user:minh", T0)


def test_what_is_not_asked_cannot_be_answered() -> None:
    play, pending = asked()
    for run_id, step_id in (("nope", pending.step_id), (pending.run_id, "nope")):
        with pytest.raises(TransitionError, match="nothing is asked"):
            refuse(play.state, run_id, step_id, pending.digest, "user:lan", T0)
