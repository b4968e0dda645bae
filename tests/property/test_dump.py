"""Dumps of Windows events, oddly written and damaged: read bare they are what the parser makes of them."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.drawn import TEXTS, values
from support.readings import context, event_of
from support.spelled import rewritten, spelled

from soc.model.event import Mark
from soc.parsing.bare import read_bare

BARE = context()._replace(bare=True, near_ms=0)
CHANNELS = st.sampled_from(["Security", "Microsoft-Windows-Sysmon/Operational", "x", None])
plain = st.sampled_from([*TEXTS, 1, 4688, 2**63 - 1, True, None])
odd = values | st.sampled_from([2**63, 2**64, -0.0, 1.0])
names = st.sampled_from(
    [
        "a",
        "b",
        "a b",
        "ab",
        "Image",
        "EventID",
        "Channel",
        "EventData",
        "UserData",
        "#text",
        "#attributes",
        "",
    ]
)
texts = st.builds(lambda text, parts: {"#text": text, "#attributes": parts}, plain, st.just({"Name": "a b"}))
data = st.dictionaries(names, plain, max_size=4)
other = st.none() | st.dictionaries(names, plain | odd | texts, max_size=4)
element = plain | texts | st.fixed_dictionaries({"#attributes": st.dictionaries(names, plain, max_size=2)})
system = st.builds(
    lambda channel, number, rest: {"EventID": number, "Channel": channel} | rest,
    CHANNELS,
    st.sampled_from([1, 4688, "1", 1.0, {"#text": 1}]),
    st.dictionaries(names, element, max_size=3),
)


def event(header: dict[str, Any], body: object, rest: dict[str, object]) -> dict[str, object]:
    return {"Event": {"#attributes": {"xmlns": "x"}, "System": header, "EventData": body, **rest}}


usual = st.builds(event, system, data, st.just({}))
unusual = st.builds(event, system, data | other, st.just({}) | st.fixed_dictionaries({"UserData": other}))
oddly = unusual.flatmap(spelled).map(lambda text: text.encode("utf-8", "surrogatepass"))
written = usual.map(json.dumps).map(str.encode)


@given(
    raw=written | written.flatmap(rewritten) | oddly.flatmap(rewritten),
    form=st.sampled_from(["auto", "json", "windows_json", "evtx_json"]),
)
def test_what_is_read_bare_is_what_the_whole_event_has(raw: bytes, form: str) -> None:
    reading = read_bare(raw, form, BARE)
    if reading is not None:
        whole = event_of(raw, form)
        assert Mark.QUARANTINED not in whole.marks
        assert repr(reading.fields) == repr(whole.fields)
        assert reading.logsources == whole.logsources
