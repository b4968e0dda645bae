"""A first glance: which Windows event a record is, told only where it is sure."""

import json
from typing import Any

import pytest
from support.readings import event_of, own_sources

from soc.parsing.glance import doubts_of, glance, glance_access, known_of, logsources_of

SYSMON = "Microsoft-Windows-Sysmon/Operational"
FLAT = {"Channel": SYSMON, "EventID": 1, "Image": "a.exe"}
BEAT = {"log_name": SYSMON, "event_id": 3, "event_data": {"Image": "a.exe"}}


def glanced(**fields: Any) -> object:
    return glance(json.dumps(fields).encode())


def test_a_flat_event_is_told_by_its_channel_and_id() -> None:
    assert glanced(**FLAT) == (SYSMON, 1, True)
    assert glance(b'{"EventID":-1,"x":[{"Channel":"y"}],"Channel":""}\r\n') == ("", -1, True)


def test_winlogbeat_is_told_by_its_own_names_whatever_the_others_say() -> None:
    assert glanced(**BEAT) == (SYSMON, 3, False)
    assert glanced(**FLAT, **BEAT) == (SYSMON, 3, False)


def test_the_last_of_equal_names_counts() -> None:
    assert glance(b'{"Channel":"a","EventID":1,"Channel":"b","EventID":2}') == ("b", 2, True)


@pytest.mark.parametrize(
    "fields",
    [
        {"Channel": SYSMON},
        {"EventID": 1},
        {"Channel": None, "EventID": 1},
        {**FLAT, "EventID": "1"},
        {**FLAT, "EventID": 1.0},
        {**FLAT, "EventID": True},
        {**FLAT, "EventID": None},
        {**FLAT, "EventID": {"#text": 1}},
        {**FLAT, "EventID": 2**63},
        {**FLAT, "log_name": SYSMON},
        {**FLAT, "log_name": None},
        {**BEAT, "event_id": "3"},
        {**FLAT, "Event": {"System": {}}},
        {**FLAT, "Event": None},
        {**FLAT, "winlog": {"channel": "x"}},
        {**FLAT, "winlog": None},
        {"event.code": 1, "winlog.channel": "x"},
    ],
)
def test_of_any_other_shape_nothing_is_told(fields: dict[str, Any]) -> None:
    assert glanced(**fields) is None


@pytest.mark.parametrize(
    "tail",
    [
        b"",
        b"}}",
        b"}x",
        b',"a":01}',
        b',"a":NaN}',
        b',"a":1.}',
        b',"a":+1}',
        b',"a":nul}',
        b',"a":"\\q"}',
        b',"a":"\\x41"}',
        b',"a":"\\ud800"}',
        b',"a":"\0"}',
        b',"a":"\t"}',
        b',"a":[1,]}',
        b',"a":1,}',
        b",}",
        b',"a":' + b"[" * 100_000,
    ],
)
def test_of_what_is_no_json_nothing_is_told(tail: bytes) -> None:
    assert glance(json.dumps(FLAT).encode()[:-1] + tail) is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b'"Channel"',
        b"\xef\xbb\xbf" + json.dumps(FLAT).encode(),
        json.dumps(FLAT).encode("utf-16"),
        b'{"Channel":"\xff","EventID":1}',
        b'{"Channel":"\\ud800","EventID":1}',
        b'{"Channel":"x","EventID":' + b"9" * 5000 + b"}",
    ],
)
def test_bytes_that_are_odd_are_for_the_parser(raw: bytes) -> None:
    assert glance(raw) is None


def test_bad_bytes_elsewhere_do_not_matter() -> None:
    raw = json.dumps(FLAT).encode().replace(b"a.exe", b"\xff.exe")
    assert glance(raw) == (SYSMON, 1, True)
    assert event_of(raw).fields["EventID"] == 1


@pytest.mark.parametrize("name", ["winlog.event_id", "a\nwinlog.b"])
def test_where_it_would_be_wrong_there_is_a_doubt(name: str) -> None:
    raw = json.dumps({**FLAT, "event.code": 3, name: 3}).encode()
    assert event_of(raw).fields["EventID"] == 3
    kind = glance(raw)
    assert kind is not None
    assert any(doubt in raw for doubt in doubts_of(kind))


@pytest.mark.parametrize(
    "kind", [(SYSMON, 1, True), ("Security", 4688, True), ("x", 1, True), ("System", 7045, True)]
)
def test_a_kind_has_the_log_sources_of_its_events(kind: tuple[str, int, bool]) -> None:
    event = event_of(json.dumps({"Channel": kind[0], "EventID": kind[1]}))
    assert logsources_of(kind, own_sources()) == event.logsources != ()


ACCESS = '10.0.0.1 - - [01/Mar/2026:08:30:00 +0700] "GET /a?b HTTP/1.1" 200 5 "-" "curl"'


@pytest.mark.parametrize("line", [ACCESS, ACCESS + "\n", ACCESS + " more", "host:80 " + ACCESS, ACCESS[:-11]])
def test_a_line_of_an_access_log_is_told_where_its_fields_stand_as_they_are(line: str) -> None:
    kind = glance_access(line.encode())
    assert kind is not None
    assert known_of(kind) == {}
    assert logsources_of(kind, own_sources()) == event_of(line, "access").logsources != ()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        ACCESS.replace("/a", '/a"b').encode(),
        ACCESS.encode() + b' "more"',
        ACCESS.encode() + b"\xff",
        ACCESS.encode() + b" \0",
        ACCESS.replace("curl", "\0c\0u\0r\0l" * 40).encode(),
    ],
)
def test_of_other_lines_nothing_is_told(raw: bytes) -> None:
    assert glance_access(raw) is None


def test_an_access_log_that_quotes_is_a_doubt() -> None:
    raw = ACCESS.replace("curl", r"\x63url").encode()
    kind = glance_access(raw)
    assert kind is not None
    assert any(doubt in raw for doubt in doubts_of(kind))
