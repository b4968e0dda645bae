import json

import pytest
from support.readings import context, event_of

from soc.kernel.clock import iso_ms
from soc.kernel.errors import RecordError
from soc.model.event import Fields, LogSource, Mark
from soc.model.identity import Layer
from soc.parsing.finding import read_finding


def fields(row: Fields) -> Fields:
    return read_finding(json.dumps(row), context()).fields


def ours(row: Fields) -> Fields:
    names = ("asset", "severity", "state", "title", "rule_id", "location")
    return {name: value for name, value in fields(row).items() if name in names}


NESSUS = {
    "Plugin ID": "51192",
    "CVE": "CVE-2020-1",
    "CVSS v2.0 Base Score": "6.4",
    "Risk": "Medium",
    "Host": "10.1.1.5",
    "Protocol": "tcp",
    "Port": "443",
    "Name": "SSL Certificate Cannot Be Trusted",
    "Synopsis": "The SSL certificate cannot be trusted.",
}
OPENVAS = {
    "IP": "10.1.1.6",
    "Hostname": "cong.tinh.example",
    "Port": "22",
    "CVSS": "9.8",
    "Severity": "High",
    "NVT Name": "OpenSSH RCE",
    "NVT OID": "1.3.6.1.4.1.25623.1.0.1",
    "Timestamp": "2026-03-02T03:00:00Z",
}
ZAP = {
    "@name": "https://cong.tinh.example",
    "@host": "cong.tinh.example",
    "pluginid": "40012",
    "name": "Cross Site Scripting",
    "riskcode": "3",
    "riskdesc": "High (Medium)",
}
NUCLEI = {
    "template-id": "cve-2021-44228",
    "info": {"name": "Log4j RCE", "severity": "critical"},
    "host": "app.tinh.example",
    "matched-at": "https://app.tinh.example/login",
}
TRIVY = {
    "ArtifactName": "registry/portal:1",
    "VulnerabilityID": "CVE-2023-1",
    "PkgName": "openssl",
    "InstalledVersion": "1.1",
    "Status": "fixed",
    "Severity": "CRITICAL",
    "Title": "openssl: overflow",
}
VIETNAMESE = {
    "Máy chủ": "cổng thông tin",
    "Mức độ": "Nghiêm trọng",
    "Tên lỗ hổng": "Tiêm SQL",
    "Trạng thái": "Đã khắc phục",
    "Mã": "LH-01",
}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (NESSUS, ("10.1.1.5", "medium", "open", "SSL Certificate Cannot Be Trusted", "51192", "443")),
        (OPENVAS, ("cong.tinh.example", "high", "open", "OpenSSH RCE", "1.3.6.1.4.1.25623.1.0.1", "22")),
        (ZAP, ("cong.tinh.example", "high", "open", "Cross Site Scripting", "40012", None)),
        (
            NUCLEI,
            *[
                (
                    "app.tinh.example",
                    "critical",
                    "open",
                    "Log4j RCE",
                    "cve-2021-44228",
                    "https://app.tinh.example/login",
                )
            ],
        ),
        (TRIVY, ("registry/portal:1", "critical", "open", "openssl: overflow", "CVE-2023-1", None)),
        (VIETNAMESE, ("cổng thông tin", "critical", "fixed", "Tiêm SQL", "LH-01", None)),
    ],
    ids=["nessus", "openvas", "zap", "nuclei", "trivy", "vietnamese"],
)
def test_exports_of_usual_scanners_come_under_one_set_of_names(
    row: Fields, expected: tuple[str | None, ...]
) -> None:
    names = ("asset", "severity", "state", "title", "rule_id", "location")
    assert ours(row) == {name: value for name, value in zip(names, expected, strict=True) if value}


def test_the_scanners_own_columns_stay() -> None:
    assert fields(NESSUS).items() >= {"kind": "finding", "Plugin ID": "51192", "Protocol": "tcp"}.items()


def test_a_finding_is_of_layer_three_and_has_the_scans_time() -> None:
    event = event_of(json.dumps(OPENVAS), "finding")
    assert event.logsources == (LogSource("soc", None, "finding"),)
    assert event.layer == Layer.ASSESSMENT
    assert iso_ms(event.at_ms) == "2026-03-02T03:00:00.000Z"


@pytest.mark.parametrize(
    ("stated", "severity"),
    [
        ("Critical", "critical"),
        ("urgent", "critical"),
        ("3 - High", "high"),
        ("cao", "high"),
        ("rất cao", "critical"),
        ("Moderate", "medium"),
        ("TRUNG BÌNH", "medium"),
        ("thấp", "low"),
        ("None", "info"),
        ("Log", "info"),
        ("9.0", "critical"),
        (8.9, "high"),
        ("4.0", "medium"),
        ("0.1", "low"),
        ("0.0", "info"),
    ],
)
def test_severities_are_told_by_word_or_score(stated: str | float, severity: str) -> None:
    assert fields({"Severity": stated})["severity"] == severity


@pytest.mark.parametrize(
    ("row", "severity"),
    [
        ({"severity": "4", "cvss3": "9.1"}, "critical"),
        ({"severity": 4, "CVSS": 5.0}, "medium"),
        ({"CVSS v2.0 Base Score": "10", "CVSS v3.0 Base Score": "7.5"}, "critical"),
        ({"risk": "low", "cvss": "9.8"}, "low"),
        ({"Severity": "4", "CVSS Base": "7.5 (AV:N/AC:L)", "CVSS Note": " "}, "high"),
        ({"cvss_vector": "AV:N/AC:L", "cvss_score": "7.0"}, "high"),
    ],
)
def test_a_score_helps_where_no_word_tells(row: Fields, severity: str) -> None:
    assert fields(row)["severity"] == severity


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"host": "a"},
        {"severity": "4"},
        {"severity": 4},
        {"severity": "spicy"},
        {"severity": "99.9"},
        {"severity": None},
        {"severity": {"value": "high"}},
        {"cvss": "n/a"},
        {"severity": "highly unlikely"},
        {"severity": True},
    ],
)
def test_a_severity_that_cannot_be_told_is_refused_and_kept(row: Fields) -> None:
    with pytest.raises(RecordError, match="severity"):
        fields(row)
    event = event_of(json.dumps(row), "finding")
    assert Mark.QUARANTINED in event.marks
    assert event.logsources == (LogSource("soc", None, "finding"),)


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ({"status": "Resolved"}, "fixed"),
        ({"state": "CLOSED - verified"}, "fixed"),
        ({"status": "đã xử lý"}, "fixed"),
        ({"status": "not fixed"}, "open"),
        ({"status": "chưa khắc phục"}, "open"),
        ({"status": "fixed", "InstalledVersion": "1"}, "open"),
        ({"status": 1}, "open"),
        ({}, "open"),
    ],
)
def test_only_what_was_repaired_is_fixed(row: Fields, state: str) -> None:
    assert fields({"severity": "high"} | row)["state"] == state


RULE = {"id": "CVE-1", "shortDescription": {"text": "bad"}, "properties": {"security-severity": "9.8"}}
RESULT = {
    "ruleId": "CVE-1",
    "level": "note",
    "message": {"text": "Old library"},
    "locations": [
        {"physicalLocation": {"artifactLocation": {"uri": "src/a.py"}, "region": {"startLine": 7}}}
    ],
}


def test_a_result_of_sarif_is_a_finding() -> None:
    assert ours({"tool": "x", "rule": RULE, "result": RESULT}) == {
        "asset": "src/a.py",
        "severity": "critical",
        "state": "open",
        "title": "Old library",
        "rule_id": "CVE-1",
        "location": "src/a.py:7",
    }


@pytest.mark.parametrize(
    ("rule", "result", "severity"),
    [
        ({}, {"level": "error"}, "high"),
        ({}, {"level": "note"}, "low"),
        ({}, {"level": "none"}, "info"),
        ({}, {}, "medium"),
        ({"defaultConfiguration": {"level": "error"}}, {}, "high"),
        ({"properties": {"security-severity": "3.0"}}, {"level": "error"}, "low"),
        ({}, {"properties": {"security-severity": 9}}, "critical"),
    ],
)
def test_severity_in_sarif_is_its_score_or_its_level(rule: Fields, result: Fields, severity: str) -> None:
    assert fields({"rule": rule, "result": result})["severity"] == severity


@pytest.mark.parametrize("over", [{"baselineState": "absent"}, {"kind": "pass"}, {"kind": "notApplicable"}])
def test_a_result_that_is_over_is_fixed(over: Fields) -> None:
    assert fields({"rule": RULE, "result": RESULT | over})["state"] == "fixed"


@pytest.mark.parametrize("locations", [7, [], [7], [{"physicalLocation": 7}], "x"])
def test_odd_places_are_no_places(locations: object) -> None:
    found = ours({"rule": RULE, "result": RESULT | {"locations": locations}})
    assert "location" not in found
    assert "asset" not in found


def test_the_host_of_an_address_is_the_asset() -> None:
    place = {"physicalLocation": {"artifactLocation": {"uri": "https://cong.tinh.example:8443/x"}}}
    found = ours({"rule": RULE, "result": RESULT | {"locations": [place]}})
    assert (found["asset"], found["location"]) == ("cong.tinh.example", "https://cong.tinh.example:8443/x")
    broken = {"physicalLocation": {"artifactLocation": {"uri": "https://[x"}}}
    assert ours({"rule": RULE, "result": RESULT | {"locations": [broken]}})["asset"] == "https://[x"
