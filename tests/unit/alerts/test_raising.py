import msgspec
from support.episodes import CORRELATOR, T0, episode, folded, heading, one_alert

from soc.alerts import triage
from soc.alerts.raising import raised, retracted, revised
from soc.alerts.saying import Speaker, alert_id
from soc.alerts.state import Alerts
from soc.model.alert import AlertState, CloseReason, Severity
from soc.model.episode import Episode
from soc.model.identity import Layer


def later(seconds: int) -> Speaker:
    return msgspec.structs.replace(CORRELATOR, now_ms=T0 + seconds * 1000)


def written(state: Alerts, now: Episode, seconds: int) -> bool:
    return bool(revised(state, now, "grown", later(seconds)))


def changed(**more: object) -> Episode:
    return msgspec.structs.replace(episode(), revision=1, **more)


def test_an_alert_stands_from_its_episode_with_its_rule_s_words() -> None:
    alerts, alert = one_alert()
    view = alerts.alerts[alert]
    assert (view.title, view.level, view.agency) == ("Guessing", Severity.HIGH, "so-yte")
    assert (view.count, view.layers, view.group) == (4, (Layer.MONITORING,), (("src_ip", "203.0.113.9"),))
    assert (view.state, view.raised_at_ms) == (AlertState.NEW, T0)


def test_a_silent_rule_raises_an_episode_and_no_alert() -> None:
    alerts = folded(raised(episode(), heading(), CORRELATOR, silent=True))
    assert alerts.episodes
    assert not alerts.alerts


def test_the_same_episode_raised_twice_is_the_same_facts() -> None:
    first = raised(episode(), heading(), CORRELATOR, silent=False)
    second = raised(episode(), heading(), later(60), silent=False)
    assert [fact.id for fact in first] == [fact.id for fact in second]


def test_a_new_layer_and_a_doubled_count_are_written_at_once() -> None:
    alerts, _ = one_alert()
    assert written(alerts, changed(layers=(Layer.MONITORING, Layer.NATIONAL)), 1)
    assert written(alerts, changed(count=8), 1)
    assert not written(alerts, changed(count=7), 3600)


def test_lost_members_are_written_at_once() -> None:
    alerts, _ = one_alert()
    assert written(alerts, changed(count=3), 1)


def test_times_that_moved_are_written_once_a_minute() -> None:
    alerts, _ = one_alert()
    grown = changed(last_at_ms=T0 + 1, count=5)
    assert not written(alerts, grown, 59)
    assert written(alerts, grown, 60)
    alerts = folded(revised(alerts, grown, "grown", later(60)), alerts)
    assert not written(alerts, changed(last_at_ms=T0 + 2, count=5), 61)


def test_a_revision_shows_on_the_alert() -> None:
    alerts, alert = one_alert()
    alerts = folded(revised(alerts, changed(last_at_ms=T0 + 9, count=9), "grown", later(60)), alerts)
    assert (alerts.alerts[alert].last_at_ms, alerts.alerts[alert].count) == (T0 + 9, 9)


def test_a_revision_of_what_does_not_stand_is_nothing() -> None:
    assert not revised(Alerts(), episode(), "grown", CORRELATOR)


def test_an_episode_that_vanishes_takes_its_alert_back() -> None:
    alerts, alert = one_alert()
    alerts = folded(retracted(alerts, "e1", "its members left", None, CORRELATOR), alerts)
    assert not alerts.episodes
    assert alerts.alerts[alert].retracted == "its members left"
    assert not alerts.alerts[alert].open


def test_an_alert_that_is_joined_gives_its_work_to_the_successor() -> None:
    alerts, alert = one_alert()
    alerts = folded(triage.acknowledge(alerts, alert, "user:lan", T0), alerts)
    alerts = folded(triage.comment(alerts, alert, "user:lan", T0, "đã gọi"), alerts)
    alerts = folded(raised(episode("e2"), heading(), CORRELATOR, silent=False), alerts)
    alerts = folded(retracted(alerts, "e1", "joined with another", "e2", CORRELATOR), alerts)
    heir = alerts.alerts[alert_id("e2")]
    assert alerts.alerts[alert].successor == heir.id
    assert (heir.state, heir.assignee) == (AlertState.ACKNOWLEDGED, "user:lan")
    assert [comment.text for comment in heir.comments] == ["đã gọi"]


def test_a_closed_alert_does_not_close_its_successor() -> None:
    alerts, alert = one_alert()
    alerts = folded(triage.close(alerts, alert, "user:lan", T0, CloseReason.DUPLICATE), alerts)
    alerts = folded(raised(episode("e2"), heading(), CORRELATOR, silent=False), alerts)
    alerts = folded(retracted(alerts, "e1", "joined with another", "e2", CORRELATOR), alerts)
    assert alerts.alerts[alert_id("e2")].state is AlertState.NEW


def test_an_episode_that_stands_again_brings_its_alert_back() -> None:
    alerts, alert = one_alert()
    alerts = folded(retracted(alerts, "e1", "its members left", None, CORRELATOR), alerts)
    again = raised(episode(), heading(), later(60), silent=False, times=alerts.withdrawn["e1"])
    alerts = folded(again, alerts)
    assert alerts.alerts[alert].retracted is None
    assert len(alerts.alerts[alert].history) == 3
