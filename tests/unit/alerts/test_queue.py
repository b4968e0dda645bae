import msgspec
from support.episodes import CORRELATOR, T0, episode, folded, heading

from soc.alerts import triage
from soc.alerts.queue import queue
from soc.alerts.raising import raised
from soc.alerts.saying import alert_id
from soc.alerts.state import Alerts
from soc.model.alert import CloseReason, Severity
from soc.model.identity import Scope, province


def agency(name: str) -> Scope:
    return msgspec.structs.replace(province(None), agencies=frozenset({name}))


def waiting() -> Alerts:
    state = Alerts()
    for name, level, age in (
        ("late", Severity.HIGH, 5),
        ("early", Severity.HIGH, 9),
        ("worst", Severity.CRITICAL, 1),
    ):
        by = msgspec.structs.replace(CORRELATOR, now_ms=T0 - age)
        state = folded(raised(episode(name), heading(level), by, silent=False), state)
    return state


def names(state: Alerts, scope: Scope) -> list[str]:
    return [view.episode_id for view in queue(state, scope)]


def test_the_worst_stands_first_then_the_oldest() -> None:
    assert names(waiting(), province(None)) == ["worst", "early", "late"]


def test_closed_alerts_leave_the_queue() -> None:
    state = waiting()
    state = folded(triage.close(state, alert_id("early"), "user:lan", T0, CloseReason.DUPLICATE), state)
    assert names(state, province(None)) == ["worst", "late"]


def test_an_agency_sees_its_own_and_nothing_of_others() -> None:
    assert names(waiting(), agency("so-yte")) == ["worst", "early", "late"]
    assert names(waiting(), agency("xa-tan-phu")) == []


def test_what_joins_agencies_is_seen_by_those_that_take_part() -> None:
    state = folded(raised(episode("joint", agency=None), heading(), CORRELATOR, silent=False))
    assert names(state, agency("xa-tan-phu")) == ["joint"]
    assert names(state, agency("so-tai-chinh")) == []
    assert names(state, province(None)) == ["joint"]


def test_an_exercise_and_the_live_queue_never_mix() -> None:
    state = folded(raised(episode("drill", exercise="dt-1"), heading(), CORRELATOR, silent=False), waiting())
    assert "drill" not in names(state, province(None))
    assert names(state, province("dt-1")) == ["drill"]
