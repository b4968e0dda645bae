"""The folded state of alerts: every alert as people see it, and the episodes that stand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypedDict

import msgspec

from soc.alerts.lifecycle import Act, after
from soc.alerts.saying import alert_id
from soc.ledger.fact import Fact, Payload
from soc.model.alert import AlertState, CloseReason, Severity
from soc.model.episode import Episode
from soc.model.identity import Layer


class Moment(NamedTuple):
    """One line of an alert's history."""

    at_ms: int
    actor: str
    type: str
    """Of the fact."""
    text: str


class Comment(NamedTuple):
    """What somebody wrote."""

    id: str
    at_ms: int
    actor: str
    text: str


class AlertView(msgspec.Struct, frozen=True):
    """One alert as it stands."""

    id: str
    episode_id: str
    rule_id: str
    rule_version: str
    title: str
    level: Severity
    agency: str | None
    """None: the rule joins agencies."""
    exercise: str | None
    group: tuple[tuple[str, str], ...]
    first_at_ms: int
    last_at_ms: int
    raised_at_ms: int
    count: int
    layers: tuple[Layer, ...]
    agencies: tuple[str, ...]
    state: AlertState = AlertState.NEW
    assignee: str | None = None
    """An actor, e.g. ``user:lan``."""
    reason: CloseReason | None = None
    """Why it is closed."""
    comments: tuple[Comment, ...] = ()
    history: tuple[Moment, ...] = ()
    """Oldest first."""
    retracted: str | None = None
    """Why the machine took it back; None while it stands."""
    successor: str | None = None
    """Id of the alert that took its place."""

    @property
    def open(self) -> bool:
        """Return whether somebody still has to do something about it."""
        return self.retracted is None and self.state is not AlertState.CLOSED


@dataclass(slots=True)
class Alerts:
    """The folded state."""

    alerts: dict[str, AlertView] = field(default_factory=dict)
    episodes: dict[str, Episode] = field(default_factory=dict)
    """Standing ones, at the latest revision that was written."""
    written_ms: dict[str, int] = field(default_factory=dict)
    """Standing episode → when that revision was written."""
    withdrawn: dict[str, int] = field(default_factory=dict)
    """Episode → how often it was retracted; it may come to stand again."""


class AlertsFold:
    """Facts → alerts. A fact about an alert that is not known changes nothing."""

    name = "alerts"
    version = 1

    def initial(self) -> Alerts:
        """Return the state without alerts."""
        return Alerts()

    def apply(self, state: Alerts, fact: Fact) -> Alerts:
        """Return *state* after *fact*."""
        step = _STEPS.get(fact.type)
        if step is not None and fact.payload is not None:
            step(state, fact, fact.payload)
        return state

    def dump(self, state: Alerts) -> bytes:
        """Return *state* as bytes."""
        return msgspec.msgpack.encode(state)

    def load(self, data: bytes) -> Alerts:
        """Return the state in *data*."""
        return msgspec.msgpack.decode(data, type=Alerts)


def _episode_stands(state: Alerts, fact: Fact, payload: Payload) -> None:
    episode = msgspec.convert(payload["episode"], Episode)
    state.episodes[episode.id] = episode
    state.written_ms[episode.id] = fact.at_ms
    view = state.alerts.get(alert_id(episode.id))
    if view is not None:
        state.alerts[view.id] = msgspec.structs.replace(view, **_measures(episode))


def _episode_gone(state: Alerts, _fact: Fact, payload: Payload) -> None:
    episode_id = payload["episode_id"]
    if state.episodes.pop(episode_id, None) is not None:
        state.written_ms.pop(episode_id, None)
        state.withdrawn[episode_id] = state.withdrawn.get(episode_id, 0) + 1


def _raised(state: Alerts, fact: Fact, payload: Payload) -> None:
    """Begin the alert; one that was taken back stands again with all that was done to it."""
    known = state.alerts.get(payload["alert_id"])
    if known is not None:
        state.alerts[known.id] = _told(known, fact, "", retracted=None, successor=None)
        return
    episode = state.episodes.get(payload["episode_id"])
    if episode is None:
        return
    view = AlertView(
        id=payload["alert_id"],
        episode_id=episode.id,
        rule_id=payload["rule_id"],
        rule_version=payload["rule_version"],
        title=payload["title"],
        level=Severity(payload["level"]),
        agency=payload["agency"],
        exercise=fact.exercise,
        group=tuple((name, value) for name, value in payload["group"]),
        raised_at_ms=fact.at_ms,
        **_measures(episode),
    )
    state.alerts[view.id] = _told(view, fact, "")


def _retracted(state: Alerts, fact: Fact, payload: Payload) -> None:
    view = state.alerts.get(payload["alert_id"])
    if view is not None:
        state.alerts[view.id] = _told(view, fact, payload["why"], retracted=payload["why"])


def _moved(state: Alerts, fact: Fact, payload: Payload) -> None:
    """Point to the successor, and let it inherit what people did, unless they did more to it already."""
    view, heir = state.alerts.get(payload["alert_id"]), state.alerts.get(payload["successor"])
    if view is None:
        return
    state.alerts[view.id] = _told(view, fact, "", retracted=_MOVED, successor=payload["successor"])
    if heir is None:
        return
    comments = tuple(sorted({*heir.comments, *view.comments}, key=lambda comment: comment.at_ms))
    heir = _told(heir, fact, view.id, comments=comments)
    if heir.state is AlertState.NEW and view.state is not AlertState.CLOSED:
        heir = msgspec.structs.replace(heir, state=view.state, assignee=heir.assignee or view.assignee)
    state.alerts[heir.id] = heir


def _acted(state: Alerts, fact: Fact, payload: Payload) -> None:
    view = state.alerts.get(payload["alert_id"])
    act = Act(fact.type)
    reached = None if view is None else after(view.state, act)
    if view is None or reached is None:
        return
    told = _told(view, fact, payload.get("text") or payload.get("assignee") or "", state=reached)
    match act:
        case Act.ASSIGN:
            told = msgspec.structs.replace(told, assignee=payload["assignee"])
        case Act.CLOSE:
            told = msgspec.structs.replace(told, reason=CloseReason(payload["reason"]))
        case Act.REOPEN:
            told = msgspec.structs.replace(told, reason=None)
        case Act.COMMENT:
            comment = Comment(payload["comment_id"], fact.at_ms, fact.actor, payload["text"])
            told = msgspec.structs.replace(told, comments=(*view.comments, comment))
        case Act.ACKNOWLEDGE | Act.START | Act.CONTAIN:
            pass
    state.alerts[view.id] = told


def _told(view: AlertView, fact: Fact, text: str, **changed: object) -> AlertView:
    history = (*view.history, Moment(fact.at_ms, fact.actor, fact.type, text))
    return msgspec.structs.replace(view, history=history, **changed)


class _Measures(TypedDict):
    """What an alert shows of its episode."""

    first_at_ms: int
    last_at_ms: int
    count: int
    layers: tuple[Layer, ...]
    agencies: tuple[str, ...]


def _measures(episode: Episode) -> _Measures:
    return _Measures(
        first_at_ms=episode.first_at_ms,
        last_at_ms=episode.last_at_ms,
        count=episode.count,
        layers=episode.layers,
        agencies=episode.agencies,
    )


_MOVED = "joined with another"
_STEPS: Final[Mapping[str, Callable[[Alerts, Fact, Payload], None]]] = {
    "EpisodeRaised": _episode_stands,
    "EpisodeRevised": _episode_stands,
    "EpisodeRetracted": _episode_gone,
    "AlertRaised": _raised,
    "AlertRetracted": _retracted,
    "AlertMoved": _moved,
    **dict.fromkeys(Act, _acted),
}
