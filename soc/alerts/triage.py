"""Triage: what people do with alerts, as facts; or why it can no longer be done, and who was first."""

from soc.alerts.lifecycle import Act, after
from soc.alerts.saying import About, Speaker, said
from soc.alerts.state import Alerts, AlertView
from soc.kernel.clock import iso_ms
from soc.kernel.errors import SocError, shortened
from soc.kernel.ids import digest
from soc.ledger.fact import Fact, Payload
from soc.model.alert import CloseReason


class TransitionError(SocError):
    """An alert is not, or no longer, where this can be done to it."""


def acknowledge(state: Alerts, alert_id: str, actor: str, now_ms: int) -> tuple[Fact, ...]:
    """Take note of a new alert, and take it."""
    by = Speaker(actor, now_ms)
    view = _able(state, alert_id, Act.ACKNOWLEDGE)
    return _fact(view, Act.ACKNOWLEDGE, by), _fact(view, Act.ASSIGN, by, assignee=actor)


def assign(state: Alerts, alert_id: str, actor: str, now_ms: int, assignee: str) -> tuple[Fact, ...]:
    """Give an alert to *assignee* (an actor)."""
    return _done(state, alert_id, Act.ASSIGN, Speaker(actor, now_ms), assignee=assignee)


def start(state: Alerts, alert_id: str, actor: str, now_ms: int) -> tuple[Fact, ...]:
    """Begin to work on an alert."""
    return _done(state, alert_id, Act.START, Speaker(actor, now_ms))


def contain(state: Alerts, alert_id: str, actor: str, now_ms: int) -> tuple[Fact, ...]:
    """Say that the attacker can do no more."""
    return _done(state, alert_id, Act.CONTAIN, Speaker(actor, now_ms))


def comment(state: Alerts, alert_id: str, actor: str, now_ms: int, text: str) -> tuple[Fact, ...]:
    """Write *text* beside an alert."""
    comment_id = digest("comment", alert_id, actor, str(now_ms), text)
    return _done(state, alert_id, Act.COMMENT, Speaker(actor, now_ms), comment_id=comment_id, text=text)


def close(  # noqa: PLR0917 - every command begins with the same four
    state: Alerts, alert_id: str, actor: str, now_ms: int, reason: CloseReason, text: str = ""
) -> tuple[Fact, ...]:
    """End the work on an alert, and say why."""
    return _done(state, alert_id, Act.CLOSE, Speaker(actor, now_ms), reason=reason.value, text=text)


def reopen(state: Alerts, alert_id: str, actor: str, now_ms: int, text: str = "") -> tuple[Fact, ...]:
    """Take up a closed alert again, and take it."""
    by = Speaker(actor, now_ms)
    view = _able(state, alert_id, Act.REOPEN)
    return _fact(view, Act.REOPEN, by, text=text), _fact(view, Act.ASSIGN, by, assignee=actor)


def _done(state: Alerts, alert_id: str, act: Act, by: Speaker, **payload: str) -> tuple[Fact, ...]:
    return (_fact(_able(state, alert_id, act), act, by, **payload),)


def _able(state: Alerts, alert_id: str, act: Act) -> AlertView:
    view = state.alerts.get(alert_id)
    if view is None:
        raise TransitionError(f"no alert {shortened(alert_id)}")
    if view.retracted is not None and act is not Act.COMMENT:
        where = f"; it went on as alert {view.successor}" if view.successor else ""
        raise TransitionError(f"alert {alert_id} was taken back: {view.retracted}{where}")
    if after(view.state, act) is None:
        last = next(moment for moment in reversed(view.history) if moment.type not in _MOVES_NOTHING)
        raise TransitionError(
            f"alert {alert_id} is {view.state}: {last.type} by {last.actor} at {iso_ms(last.at_ms)}"
        )
    return view


def _fact(view: AlertView, act: Act, by: Speaker, **payload: str) -> Fact:
    """Return the fact; the length of the history tells the second closing from the first."""
    members: Payload = {"alert_id": view.id, **payload}
    parts = (view.id, str(len(view.history)), by.actor)
    return said(act.value, parts, members, About(view.agency, view.exercise), by)


_MOVES_NOTHING = frozenset({Act.ASSIGN.value, Act.COMMENT.value})
