import json
from typing import Any

import pytest
from support.readings import ORIGIN, READ_AT_MS, event_of, own_sources, record_of

from soc.kernel.clock import iso_ms
from soc.kernel.ids import event_id_at, event_id_own, event_id_seq
from soc.model.event import Event, LogSource, Mark
from soc.model.identity import SOC_ORIGIN, Layer, Origin, RetentionClass
from soc.parsing.parse import CLOCK_TOLERANCE_MS, FORMATS, parse

LINE = '1.2.3.4 - - [02/Mar/2026:11:00:00 +0700] "GET / HTTP/1.0" 404 -'


def parsed(raw: str, form: str, origin: Origin = ORIGIN, **arguments: Any) -> Event:
    changes = {name: arguments.pop(name) for name in ("fingerprint", "offset", "own_id") if name in arguments}
    record = record_of(raw, form, **changes)
    return parse(record, origin, received_at_ms=READ_AT_MS, sources=own_sources(), **arguments)


def at(text: str) -> str:
    return json.dumps({"@timestamp": text})


def test_an_event_carries_what_the_record_and_the_credential_say() -> None:
    event = event_of(LINE, "access", zone="Asia/Ho_Chi_Minh", source="web")
    assert (event.origin, event.source, event.day, event.zone) == (
        ORIGIN,
        "web",
        "2026-03-02",
        "Asia/Ho_Chi_Minh",
    )
    assert (event.original, event.reason, event.retention) == (LINE, "", RetentionClass.STANDARD)
    assert iso_ms(event.at_ms) == "2026-03-02T04:00:00.000Z"
    assert event.marks == frozenset()
    assert event.record is None
    assert event.layer is Layer.ON_THE_SPOT


def test_a_time_without_a_zone_is_read_in_the_records_zone() -> None:
    event = event_of(at("2026-03-02 07:00:00"), "json", zone="Asia/Ho_Chi_Minh")
    assert iso_ms(event.at_ms) == "2026-03-02T00:00:00.000Z"


@pytest.mark.parametrize("form", [*FORMATS, "no-such-format"])
def test_what_cannot_be_parsed_is_kept_with_its_reason_and_text(form: str) -> None:
    event = event_of(b"\xff nonsense", form)
    assert {Mark.QUARANTINED, Mark.NO_TIME, Mark.MALFORMED} == event.marks
    assert (event.fields, event.original) == ({}, "\ufffd nonsense")
    assert event.retention is RetentionClass.QUARANTINE
    assert event.reason
    assert event.record is not None
    assert (event.record.raw, event.record.format) == (b"\xff nonsense", form)
    assert "nonsense" not in event.reason
    assert event.at_ms == READ_AT_MS


def test_a_quarantined_record_keeps_the_log_source_of_its_format() -> None:
    assert event_of("nonsense", "access").logsources == (LogSource(category="webserver"),)


def test_a_record_without_a_time_has_the_time_of_its_reading() -> None:
    event = event_of("{}", "json")
    assert (event.at_ms, event.marks) == (READ_AT_MS, frozenset({Mark.NO_TIME}))


@pytest.mark.parametrize(
    ("ahead_ms", "suspect"), [(0, False), (CLOCK_TOLERANCE_MS, False), (CLOCK_TOLERANCE_MS + 1, True)]
)
def test_a_time_too_far_after_its_reading_is_suspect(ahead_ms: int, suspect: bool) -> None:
    stated_ms = READ_AT_MS + ahead_ms
    event = parsed(at(iso_ms(stated_ms)), "json")
    assert (Mark.CLOCK_SUSPECT in event.marks) is suspect
    assert event.at_ms == (READ_AT_MS if suspect else stated_ms)
    assert event.stated_at_ms == (stated_ms if suspect else None)
    assert parsed(at(iso_ms(stated_ms)), "json", judge_clock=False).at_ms == stated_ms


@pytest.mark.parametrize("read_at_ms", [-1, 10**20])
def test_an_impossible_reading_time_is_replaced_by_the_receipt(read_at_ms: int) -> None:
    event = event_of("Mar  2 04:00:00 h p: x", "syslog", read_at_ms=read_at_ms)
    assert event.read_at_ms == READ_AT_MS + 1000
    assert iso_ms(event.at_ms) == "2026-03-02T04:00:00.000Z"


@pytest.mark.parametrize("raw", [b"\xef\xbb\xbf{}", b'{"a":"\xff"}', b'{"a":"\\ud800"}', b'{"a":1,"a":2}'])
def test_mended_records_are_marked(raw: bytes) -> None:
    assert Mark.MALFORMED in event_of(raw, "json").marks


def test_a_part_of_an_over_long_line_is_marked() -> None:
    assert Mark.SPLIT in event_of("{}", "json", split=True).marks


def test_a_callers_log_source_and_layer_stand_for_the_tables() -> None:
    told = LogSource("ours", "application", None)
    event = parsed(LINE, "access", logsource=told)
    assert (event.logsources, event.layer) == ((told,), Layer.ON_THE_SPOT)
    assert parsed(LINE, "access", layer=Layer.MONITORING).layer is Layer.MONITORING


def test_an_event_id_is_the_place_in_the_file_whatever_the_times() -> None:
    event = event_of("{}", "json", offset=5)
    assert event.id == event_id_at("so-y-te", "test", "f", 5, b"{}")
    assert event.id == event_of("{}", "json", offset=5, read_at_ms=1, day="2026-03-03").id


def test_an_id_of_its_own_counts_with_the_bytes() -> None:
    raw = '{"event":{"id":"x"}}'
    event = parsed(raw, "json", offset=5)
    assert event.id == event_id_own("so-y-te", "test", "x", raw.encode()) == parsed(raw, "json", offset=9).id
    assert event.id != parsed('{"event":{"id":"x"},"a":1}', "json", offset=5).id


def test_an_id_that_the_collector_saw_comes_first() -> None:
    raw = '{"event":{"id":"x"}}'
    event = parsed(raw, "json", own_id="cursor")
    assert event.id == event_id_own("so-y-te", "test", "c1/cursor", raw.encode())


def test_a_network_record_is_told_by_collector_boot_and_sequence() -> None:
    event = parsed("{}", "json", fingerprint="", offset=-1, collector_boot="b", sequence=7)
    assert event.id == event_id_seq("so-y-te", "test", ("c1", "b"), 7, b"{}")


def test_without_any_place_the_bytes_alone_are_the_id() -> None:
    event = parsed("{}", "json", fingerprint="", offset=-1)
    assert event.id == event_id_at("so-y-te", "test", "", -1, b"{}")


def test_the_soc_says_a_thing_once_however_often_and_whenever() -> None:
    first = parsed('{"kind":"gap","at":"2026-03-02T04:00:00.000Z"}', "soc", SOC_ORIGIN, own_id="x")
    again = parsed('{"kind":"gap","at":"2026-03-02T04:30:00.000Z"}', "soc", SOC_ORIGIN, own_id="x")
    assert first.id == again.id
    assert first.logsources == (LogSource("soc", None, "gap"),)


def test_an_agency_cannot_speak_for_the_soc() -> None:
    event = parsed('{"kind":"warning","at":"2026-03-02T04:00:00.000Z"}', "soc")
    assert event.reason == "only the centre itself may send format soc"
    assert event.layer is Layer.ON_THE_SPOT


MIB = 1 << 20
HEAD = "Mar  2 04:00:00 h "
WEB = "1.2.3.4 - - [02/Mar/2026:11:00:00 +0700] "


@pytest.mark.timeout(20)
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("start", "piece", "end"),
    [
        ("", '"', ""),
        ("", "\\", ""),
        ('{"a":', "[", ""),
        ('{"a":', "9", "}"),
        ("{", '"a" :1,', '"a":1}'),
        ('{"a":"', "\\ud800", '"}'),
        (WEB + '"', '\\"', ""),
        (WEB + '"GET ', " HTTP/1", '" 200 1 x'),
        ("<1>1 - - - - - [", 'a="" ', ""),
        ("<1>1 - - - - - ", "[]", "x"),
        (HEAD + "sshd[1]: Failed password for ", " from a port 1", " x"),
        (HEAD + "sudo: a : PWD=/", " ; USER=x ;", ""),
        (HEAD + "x: pam_unix(x:session): session opened for user ", " (uid=1)", ""),
        (HEAD + "postfix/smtpd: NOQUEUE: reject: RCPT from a[b]: ", "; from=<", ""),
        (HEAD + "dovecot: imap-login: Disconnected ", " user=<>, method=,", ""),
        ("type=x ", 'a="\\" ', ""),
        ("type=x ", "a='", ""),
        ("type=EXECVE msg=", "audit(", ""),
    ],
)
def test_a_hostile_record_costs_no_more_than_its_length(form: str, start: str, piece: str, end: str) -> None:
    event = event_of(start + piece * (MIB // len(piece)) + end, form)
    assert event.original.startswith(start)


def test_bytes_are_read_in_the_encoding_that_the_record_names() -> None:
    raw = "user=đặng\u0a0d".encode("utf-16-le")
    event = event_of(raw, "pairs", encoding="utf-16-le")
    assert (event.original, Mark.MALFORMED in event.marks) == ("user=đặng\u0a0d", False)
    assert event_of(b"user=Vi\xea\xf2t", "pairs", encoding="cp1258").fields["user"] == "Việt"


def test_two_senders_of_an_agency_may_call_their_records_the_same() -> None:
    one, other = (parsed('{"a":1}', "json", Origin("so-y-te", name), own_id="1").id for name in ("c1", "c2"))
    assert one != other
