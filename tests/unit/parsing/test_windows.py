import json
from typing import Any

import pytest
from support.readings import context, event_of

from soc.model.event import LogSource
from soc.parsing.windows import is_windows, read_windows


def dump(system: dict[str, Any], **sections: Any) -> str:
    return json.dumps({"Event": {"#attributes": {"xmlns": "x"}, "System": system, **sections}})


SYSMON = "Microsoft-Windows-Sysmon/Operational"
HEADER: dict[str, Any] = {
    "Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon", "Guid": "g"}},
    "EventID": 1,
    "TimeCreated": {"#attributes": {"SystemTime": "2026-01-01T00:00:00.123456Z"}},
    "EventRecordID": 7,
    "Correlation": None,
    "Execution": {"#attributes": {"ProcessID": 4, "ThreadID": 8}},
    "Channel": SYSMON,
    "Computer": "PC1",
    "Security": {"#attributes": {"UserID": "S-1-5-18"}},
}


def test_header_attributes_get_sigmas_names() -> None:
    fields = read_windows(dump(HEADER, EventData={"Image": "a.exe"}), context()).fields
    assert fields == {
        "Provider_Name": "Microsoft-Windows-Sysmon",
        "Provider_Guid": "g",
        "EventID": 1,
        "TimeCreated_SystemTime": "2026-01-01T00:00:00.123456Z",
        "EventRecordID": 7,
        "Execution_ProcessID": 4,
        "Execution_ThreadID": 8,
        "Channel": SYSMON,
        "Computer": "PC1",
        "Security_UserID": "S-1-5-18",
        "Image": "a.exe",
    }


def test_the_header_wins_over_user_data_of_the_same_name() -> None:
    body = {
        "LogFileCleared": {"#attributes": {"xmlns": "y"}, "Channel": "Security", "SubjectUserName": "eve"}
    }
    fields = read_windows(dump(HEADER | {"Channel": "System"}, UserData=body), context()).fields
    assert (fields["Channel"], fields["SubjectUserName"]) == ("System", "eve")
    assert "xmlns" not in fields


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"Data": {"#text": ["one", "two"]}}, {"Data": ["one", "two"]}),
        ({"Data": {"#text": "one"}}, {"Data": "one"}),
        ({"Source Name": "EICAR"}, {"SourceName": "EICAR"}),
        ({"#attributes": {"Name": "X"}, "A": None, "B": True}, {"A": None, "B": True}),
        (
            {"Data": [{"#attributes": {"Name": "User"}, "#text": "bob"}, {"#text": "rest"}]},
            {"User": "bob", "Data": "rest"},
        ),
        (None, {}),
    ],
)
def test_event_data_of_every_shape_becomes_fields(data: Any, expected: dict[str, Any]) -> None:
    fields = read_windows(dump({"EventID": 5}, EventData=data), context()).fields
    assert fields == {"EventID": 5, **expected}


def test_values_under_one_name_are_a_list_and_none_hides_another() -> None:
    text, named = "#text", {"#attributes": {"Name": "Image"}}
    data = [{text: "a.exe", **named}, {text: "evil.exe", **named}, {text: "x"}, {text: "y"}]
    fields = read_windows(
        dump(HEADER, EventData={"Data": data}, UserData={"E": {"Channel": "z"}}), context()
    ).fields
    assert (fields["Image"], fields["Data"]) == (["a.exe", "evil.exe"], ["x", "y"])
    assert fields["Channel"] == SYSMON


@pytest.mark.parametrize("written", [1, 1.0, "1", " 1 ", "1.0", "1e0"])
def test_an_event_id_is_the_same_number_however_it_is_written(written: Any) -> None:
    reading = read_windows(json.dumps({"Channel": SYSMON, "EventID": written}), context())
    assert repr(reading.fields["EventID"]) == "1"
    assert LogSource("windows", "process_creation", "sysmon") in reading.logsources


@pytest.mark.parametrize("written", [1.5, "x", "1" * 40, True, None, [1]])
def test_what_is_no_event_id_stays_as_it_is(written: Any) -> None:
    assert (
        read_windows(json.dumps({"Channel": SYSMON, "EventID": written}), context()).fields["EventID"]
        == written
    )


def test_an_event_id_with_qualifiers_is_a_number() -> None:
    system = HEADER | {"EventID": {"#attributes": {"Qualifiers": 16384}, "#text": "4624"}}
    fields = read_windows(dump(system), context()).fields
    assert (fields["EventID"], fields["EventID_Qualifiers"]) == (4624, 16384)


FLAT = {
    "Channel": "security",
    "EventID": "4624",
    "Hostname": "DC1",
    "SourceName": "Microsoft-Windows-Security-Auditing",
    "RecordNumber": 9,
    "EventTime": "2026-01-01 07:00:00",
    "Target User": "bob",
}
BEAT = {
    "@timestamp": "2026-01-01T00:00:00.000Z",
    "winlog": {
        "channel": "Security",
        "computer_name": "DC1",
        "provider_name": "Microsoft-Windows-Security-Auditing",
        "record_id": 9,
        "event_data": {"Target User": "bob"},
    },
    "event": {"code": "4624"},
    "message": "logged on",
}
DOTTED = {
    "@timestamp": "2026-01-01T00:00:00.000Z",
    "winlog.channel": "Security",
    "winlog.event_id": 4624,
    "winlog.computer_name": "DC1",
    "winlog.provider_name": "Microsoft-Windows-Security-Auditing",
    "winlog.record_id": 9,
    "winlog.event_data.TargetUser": "bob",
}
OLD_BEAT = {
    "@timestamp": "2026-01-01T00:00:00.000Z",
    "log_name": "Security",
    "event_id": 4624,
    "computer_name": "DC1",
    "source_name": "Microsoft-Windows-Security-Auditing",
    "record_number": "9",
    "event_data": {"TargetUser": "bob"},
}


@pytest.mark.parametrize("shape", [FLAT, BEAT, DOTTED, OLD_BEAT], ids=["flat", "beat", "dotted", "old beat"])
def test_every_shippers_object_comes_under_the_same_names(shape: dict[str, Any]) -> None:
    assert is_windows(shape)
    reading = read_windows(json.dumps(shape), context())
    named = {name: reading.fields[name] for name in ("EventID", "Computer", "Provider_Name", "TargetUser")}
    assert named == {
        "EventID": 4624,
        "Computer": "DC1",
        "Provider_Name": "Microsoft-Windows-Security-Auditing",
        "TargetUser": "bob",
    }
    assert str(reading.fields["EventRecordID"]) == "9"
    assert reading.logsources == (LogSource("windows", None, "security"),)
    assert reading.own_id_suffices


def test_a_plain_object_is_no_windows_event() -> None:
    assert not is_windows({"Event": "started", "message": "x"})
    assert not is_windows({"EventID": 4})


def test_a_record_number_makes_the_event_id_independent_of_bytes_and_place() -> None:
    first = event_of(dump(HEADER), "evtx_json", offset=0)
    again = event_of(dump(HEADER, EventData={}), "windows_json", offset=99, fingerprint="other")
    other = event_of(dump(HEADER | {"EventRecordID": 8}), "evtx_json", offset=0)
    assert first.id == again.id != other.id


def test_without_a_record_number_the_place_in_the_file_tells_records_apart() -> None:
    body = dump({**HEADER, "EventRecordID": None})
    assert event_of(body, "evtx_json", offset=0).id != event_of(body, "evtx_json", offset=99).id
