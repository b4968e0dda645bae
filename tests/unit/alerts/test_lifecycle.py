from collections.abc import Callable

import pytest
from support.episodes import T0, folded, one_alert

from soc.alerts import triage
from soc.alerts.lifecycle import TRANSITIONS, Act, after
from soc.alerts.state import Alerts
from soc.alerts.triage import TransitionError
from soc.ledger.fact import Fact
from soc.model.alert import AlertState, CloseReason

NEXT: dict[AlertState, dict[Act, AlertState]] = {
    AlertState.NEW: {
        Act.ACKNOWLEDGE: AlertState.ACKNOWLEDGED,
        Act.START: AlertState.IN_PROGRESS,
        Act.CONTAIN: AlertState.CONTAINED,
        Act.CLOSE: AlertState.CLOSED,
    },
    AlertState.ACKNOWLEDGED: {
        Act.START: AlertState.IN_PROGRESS,
        Act.CONTAIN: AlertState.CONTAINED,
        Act.CLOSE: AlertState.CLOSED,
    },
    AlertState.IN_PROGRESS: {Act.CONTAIN: AlertState.CONTAINED, Act.CLOSE: AlertState.CLOSED},
    AlertState.CONTAINED: {Act.CLOSE: AlertState.CLOSED},
    AlertState.CLOSED: {Act.REOPEN: AlertState.IN_PROGRESS},
}
"""The ways written out a second time, without the acts that move nothing."""

ACTS: dict[Act, Callable[[Alerts, str], tuple[Fact, ...]]] = {
    Act.ACKNOWLEDGE: lambda state, alert: triage.acknowledge(state, alert, "user:lan", T0),
    Act.ASSIGN: lambda state, alert: triage.assign(state, alert, "user:lan", T0, "user:minh"),
    Act.START: lambda state, alert: triage.start(state, alert, "user:lan", T0),
    Act.CONTAIN: lambda state, alert: triage.contain(state, alert, "user:lan", T0),
    Act.COMMENT: lambda state, alert: triage.comment(state, alert, "user:lan", T0, "đã xem"),
    Act.CLOSE: lambda state, alert: triage.close(
        state, alert, "user:lan", T0, CloseReason.FALSE_POSITIVE, "máy quét"
    ),
    Act.REOPEN: lambda state, alert: triage.reopen(state, alert, "user:lan", T0, "lại thấy"),
}
WAY: dict[AlertState, tuple[Act, ...]] = {
    AlertState.NEW: (),
    AlertState.ACKNOWLEDGED: (Act.ACKNOWLEDGE,),
    AlertState.IN_PROGRESS: (Act.START,),
    AlertState.CONTAINED: (Act.CONTAIN,),
    AlertState.CLOSED: (Act.CLOSE,),
}


def expected(state: AlertState, act: Act) -> AlertState | None:
    if act is Act.COMMENT or (act is Act.ASSIGN and state is not AlertState.CLOSED):
        return state
    return NEXT[state].get(act)


@pytest.mark.parametrize("state", AlertState)
@pytest.mark.parametrize("act", Act)
def test_every_cell_of_the_table_is_as_drawn(state: AlertState, act: Act) -> None:
    assert after(state, act) == expected(state, act)


@pytest.mark.parametrize("state", AlertState)
@pytest.mark.parametrize("act", Act)
def test_every_cell_is_what_the_command_does(state: AlertState, act: Act) -> None:
    alerts, alert = one_alert()
    for step in WAY[state]:
        alerts = folded(ACTS[step](alerts, alert), alerts)
    assert alerts.alerts[alert].state is state
    reached = expected(state, act)
    if reached is None:
        with pytest.raises(TransitionError, match=r"by user:lan|AlertRaised by machine:correlator"):
            ACTS[act](alerts, alert)
    else:
        facts = ACTS[act](alerts, alert)
        assert facts[0].type == act.value
        assert folded(facts, alerts).alerts[alert].state is reached


def test_no_state_is_a_dead_end_and_every_state_is_reached() -> None:
    reached = {state for (before, _), state in TRANSITIONS.items() if state is not before}
    assert reached == set(AlertState) - {AlertState.NEW}
    assert {before for (before, _), state in TRANSITIONS.items() if state is not before} == set(AlertState)
