"""Dumps of the usual shape read straight: what the parser makes of them, or nothing."""

import json
from typing import Any

import pytest
from support.readings import context, event_of

from soc.model.event import LogSource
from soc.parsing.dump import dump_reading

BARE = context()._replace(bare=True, near_ms=0)
SYSMON = "Microsoft-Windows-Sysmon/Operational"
SYSTEM: dict[str, Any] = {
    "Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon", "Guid": "g"}},
    "EventID": 1,
    "Level": 4,
    "Correlation": None,
    "Execution": {"#attributes": {"ProcessID": 4, "ThreadID": 8}},
    "Channel": SYSMON,
    "Computer": "PC1",
}
DATA: dict[str, Any] = {"Image": "C:\\a.exe", "ProcessId": 7, "Elevated": True, "Hash": None, "Computer": "x"}


def dump(system: dict[str, Any] = SYSTEM, data: object = DATA, **sections: object) -> bytes:
    event = {"#attributes": {"xmlns": "x"}, "System": system, "EventData": data, **sections}
    return json.dumps({"Event": event}).encode()


def test_an_event_of_the_usual_shape_is_read_with_its_log_sources() -> None:
    reading = dump_reading(dump(), BARE)
    assert reading is not None
    assert reading.fields == {
        "Image": "C:\\a.exe",
        "ProcessId": 7,
        "Elevated": True,
        "Hash": None,
        "Computer": "PC1",
        "Provider_Name": "Microsoft-Windows-Sysmon",
        "Provider_Guid": "g",
        "EventID": 1,
        "Level": 4,
        "Execution_ProcessID": 4,
        "Execution_ThreadID": 8,
        "Channel": SYSMON,
    }
    assert LogSource(product="windows", category="process_creation", service="sysmon") in reading.logsources


@pytest.mark.parametrize("form", ["auto", "json", "windows_json", "evtx_json"])
@pytest.mark.parametrize(
    "raw",
    [
        dump(),
        dump(data=None),
        dump(data={}),
        dump({}),
        dump({**SYSTEM, "Channel": None}, {"Channel": SYSMON}),
        dump({**SYSTEM, "EventID": {"#attributes": {"Qualifiers": 0}, "#text": 1}}),
        dump({**SYSTEM, "EventID": {"#text": "1"}}),
        dump({**SYSTEM, "EventID": "1"}),
        dump({**SYSTEM, "EventID": None}, {"EventID": "2"}),
        dump({**SYSTEM, "Odd One": {"#text": {"a": 1}, "#attributes": "b", "c": 2}}),
        dump(data={"#Text": 1, "Event": 2, "System": 3, "": 4}),
        dump().replace(b'"Level"', b'"Channel": "Security", "Channel"').replace(b": 4,", b': "System",', 1),
        dump(data={"a": 2**63 - 1, "b": -(2**63)}),
        dump().replace(b"7", b"-0"),
    ],
)
def test_it_is_what_the_parser_makes_of_it(raw: bytes, form: str) -> None:
    reading, event = dump_reading(raw, BARE), event_of(raw, form)
    assert reading is not None
    assert repr(reading.fields) == repr(event.fields)
    assert reading.logsources == event.logsources


@pytest.mark.parametrize(
    "raw",
    [
        b'{"Event":{}}',
        b'{"Event":null}',
        dump()[:-1],
        dump() + b"x",
        dump() + dump(),
        dump().replace(b"a.exe", b"\xff"),
        dump().replace(b"a.exe", b"\\ud800"),
        dump().replace(b"a.exe", b"\\x41"),
        dump().replace(b"a.exe", b"\n"),
        dump().replace(b"#attributes", b"attributes", 1),
        dump(UserData={"a": 1}),
        dump(UserData=None),
        dump(data="text"),
        dump(data=[1]),
        dump(data={"a": [1]}),
        dump(data={"a": {"b": 1}}),
        dump(data={"a": 1.5}),
        dump(data={"a": 2**63}),
        dump(data={"a": int("9" * 90)}),
        dump(data={"a": "NaN"}).replace(b'"NaN"', b"NaN"),
        dump(data={"#text": "a"}),
        dump(data={"#attributes": "a"}),
        dump(data={"EventData": None}),
        dump(data={"UserData": None}),
        dump(data={"a b": 1, "ab": 2}),
        dump({**SYSTEM, "a": [1]}),
        dump({**SYSTEM, "a": 1.5}),
        dump({**SYSTEM, "a": {"b": {"c": {}}}}),
        dump()[:-1] + b',"Channel":"x"}',
        dump()[:-1] + b',"x":"\xff"}',
    ],
)
def test_of_any_other_shape_nothing_is_said(raw: bytes) -> None:
    assert dump_reading(raw, BARE) is None
