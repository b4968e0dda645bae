"""Public logs through the parser: nothing is quarantined without cause, everything finds its log source."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
import zstandard
from evtx import PyEvtxParser
from support.readings import event_of, own_sources

from soc.model.event import Event, LogSource, Mark
from soc.parsing.ecs import to_ecs
from soc.parsing.mapping import known_logsource

EVTX_RECORDS = 8255
REGRESSION_CASES = 202
OTRF_STRIDE = 10
"""Every tenth of 194,047 events keeps the test within seconds."""


def events(raws: Iterator[bytes], form: str) -> list[Event]:
    return [event_of(raw, form, offset=n) for n, raw in enumerate(raws) if raw.strip()]


def evtx_records(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.rglob("*.evtx")):
        for record in PyEvtxParser(str(path)).records_json():
            assert record is not None
            yield record["data"].encode()


def otrf_lines(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.glob("*.zst")):
        with zstandard.open(path, "rb") as packed:
            yield from packed.read().split(b"\n")[::OTRF_STRIDE]


def of_quarantine(found: list[Event]) -> Counter[str]:
    return Counter(event.reason for event in found if Mark.QUARANTINED in event.marks)


def share_with(found: list[Event], field: str) -> float:
    return sum(field in event.fields for event in found) / len(found)


@pytest.fixture(scope="module")
def attacks(corpora: Path) -> list[Event]:
    return events(evtx_records(corpora / "evtx-attack"), "evtx_json")


def test_every_evtx_record_is_understood(attacks: list[Event]) -> None:
    assert len(attacks) == EVTX_RECORDS
    assert of_quarantine(attacks) == Counter()
    assert not any(Mark.NO_TIME in event.marks or Mark.MALFORMED in event.marks for event in attacks)
    assert all(isinstance(event.fields["EventID"], int) for event in attacks)
    assert all(not isinstance(value, dict) for event in attacks for value in event.fields.values())


def test_evtx_records_route_by_channel_and_event_id(attacks: list[Event]) -> None:
    for event in attacks:
        products = {logsource.product for logsource in event.logsources}
        assert products == {"windows"}
        if event.fields.get("Channel") == "Microsoft-Windows-Sysmon/Operational":
            created = LogSource("windows", "process_creation", "sysmon") in event.logsources
            assert created == (event.fields["EventID"] == 1)
            assert all(logsource.category is not None for logsource in event.logsources)


def test_evtx_records_have_ids_of_their_own(attacks: list[Event]) -> None:
    identified = [event for event in attacks if event.fields.get("Channel")]
    again = [event_of(event.original, "windows_json", offset=10**6) for event in identified]
    assert [event.id for event in again] == [event.id for event in identified]


def test_stored_documents_of_evtx_records_are_complete(attacks: list[Event]) -> None:
    sources = own_sources()
    for event in attacks[::20]:
        document = to_ecs(event, sources)
        assert document["host"]["name"] == event.fields["Computer"]
        assert document["event"]["code"] == str(event.fields["EventID"])


def test_shippers_objects_of_whole_attacks_are_understood(corpora: Path) -> None:
    found = events(otrf_lines(corpora / "otrf"), "auto")
    assert of_quarantine(found) == Counter()
    windows = [event for event in found if "Channel" in event.fields]
    assert len(windows) > 0.99 * len(found)
    for name in ("EventID", "Computer", "Provider_Name"):
        assert share_with(windows, name) == 1
    assert not any(Mark.NO_TIME in event.marks for event in windows)
    routed = [event for event in windows if LogSource("windows") not in event.logsources]
    assert len(routed) > 0.98 * len(windows)


def test_access_lines_are_understood(corpora: Path) -> None:
    found = events(iter((corpora / "text" / "apache_access.log").read_bytes().splitlines()), "access")
    assert (len(found), of_quarantine(found)) == (10_000, Counter())
    for name in ("c-ip", "cs-method", "cs-uri-stem", "sc-status"):
        assert share_with(found, name) == 1
    assert not share_with(found, "cs-host")
    assert {event.logsources for event in found} == {(LogSource(category="webserver"),)}


def test_authentication_lines_are_understood(corpora: Path) -> None:
    lines = (corpora / "text" / "auth.log").read_bytes().splitlines()
    found = events(iter(lines), "syslog")
    assert (len(found), of_quarantine(found)) == (7_121, Counter())
    assert share_with(found, "program") == 1
    failed = [line for line in lines if b"]: Failed " in line]
    logins = [event.fields for event in found if event.fields.get("action") == "login"]
    singly = [fields for fields in logins if fields["outcome"] == "failure" and "repeated" not in fields]
    assert len(singly) == len(failed)
    assert all({"user", "src_ip", "src_port"} <= fields.keys() for fields in logins)
    commands = [line for line in lines if b"COMMAND=" in line]
    assert sum("COMMAND" in event.fields for event in found) == len(commands)


@pytest.mark.parametrize(
    "name", ["dns", "kerberos", "notice", "ntlm", "rdp", "smb_files", "smtp", "ssh", "ssl"]
)
def test_zeek_logs_are_told_by_their_path(corpora: Path, name: str) -> None:
    packed = (corpora / "text" / "zeek" / f"{name}.json.gz").read_bytes()
    found = events(iter(gzip.decompress(packed).splitlines()[:2000]), "auto")
    assert of_quarantine(found) == Counter()
    assert all(LogSource("zeek", None, name).covers(event.logsources[0]) for event in found)
    assert not any(Mark.NO_TIME in event.marks for event in found)


def test_suricata_alerts_are_told_by_their_fields(corpora: Path) -> None:
    alerts = json.loads((corpora / "text" / "suricata_eve_alerts.json").read_bytes())
    found = events((json.dumps(alert).encode() for alert in alerts), "json")
    assert {event.logsources for event in found} == {(LogSource("suricata", None, "alert"),)}
    assert {event.layer.value for event in found} == {2}


def test_cloud_trails_are_told_by_their_fields(corpora: Path) -> None:
    files = sorted((corpora / "text" / "cloudtrail").glob("*.json"))
    raws = (json.dumps(each).encode() for path in files for each in json.loads(path.read_bytes())["Records"])
    found = events(raws, "auto")
    assert len(found) == 2_900
    assert {event.logsources for event in found} == {(LogSource("aws", None, "cloudtrail"),)}
    assert not any(event.marks for event in found)


def test_every_regression_case_reaches_its_rule(corpora: Path) -> None:
    """A rule can only match what its log source lets through: the case's events must pass."""
    rules = rule_logsources(corpora / "sigma")
    lost = []
    cases = sorted((corpora / "sigma" / "regression_data").rglob("info.yml"))
    for case in cases:
        info = yaml.load(case.read_text(encoding="utf-8"), yaml.CSafeLoader)
        logsource = rules[info["rule_metadata"][0]["id"]]
        found = events(evtx_records(case.parent), "evtx_json")
        for path in case.parent.glob("*.raw"):
            found += events(iter(path.read_bytes().splitlines()), "auto")
        passed = any(logsource.covers(each) for event in found for each in event.logsources)
        if known_logsource(own_sources(), logsource) and not passed:
            lost.append((case.parent.name, logsource))
    assert len(cases) >= REGRESSION_CASES
    assert lost == []


def rule_logsources(folder: Path) -> dict[str, LogSource]:
    found = {}
    for path in folder.glob("rules*/**/*.yml"):
        rule = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        parts = {name: rule["logsource"].get(name) for name in ("product", "category", "service")}
        found[rule["id"]] = LogSource(**parts)
    return found
