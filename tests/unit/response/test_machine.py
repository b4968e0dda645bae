from collections import Counter

import msgspec
import pytest
from support.playing import HOUR_MS, T0, Play, campaign, subject

from soc.ledger.fact import Fact
from soc.response import machine
from soc.response.approvals import approve
from soc.response.runs import Outcome, Runs, RunsFold, StepState

ENRICH, ASK, REPORT = "Thu thập bối cảnh", "Xin duyệt báo cáo", "Báo cáo trung tâm quốc gia"


def played() -> Play:
    play = Play(campaign(), subject())
    play.to_the_end()
    return play


def test_a_run_enriches_asks_reports_and_ends_with_its_receipt() -> None:
    play = played()
    assert [fact.type for fact in play.facts] == [
        "RunStarted",
        "StepStarted",
        "StepDone",
        "ApprovalAsked",
        "ApprovalGiven",
        "StepStarted",
        "ReportQueued",
        "ReportReceipted",
        "StepDone",
        "RunEnded",
    ]
    assert play.run.outcome is Outcome.SUCCEEDED
    assert play.commands[-1].args["agencies"] == "so-yte, xa-tan-phu"
    assert play.commands[-1].args["layers"] == "1, 2, 4"


@pytest.mark.parametrize("length", range(11))
def test_a_run_cut_after_any_fact_goes_on_to_exactly_one_report(length: int) -> None:
    whole = played()
    assert len(whole.facts) == 10
    play = Play(campaign(), subject(), whole.facts[:length])
    play.to_the_end()
    assert play.run.outcome is Outcome.SUCCEEDED
    assert play.reports() == whole.reports()
    assert len(play.reports()) == 1
    assert Counter(fact.id for fact in play.facts) == Counter(fact.id for fact in whole.facts)


def test_a_command_that_may_have_had_its_effect_is_given_again_under_the_same_key() -> None:
    play = Play(campaign(), subject())
    play.go()
    play.write(*_approved(play))
    play.go(carry_out=False)
    first = machine.move(play.run, play.playbook, play.by).command
    resumed = Play(campaign(), subject(), play.facts, now_ms=T0 + 5)
    again = machine.move(resumed.run, resumed.playbook, resumed.by).command
    assert first is not None
    assert first == again


def test_a_step_is_in_the_ledger_before_its_command_is_given() -> None:
    play = Play(campaign(), subject())
    play.write(machine.begin(play.playbook, play.subject, play.by))
    move = machine.move(play.run, play.playbook, play.by)
    assert [fact.type for fact in move.facts] == ["StepStarted"]
    assert move.command is None


def test_one_layer_of_one_agency_is_not_reported() -> None:
    play = Play(campaign(), subject(layers=(subject().layers[0],), agencies=("so-yte",)))
    play.to_the_end()
    assert play.run.outcome is Outcome.SUCCEEDED
    assert not play.reports()


def test_a_refusal_ends_the_run_without_a_report() -> None:
    play = Play(campaign(), subject())
    play.go()
    play.answer(yes=False)
    assert play.run.outcome is Outcome.REFUSED
    assert not play.reports()


def test_silence_is_no_approval() -> None:
    play = Play(campaign(), subject())
    play.go()
    play.later(4 * HOUR_MS - 1)
    assert play.state.pending(play.now_ms)
    play.later(1)
    assert play.run.outcome is Outcome.FAILED
    assert play.run.steps[play.step_id(ASK)].state is StepState.EXPIRED
    assert not play.reports()


def test_a_report_refused_by_the_centre_fails_for_good_and_says_why() -> None:
    play = Play(campaign(), subject())
    play.go()
    play.answer(yes=True)
    play.refusal()
    assert play.run.outcome is Outcome.FAILED
    assert "422 no such asset" in play.run.text


def test_a_report_without_receipt_is_tried_again_under_its_key_and_then_given_up() -> None:
    play = Play(campaign(), subject())
    play.go()
    play.answer(yes=True)
    step = play.step_id(REPORT)
    attempts = []
    while play.run.outcome is None:
        attempts.append(play.run.steps[step].attempt)
        wake = play.run.wake_ms
        assert wake is not None
        play.later(wake - play.now_ms)
    assert attempts == [1, 1, 2, 2, 3, 3, 4, 4, 5]
    assert len({(f.payload or {})["key"] for f in play.facts if f.type == "StepStarted"}) == 2
    assert len(play.reports()) == 1
    assert play.run.outcome is Outcome.FAILED


def test_a_retry_waits_twice_as_long_each_time() -> None:
    step = Play(campaign(), subject()).step(ENRICH)
    assert [machine.retry_at(step, attempt, 0) for attempt in (1, 2, 3)] == [5000, 10_000, None]


def test_a_run_past_its_deadline_ends() -> None:
    play = Play(campaign(), subject())
    play.go()
    play.now_ms = T0 + 24 * HOUR_MS
    play.go()
    assert play.run.text == "the run's deadline has passed"


def test_a_run_whose_playbook_changed_ends_rather_than_guess() -> None:
    play = Play(campaign(), subject())
    play.go()
    changed = play.playbook.model_copy(update={"name": "khác"})
    move = machine.move(play.run, changed, play.by)
    assert move.facts[0].payload is not None
    assert move.facts[0].payload["outcome"] == "failed"


def test_what_was_not_approved_in_these_very_words_is_not_carried_out() -> None:
    play = Play(campaign(), subject())
    play.go()
    asked = play.step_id(ASK)
    view = msgspec.structs.replace(play.run.steps[asked], state=StepState.DONE, digest="0" * 32)
    run = msgspec.structs.replace(play.run, steps={**play.run.steps, asked: view})
    (ended,) = machine.move(run, play.playbook, play.by).facts
    assert ended.payload is not None
    assert "is not what was approved" in ended.payload["text"]


def test_two_versions_of_one_playbook_have_one_run_of_an_alert() -> None:
    playbook = campaign()
    changed = playbook.model_copy(update={"name": "khác"})
    assert playbook.version != changed.version
    assert machine.run_id(playbook, "a1") == machine.run_id(changed, "a1")
    assert machine.run_id(playbook, "a1") != machine.run_id(playbook, "a2")


@pytest.mark.parametrize("length", range(11))
def test_runs_dumped_after_any_fact_are_loaded_the_same(length: int) -> None:
    fold, state = RunsFold(), Runs()
    for fact in played().facts[:length]:
        state = fold.apply(state, fact)
    assert fold.load(fold.dump(state)) == state


def test_facts_about_runs_that_are_not_known_change_nothing() -> None:
    state = Runs()
    for fact in played().facts[1:]:
        state = RunsFold().apply(state, fact)
    assert state == Runs()


def _approved(play: Play) -> tuple[Fact, ...]:
    (asked,) = play.state.pending(play.now_ms)
    return approve(play.state, asked.run_id, asked.step_id, asked.digest, "user:lan", play.now_ms)
