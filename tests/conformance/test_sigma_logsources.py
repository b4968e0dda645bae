"""Which log sources of the public rules a record can have: all but those that are named here, never more."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.readings import event_of, own_sources

from soc.model.event import LogSource
from soc.parsing.mapping import known_logsource
from soc.rulebook.load import load, read_rule_files

UNKNOWN = {LogSource("paloalto", "file_event", "globalprotect")}
"""Nothing that such a rule could look at has been seen; ``rules/README.md`` names them."""
SYSLOG = "<13>Nov 24 08:00:01 host {}: {}"
RECORDS: list[tuple[str | dict[str, Any], LogSource]] = [
    (
        SYSLOG.format("sshd[1]", "Failed password for root from 203.0.113.7 port 5 ssh2"),
        LogSource("linux", None, "sshd"),
    ),
    (
        SYSLOG.format("sudo", "bob : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh"),
        LogSource("linux", None, "sudo"),
    ),
    (SYSLOG.format("CRON[1]", "(root) CMD (true)"), LogSource("linux", None, "cron")),
    (SYSLOG.format("catalina", "java.lang.RuntimeException"), LogSource("jvm", "application", None)),
    (SYSLOG.format("gunicorn[1]", "Traceback"), LogSource("django", "application", None)),
    (SYSLOG.format("node[1]", "Error"), LogSource("nodejs", "application", None)),
    (SYSLOG.format("puma[1]", "ActionController"), LogSource("ruby_on_rails", "application", None)),
    (SYSLOG.format("mysqld[1]", "select * from users"), LogSource(None, "database", None)),
    (SYSLOG.format("postgres[1]", "syntax error"), LogSource("sql", "application", None)),
    (SYSLOG.format("postgres[1]", "syntax error"), LogSource("linux", None, "syslog")),
    (
        SYSLOG.format("gpsvc", "failed to unmarshal session(../"),
        LogSource("paloalto", "appliance", "globalprotect"),
    ),
    (SYSLOG.format("sslvpnd", "crash"), LogSource("fortios", None, "sslvpnd")),
    (
        'type=EXECVE msg=audit(1700000000.123:42): argc=2 a0="id" a1="-u"',
        LogSource("linux", None, "auditd"),
    ),
    (
        '203.0.113.7 - - [24/Nov/2026:08:00:01 +0700] "GET /a?b HTTP/1.1" 200 5 "-" "curl"',
        LogSource(None, "webserver", None),
    ),
    ({"cs-method": "GET", "cs-host": "a.example", "c-uri": "/"}, LogSource(None, "proxy", None)),
    (
        {"src_ip": "10.0.0.1", "dst_ip": "10.0.0.2", "dst_port": 22, "action": "deny"},
        LogSource(None, "firewall", None),
    ),
    ({"query": "a.example", "record_type": "TXT"}, LogSource(None, "dns", None)),
    ({"_path": "dns", "ts": 1, "query": "a.example"}, LogSource("zeek", "dns", "dns")),
    ({"event_type": "alert", "flow_id": 1, "alert": {}}, LogSource("suricata", None, "alert")),
    ({"eventSource": "s3", "eventName": "x", "awsRegion": "y"}, LogSource("aws", None, "cloudtrail")),
    (
        {"category": "Administrative", "operationName": "x", "resourceId": "y"},
        LogSource("azure", None, "activitylogs"),
    ),
    ({"category": "SignInLogs", "operationName": "x"}, LogSource("azure", None, "signinlogs")),
    ({"category": "AuditLogs", "operationName": "x"}, LogSource("azure", None, "auditlogs")),
    ({"riskEventType": "anonymizedIPAddress"}, LogSource("azure", None, "riskdetection")),
    ({"riskEventType": "noMfaOnRoleActivationAlertIncident"}, LogSource("azure", None, "pim")),
    ({"Workload": "Exchange", "Operation": "x", "RecordType": 1}, LogSource("m365", None, "audit")),
    (
        {"eventSource": "SecurityComplianceCenter", "eventName": "x", "status": "success"},
        LogSource("m365", None, "threat_management"),
    ),
    ({"protoPayload": {}, "logName": "x"}, LogSource("gcp", None, "gcp.audit")),
    ({"actor": {}, "eventType": "x", "debugContext": {}}, LogSource("okta", None, "okta")),
    ({"action": "x", "actor": "y", "_document_id": "z"}, LogSource("github", None, "audit")),
    ({"event_type_id": 3, "account_id": 1}, LogSource("onelogin", None, "onelogin.events")),
    (
        {"event_type": "authentication", "factor": "x", "reason": "y", "txid": "z"},
        LogSource("cisco", None, "duo"),
    ),
    ({"host.scan.vuln": 10693}, LogSource("qualys", None, None)),
    ({"netflow": {}, "destination": {"port": 23}}, LogSource(None, None, "netflow")),
    (
        {"Event": {"System": {"Channel": "Microsoft-Windows-Kernel-File/Analytic", "EventID": 27}}},
        LogSource("windows", "file_rename", None),
    ),
]


def test_the_log_sources_of_public_rules_are_known_but_for_the_named_ones(corpora: Path) -> None:
    files = read_rule_files(sorted((corpora / "sigma").glob("rules*")))
    rules = load(files, known=lambda _: True, entities=lambda _: ()).rules
    found = {rule.logsource for rule in rules}
    assert len(found) > 130
    assert {source for source in found if not known_logsource(own_sources(), source)} == UNKNOWN


def test_the_unknown_log_sources_are_named_where_authors_read() -> None:
    text = (Path(__file__).resolve().parents[2] / "rules" / "README.md").read_text(encoding="utf-8")
    for source in UNKNOWN:
        parts = (("product", source.product), ("category", source.category), ("service", source.service))
        assert ", ".join(f"{key}: {value}" for key, value in parts if value) in text


@pytest.mark.parametrize(("record", "source"), RECORDS, ids=lambda value: str(value)[:60])
def test_a_record_has_the_log_source_that_its_rules_ask_for(
    record: str | dict[str, Any], source: LogSource
) -> None:
    raw = record if isinstance(record, str) else json.dumps(record)
    assert any(source.covers(found) for found in event_of(raw).logsources)
