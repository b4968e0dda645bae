"""What is sent is exactly what was approved, however the alert has grown since."""

import json

import msgspec
import pytest
from support.rulings import loaded, rule_text

from soc.alerts.state import AlertView
from soc.app.reporting import About, described, incident_of
from soc.kernel.errors import PlaybookError
from soc.model.alert import Severity
from soc.model.identity import Layer
from soc.ncsc.report import bundle
from soc.response.rendering import Command

ALERT = AlertView(
    id="a1",
    episode_id="e1",
    rule_id="r1",
    rule_version="v",
    title="Campaign",
    level=Severity.HIGH,
    agency=None,
    exercise=None,
    group=(("attacker", "203.0.113.66"),),
    first_at_ms=1_700_000_000_000,
    last_at_ms=1_700_000_060_000,
    raised_at_ms=1_700_000_070_000,
    count=3,
    layers=(Layer.ON_THE_SPOT, Layer.NATIONAL),
    agencies=("so-y-te",),
)
ARGS = {
    "tlp": "amber",
    "title": "Campaign",
    "level": "high",
    "indicator": "203.0.113.66",
    "agencies": "so-y-te, benh-vien",
    "layers": "1, 4",
    "first_at": "2023-11-14T22:13:20.000Z",
    "last_at": "2023-11-14T22:14:20.000Z",
}
ABOUT = About("what it means", "tinh", "0" * 32)


def a_command(**changed: str) -> Command:
    return Command("run", "step", "key", "a1", None, "report_ncsc", ARGS | changed)


def test_an_alert_that_grew_after_the_approval_changes_nothing() -> None:
    grown = msgspec.structs.replace(ALERT, agencies=("x", "y"), last_at_ms=1, layers=(), level=Severity.LOW)
    assert bundle(incident_of(a_command(), ALERT, ABOUT)) == bundle(incident_of(a_command(), grown, ABOUT))


def test_the_report_says_what_was_approved_and_carries_its_marking() -> None:
    objects = json.loads(bundle(incident_of(a_command(), ALERT, ABOUT)))["objects"]
    incident = next(found for found in objects if found["type"] == "incident")
    assert "so-y-te, benh-vien" in incident["description"]
    assert incident["labels"] == ["layer-1", "layer-4"]
    marking = next(found for found in objects if found["type"] == "marking-definition")
    assert marking["name"] == "TLP:AMBER"
    assert incident["object_marking_refs"] == [marking["id"]]
    assert [found["value"] for found in objects if found["type"] == "ipv4-addr"] == ["203.0.113.66"]


@pytest.mark.parametrize(
    "changed", [{"tlp": "red"}, {"level": "huge"}, {"first_at": "yesterday"}, {"layers": "9"}], ids=str
)
def test_an_unusable_argument_fails_the_step_with_words(changed: dict[str, str]) -> None:
    with pytest.raises(PlaybookError):
        incident_of(a_command(**changed), ALERT, ABOUT)


def test_a_missing_argument_is_named() -> None:
    command = Command("run", "step", "key", "a1", None, "report_ncsc", {})
    with pytest.raises(PlaybookError, match="title"):
        incident_of(command, ALERT, ABOUT)


def test_a_report_names_the_author_and_licence_of_the_rule() -> None:
    (rule,) = loaded(rule_text("{s: {a: x}, condition: s}", description="Bad", author="Ann")).rules
    assert described(rule.heading) == "Bad\nRule: A rule by Ann (r)"
    licensed = msgspec.structs.replace(rule.heading, licence="DRL-1.1")
    assert described(licensed) == "Bad\nRule: A rule by Ann, DRL-1.1 (r)"
