import json
from typing import Any

import msgspec
import pytest
import stix2validator

from soc.model.identity import Layer
from soc.ncsc.report import INCIDENT_CORE, MARKINGS, Incident, bundle, incident_id

INCIDENT = Incident(
    alert_id="a" * 32,
    title="Chiến dịch của một địa chỉ bị cảnh báo",
    description="Dò mật khẩu, rồi web shell",
    criticality=90,
    first_at_ms=1_790_000_000_000,
    last_at_ms=1_790_000_600_123,
    raised_at_ms=1_790_000_601_000,
    modified_at_ms=1_790_000_700_000,
    agencies=("so-y-te", "benh-vien-tinh"),
    layers=(Layer.MONITORING, Layer.ON_THE_SPOT, Layer.NATIONAL),
    addresses=("203.0.113.9", "2001:db8::9"),
    province="Trung tâm SOC tỉnh",
    exercise=None,
    ledger_head="f" * 32,
)


def objects(incident: Incident = INCIDENT) -> dict[str, Any]:
    """Return the bundle's objects by type; of several of one type the first."""
    found: dict[str, Any] = {}
    for item in json.loads(bundle(incident))["objects"]:
        found.setdefault(item["type"], item)
    return found


def changed(**members: Any) -> Incident:
    return msgspec.structs.replace(INCIDENT, **members)


@pytest.mark.parametrize(
    "incident",
    [
        INCIDENT,
        changed(addresses=()),
        changed(exercise="run-1"),
        changed(agencies=(), layers=(), description=""),
    ],
    ids=["full", "no address", "exercise", "empty"],
)
def test_an_independent_validator_finds_no_fault(incident: Incident) -> None:
    options = stix2validator.ValidationOptions(version="2.1")
    result = stix2validator.validate_string(bundle(incident).decode(), options)
    assert result.is_valid, [str(error) for error in result.errors]


def test_the_same_incident_gives_the_same_bytes() -> None:
    assert bundle(INCIDENT) == bundle(changed())


def test_an_update_keeps_the_incidents_id_and_moves_modified() -> None:
    before, after = objects()["incident"], objects(changed(modified_at_ms=1_790_000_900_000))["incident"]
    assert before["id"] == after["id"] == incident_id(INCIDENT.alert_id)
    assert before["created"] == after["created"]
    assert before["modified"] < after["modified"]


def test_another_alert_is_another_incident() -> None:
    assert incident_id("a" * 32) != incident_id("b" * 32)


def test_everything_that_can_be_marked_is_amber_strict() -> None:
    marked = [item for item in json.loads(bundle(INCIDENT))["objects"] if item["type"] not in UNMARKED]
    assert len(marked) == 5
    for item in marked:
        assert item["object_marking_refs"] == [MARKINGS["amber+strict"][1]], item["type"]


def test_the_incident_says_what_the_extension_requires() -> None:
    core = objects()["incident"]["extensions"][INCIDENT_CORE]
    assert core["determination"] == "suspected"
    assert core["investigation_status"] == "open"
    assert core["criticality"] == 90


def test_times_are_those_of_the_attack_not_of_the_report() -> None:
    seen = objects()["observed-data"]
    assert seen["first_observed"] == "2026-09-21T14:13:20Z"
    assert seen["last_observed"] == "2026-09-21T14:23:20.123Z"


def test_addresses_of_both_families_are_observed() -> None:
    found = objects()
    assert found["ipv4-addr"]["value"] == "203.0.113.9"
    assert found["ipv6-addr"]["value"] == "2001:db8::9"
    assert found["observed-data"]["object_refs"] == [found["ipv4-addr"]["id"], found["ipv6-addr"]["id"]]


def test_without_an_address_nothing_is_observed_and_nothing_dangles() -> None:
    assert set(objects(changed(addresses=()))) == {"marking-definition", "identity", "incident"}


def test_an_exercise_says_so_in_the_report_itself() -> None:
    assert "exercise" not in objects()["incident"]["labels"]
    assert "exercise" in objects(changed(exercise="run-1"))["incident"]["labels"]


def test_the_report_names_the_ledgers_head_and_no_more_than_it_was_given() -> None:
    text = bundle(INCIDENT).decode()
    assert "f" * 32 in text
    assert "Chiến dịch" in text
    assert not {"artifact", "file", "email-message", "note"} & set(objects())


UNMARKED = {"marking-definition", "identity"}
