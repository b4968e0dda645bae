from typing import Any

import msgspec

from soc.ledger.fact import Fact, fact_id
from soc.response.outbox import Outbox, OutboxFold

FOLD = OutboxFold()


def fact(type_: str, about: str, at_ms: int = 0, exercise: str | None = None, **payload: Any) -> Fact:
    return Fact(
        type=type_,
        version=1,
        id=fact_id(type_, about),
        at_ms=at_ms,
        actor="machine:reporter",
        agency=None,
        exercise=exercise,
        collector=None,
        payload=payload,
    )


def queued(report_id: str, at_ms: int = 0, exercise: str | None = None) -> Fact:
    members = {
        "kind": "initial",
        "incident_id": "incident--1",
        "alert_id": "a",
        "run_id": "r",
        "step_id": "s",
    }
    return fact(
        "ReportQueued", report_id, at_ms, exercise, report_id=report_id, body="{}", sha256="0", **members
    )


def receipted(report_id: str) -> Fact:
    return fact(
        "ReportReceipted", report_id, report_id=report_id, receipt_id="R", received_at="t", sha256="0"
    )


def refused(report_id: str) -> Fact:
    return fact("ReportRefused", report_id, report_id=report_id, why="no marking")


def warned(message_id: str, at_ms: int = 0) -> Fact:
    return fact("WarningReceived", message_id, at_ms, message_id=message_id, body="{}")


def folded(*facts: Fact) -> Outbox:
    state = FOLD.initial()
    for one in facts:
        state = FOLD.apply(state, one)
    return state


def test_what_is_queued_waits_oldest_first() -> None:
    state = folded(queued("b", 2), queued("a", 1, "run-1"))
    assert [(r.report_id, r.exercise) for r in state.waiting()] == [("a", "run-1"), ("b", None)]


def test_a_receipt_or_a_refusal_ends_the_wait() -> None:
    state = folded(queued("a"), queued("b"), queued("c"), receipted("a"), refused("b"))
    assert [report.report_id for report in state.waiting()] == ["c"]
    assert (state.reports["a"].receipt_id, state.reports["a"].received_at) == ("R", "t")
    assert state.reports["b"].refused == "no marking"
    assert state.receipted == 1


def test_the_state_at_the_centre_is_kept_beside_the_report() -> None:
    seen = fact("ReportStateSeen", "a", report_id="a", state="acknowledged", case_no="VN-7")
    report = folded(queued("a"), receipted("a"), seen).reports["a"]
    assert (report.state, report.case_no) == ("acknowledged", "VN-7")


def test_the_newest_message_and_when_each_came_are_known() -> None:
    state = folded(warned("m1", 5), warned("m2", 9))
    assert state.last_message == "m2"
    assert state.warnings == {"m1": 5, "m2": 9}


def test_what_was_erased_or_is_about_nothing_known_changes_nothing() -> None:
    erased = [
        msgspec.structs.replace(one, payload=None)
        for one in (queued("a"), receipted("a"), refused("a"), warned("m"))
    ]
    assert folded(*erased, receipted("gone"), refused("gone"), fact("AlertRaised", "x")) == FOLD.initial()


def test_a_saved_outbox_goes_on_where_it_stood() -> None:
    state = folded(queued("a"), queued("b"), receipted("a"), warned("m"))
    assert FOLD.load(FOLD.dump(state)) == state
