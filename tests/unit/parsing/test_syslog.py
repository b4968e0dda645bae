from typing import Any

import pytest
from support.readings import context

from soc.kernel.clock import iso_ms
from soc.kernel.errors import RecordError
from soc.model.event import LogSource
from soc.parsing.syslog import read_syslog

LINUX = LogSource("linux", None, "syslog")


@pytest.mark.parametrize(
    ("line", "fields", "at"),
    [
        (
            "<13>Mar  2 04:00:00 web1 backup[7]: done\n",
            {
                "facility": "user",
                "severity": "notice",
                "host": "web1",
                "program": "backup",
                "pid": 7,
                "message": "done",
            },
            "2026-03-02T04:00:00.000Z",
        ),
        (
            "Dec 31 23:59:59 web1 backup: done",
            {"host": "web1", "program": "backup", "message": "done"},
            "2025-12-31T23:59:59.000Z",
        ),
        (
            "2026-03-02T04:00:00.123456+07:00 fe80::1 backup: a: b",
            {"host": "fe80::1", "program": "backup", "message": "a: b"},
            "2026-03-01T21:00:00.123Z",
        ),
        (
            "<189>45: *Mar  1 00:00:05: %SYS-5-CONFIG_I: Configured from console",
            {
                "facility": "local7",
                "severity": "notice",
                "program": "%SYS-5-CONFIG_I",
                "message": "Configured from console",
            },
            "2026-03-01T00:00:05.000Z",
        ),
        (
            "10.0.0.9 6705: Mar  1 00:00:05.6739 ICT: %PARSER-5-CFGLOG_LOGGEDCMD: User:admin",
            {"host": "10.0.0.9", "program": "%PARSER-5-CFGLOG_LOGGEDCMD", "message": "User:admin"},
            "2026-03-01T00:00:05.673Z",
        ),
        (
            "Mar 2 2024 04:00:00 asa : %ASA-6-302013: Built",
            {"host": "asa", "message": ": %ASA-6-302013: Built"},
            "2024-03-02T04:00:00.000Z",
        ),
        (
            '<34>1 2026-03-02T04:00:00.9999Z web1 app 12 ID4 [x@1 host="forged" k="a\\"]b"] \ufeffhello',
            {
                "facility": "auth",
                "severity": "crit",
                "host": "web1",
                "program": "app",
                "pid": 12,
                "msgid": "ID4",
                "k": 'a"]b',
                "structured_data": '[x@1 host="forged" k="a\\"]b"]',
                "message": "hello",
            },
            "2026-03-02T04:00:00.999Z",
        ),
        (
            "<34>1 - - - - - -",
            {"facility": "auth", "severity": "crit", "message": ""},
            None,
        ),
        ("<6>no time here", {"facility": "kern", "severity": "info", "message": "no time here"}, None),
        (
            "<6>Feb 30 00:00:00 h p: x",
            {"facility": "kern", "severity": "info", "host": "h", "program": "p", "message": "x"},
            None,
        ),
    ],
)
def test_headers_of_every_dialect_are_read(line: str, fields: dict[str, Any], at: str | None) -> None:
    reading = read_syslog(line, context())
    assert reading.fields == fields
    assert (reading.at_ms and iso_ms(reading.at_ms)) == at


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("sshd[1]", (LogSource("linux", None, "sshd"), LogSource("linux", None, "auth"))),
        ("CRON[1]", (LogSource("linux", None, "cron"),)),
        ("postfix/smtpd[1]", (LogSource("linux", None, "postfix"),)),
        ("%SYS-5-CONFIG_I", (LogSource("cisco", None, "syslog"),)),
        ("named", (LINUX,)),
    ],
)
def test_the_program_tells_the_log_source(tag: str, expected: tuple[LogSource, ...]) -> None:
    assert read_syslog(f"Mar  2 04:00:00 h {tag}: x", context()).logsources == expected


def test_a_firewalls_pairs_are_fields_and_bring_their_log_source() -> None:
    line = '<189>date=2026-03-02 time=11:00:00 devid=F logid=13 type=traffic tz="+0700" facility=x dstport=53'
    reading = read_syslog(line, context())
    assert (reading.fields["dstport"], reading.fields["facility"]) == (53, "local7")
    assert reading.logsources == (LogSource("fortigate", None, "traffic"),)
    assert reading.at_ms is not None
    assert iso_ms(reading.at_ms) == "2026-03-02T04:00:00.000Z"


def test_pairs_in_a_strangers_text_choose_neither_host_nor_log_source() -> None:
    reading = read_syslog("Mar  2 04:00:00 web1 app: type=USER_CMD msg=x host=forged", context())
    assert reading.fields["host"] == "web1"
    assert reading.logsources == (LINUX,)


@pytest.mark.parametrize("line", ["", "hello", "  at java.lang.Thread.run", "<x>Mar"])
def test_a_line_without_priority_and_time_is_refused(line: str) -> None:
    with pytest.raises(RecordError, match="neither <priority> nor a time"):
        read_syslog(line, context())
