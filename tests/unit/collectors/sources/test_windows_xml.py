"""Events of Windows as XML: the same fields as from the JSON of the same log."""

import json
from itertools import islice
from typing import Any

import pytest
from evtx import PyEvtxParser
from support.evtx_files import corpus
from support.readings import context

from collectors.sources.windows_xml import MAX_XML_CHARACTERS, json_of
from soc.kernel.errors import RecordError
from soc.model.event import Fields
from soc.parsing.windows import read_windows

SAMPLES = [
    "Lateral Movement/LM_5145_Remote_FileCopy.evtx",
    "Defense Evasion/DE_1102_security_log_cleared.evtx",
    "UACME_59_Sysmon.evtx",
    "Execution/rogue_msi_url_1040_1042.evtx",
]


def comparable(fields: Fields) -> dict[str, str]:
    """Return the fields that have a value, as text: XML knows no types."""
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
    return {
        name: text.casefold().strip()
        for name, text in texts.items()
        if text not in ("", "null") and not name.startswith("xmlns")
    }


@pytest.mark.parametrize("name", SAMPLES)
def test_xml_and_json_of_a_log_give_the_same_names(name: str) -> None:
    path = str(corpus() / name)
    of_xml = islice(PyEvtxParser(path).records(), 50)
    of_json = islice(PyEvtxParser(path).records_json(), 50)
    for xml, expected in zip(of_xml, of_json, strict=True):
        assert xml is not None
        assert expected is not None
        ours = read_windows(json_of(xml["data"]).decode(), context())
        theirs = read_windows(expected["data"], context())
        assert ours.logsources == theirs.logsources
        assert ours.at_ms == theirs.at_ms
        assert comparable(ours.fields).keys() == comparable(theirs.fields).keys()


def event_in(xml: str) -> Any:
    return json.loads(json_of(xml))["Event"]


def test_data_with_names_without_and_twice_all_stay() -> None:
    data = '<Data Name="a">1</Data><Data>x</Data><Data>y</Data><Binary>FF</Binary>'
    assert event_in(f"<Event><EventData>{data}</EventData></Event>") == {
        "EventData": {"a": "1", "Data": ["x", "y"], "Binary": "FF"}
    }


def test_attributes_and_texts_of_the_header_stay_apart() -> None:
    xml = '<Event><System><EventID Qualifiers="3">7</EventID><Level>4</Level><Correlation/></System></Event>'
    assert event_in(xml) == {
        "System": {
            "EventID": {"#attributes": {"Qualifiers": "3"}, "#text": "7"},
            "Level": "4",
            "Correlation": None,
        }
    }


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "<Event",
        "<Other/>",
        '<!DOCTYPE x [<!ENTITY a "b">]><Event>&a;</Event>',
        "<Event>" + "<a>" * 100 + "</a>" * 100 + "</Event>",
        "<Event>" + " " * MAX_XML_CHARACTERS + "</Event>",
    ],
)
def test_what_is_no_event_is_refused(xml: str) -> None:
    with pytest.raises(RecordError):
        json_of(xml)
