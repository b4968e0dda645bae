import json
from typing import Any

import pytest
from support.readings import context, event_of, own_sources

from soc.model.event import LogSource
from soc.parsing.plain import read_json
from soc.parsing.recognition import recognise_object


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"_path": "conn", "ts": 1}, LogSource("zeek", None, "conn")),
        ({"event_type": "alert", "flow_id": 1}, LogSource("suricata", None, "alert")),
        ({"eventSource": "s3", "eventName": "x", "awsRegion": "y"}, LogSource("aws", None, "cloudtrail")),
        ({"category": "SIGNINLOGS", "operationName": "x"}, LogSource("azure", None, "signinlogs")),
        ({"objectRef": {}, "verb": "get", "auditID": "1"}, LogSource("kubernetes", "application", "audit")),
        (
            {"Image": "/bin/sh", "CommandLine": "sh", "host": {"os": {"type": "linux"}}},
            LogSource("linux", "process_creation", None),
        ),
        ({"cs-method": "GET", "cs-host": "x"}, LogSource(None, "proxy", None)),
    ],
)
def test_an_object_is_told_by_its_fields(record: dict[str, Any], expected: LogSource) -> None:
    assert recognise_object(own_sources(), record, "s") == (expected,)


def test_an_unknown_object_has_no_log_source() -> None:
    assert recognise_object(own_sources(), {"hello": 1}, "s") == ()


def test_a_word_of_the_source_names_a_log_that_the_object_does_not() -> None:
    record = {"uid": "C1", "id.orig_h": "10.0.0.1", "ts": 1}
    assert recognise_object(own_sources(), record, "zeek-dns.log") == (LogSource("zeek", None, "dns"),)
    assert recognise_object(own_sources(), record, "sensor") == (LogSource("zeek", None, None),)


@pytest.mark.parametrize("path", ["DNS", "x" * 1000, ""])
def test_a_service_is_named_in_small_letters_however_long(path: str) -> None:
    for _ in range(2):
        found = recognise_object(own_sources(), {"_path": path, "ts": 1}, "s")
        assert found == (LogSource("zeek", None, path.lower()),)


def test_a_log_source_brings_its_category_and_its_field_names() -> None:
    record = {"_path": "http", "ts": 1, "uri": "/x", "user_agent": "u", "host": "h", "c-uri": "own"}
    event = event_of(json.dumps(record), "json")
    assert event.logsources == (LogSource("zeek", "proxy", "http"),)
    assert (event.fields["c-useragent"], event.fields["cs-host"]) == ("u", "h")
    assert event.fields["c-uri"] == "own", "a field of the record itself is never replaced"


def test_reading_alone_leaves_the_object_untouched() -> None:
    assert read_json('{"_path":"dns","ts":1}', context()).fields == {"_path": "dns", "ts": 1}
