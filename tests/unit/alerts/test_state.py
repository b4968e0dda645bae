import msgspec
from support.episodes import CORRELATOR, T0, episode, folded, heading, one_alert

from soc.alerts import triage
from soc.alerts.raising import raised, retracted
from soc.alerts.state import Alerts, AlertsFold
from soc.ledger.fact import Fact
from soc.model.alert import CloseReason


def lived() -> Alerts:
    alerts, alert = one_alert()
    for facts in (
        triage.acknowledge(alerts, alert, "user:lan", T0),
        triage.comment(alerts, alert, "user:lan", T0, "đã gọi"),
        raised(episode("e2", agency=None), heading(), CORRELATOR, silent=False),
        raised(episode("e3"), heading(), CORRELATOR, silent=False),
    ):
        alerts = folded(facts, alerts)
    alerts = folded(triage.close(alerts, alert, "user:lan", T0, CloseReason.DUPLICATE, "trùng"), alerts)
    return folded(retracted(alerts, "e3", "joined with another", "e2", CORRELATOR), alerts)


def test_a_dumped_state_is_loaded_the_same() -> None:
    fold, state = AlertsFold(), lived()
    assert fold.load(fold.dump(state)) == state


def test_facts_about_what_is_not_known_and_erased_facts_change_nothing() -> None:
    state = lived()
    before = AlertsFold().dump(state)
    (gone,) = triage.comment(one_alert()[0], one_alert()[1], "user:lan", T0, "x")
    for fact in (
        msgspec.structs.replace(gone, payload={**(gone.payload or {}), "alert_id": "unknown"}),
        msgspec.structs.replace(gone, payload=None),
        msgspec.structs.replace(gone, type="StepDone"),
    ):
        folded((fact,), state)
    assert AlertsFold().dump(state) == before


def test_an_alert_whose_episode_was_erased_is_left_out() -> None:
    facts: tuple[Fact, ...] = raised(episode(), heading(), CORRELATOR, silent=False)
    assert not folded(facts[1:]).alerts
