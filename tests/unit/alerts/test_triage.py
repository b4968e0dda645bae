import pytest
from support.episodes import CORRELATOR, T0, episode, folded, heading, one_alert

from soc.alerts import triage
from soc.alerts.raising import raised, retracted
from soc.alerts.saying import Speaker
from soc.alerts.state import AlertsFold
from soc.alerts.triage import TransitionError
from soc.kernel.clock import ManualClock, from_ms
from soc.model.alert import AlertState, CloseReason
from soc.pipeline.recorder import Recorder
from soc.stores.memory_log import MemoryLog


def test_acknowledging_assigns_to_who_did_it() -> None:
    alerts, alert = one_alert()
    alerts = folded(triage.acknowledge(alerts, alert, "user:lan", T0), alerts)
    assert alerts.alerts[alert].assignee == "user:lan"


async def test_of_two_analysts_at_once_the_second_is_told_who_was_first() -> None:
    clock, log, fold = ManualClock(from_ms(T0)), MemoryLog(), AlertsFold()
    lan, minh = Recorder(log, (fold,), clock), Recorder(log, (AlertsFold(),), clock)
    _, alert = one_alert()
    facts = raised(episode(), heading(), Speaker("machine:correlator", T0), silent=False)
    await lan.decide(lambda: facts)
    await minh.start()
    await lan.decide(lambda: triage.acknowledge(lan.state(fold), alert, "user:lan", clock.now_ms()))
    with pytest.raises(TransitionError, match=r"acknowledged.*user:lan at 2026-01-01T00:00:00\.000Z"):
        await minh.decide(lambda: triage.acknowledge(minh.state(fold), alert, "user:minh", clock.now_ms()))
    assert minh.state(fold).alerts[alert].assignee == "user:lan"


def test_reopening_forgets_the_reason_and_gives_the_alert_to_who_reopened() -> None:
    alerts, alert = one_alert()
    alerts = folded(
        triage.close(alerts, alert, "user:lan", T0, CloseReason.FALSE_POSITIVE, "máy quét"), alerts
    )
    assert alerts.alerts[alert].reason is CloseReason.FALSE_POSITIVE
    alerts = folded(triage.reopen(alerts, alert, "user:minh", T0 + 1, "lại thấy"), alerts)
    view = alerts.alerts[alert]
    assert (view.state, view.reason, view.assignee) == (AlertState.IN_PROGRESS, None, "user:minh")


def test_the_second_closing_is_another_fact_than_the_first() -> None:
    alerts, alert = one_alert()
    first = triage.close(alerts, alert, "user:lan", T0, CloseReason.DUPLICATE)
    alerts = folded(first, alerts)
    alerts = folded(triage.reopen(alerts, alert, "user:lan", T0), alerts)
    second = triage.close(alerts, alert, "user:lan", T0, CloseReason.DUPLICATE)
    assert first[0].id != second[0].id


def test_a_comment_is_kept_with_its_writer_and_stands_in_the_history() -> None:
    alerts, alert = one_alert()
    view = folded(triage.comment(alerts, alert, "user:lan", T0 + 7, "đã gọi"), alerts).alerts[alert]
    assert [(c.actor, c.at_ms, c.text) for c in view.comments] == [("user:lan", T0 + 7, "đã gọi")]
    assert [moment.type for moment in view.history] == ["AlertRaised", "AlertCommented"]


def test_an_alert_that_was_taken_back_takes_only_comments() -> None:
    alerts, alert = one_alert()
    alerts = folded(retracted(alerts, "e1", "its members left", None, CORRELATOR), alerts)
    with pytest.raises(TransitionError, match="taken back: its members left"):
        triage.acknowledge(alerts, alert, "user:lan", T0)
    assert triage.comment(alerts, alert, "user:lan", T0, "vì sao?")


def test_an_alert_that_does_not_exist_is_said_so() -> None:
    alerts, _ = one_alert()
    with pytest.raises(TransitionError, match="no alert 'nope'"):
        triage.start(alerts, "nope", "user:lan", T0)
