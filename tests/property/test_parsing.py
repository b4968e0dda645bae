"""Whatever bytes arrive: parsing never raises, says the same twice, and both JSON ways agree."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.readings import ORIGIN, READ_AT_MS, own_sources, record_of

from soc.kernel.errors import RecordError
from soc.model.event import Event, Mark
from soc.parsing import moments
from soc.parsing.ecs import to_ecs
from soc.parsing.objects import load_leniently, load_strictly
from soc.parsing.parse import FORMATS, parse

SEEDS = (
    '{"Event":{"System":{"EventID":{"#text":1},"Provider":{"#attributes":{"Name":"x"}}},"EventData":{"Data":[1]}}}',
    '{"winlog":{"channel":"Security","event_data":{"a b":1}},"event":{"code":"1"},"@timestamp":1772424000}',
    '{"_path":"dns","ts":1772424000.5,"query":"x","answers":["y"],"event":{"id":9}}',
    '{"kind":"gap","at":"2026-03-02T04:00:00Z"}',
    '<34>1 2026-03-02T04:00:00Z h app 1 - [a b="c\\""] text',
    "<13>Feb 29 04:00:00 h sshd[1]: Failed password for invalid user a from 1.2.3.4 port 1 ssh2",
    "Mar  2 04:00:00 h sudo: a : TTY=x ; PWD=/ ; USER=b ; COMMAND=c",
    "Mar  2 04:00:00 h postfix/smtpd[1]: NOQUEUE: reject: RCPT from h[1.2.3.4]: 5 no; from=<a> to=<b>",
    '1.2.3.4 - - [02/Mar/2026:11:00:00 +0700] "GET /?a=\\x41 HTTP/1.0" 404 - "-" "-"',
    "type=EXECVE msg=audit(1772424000.123:42): argc=1 a0=2F62 msg='x=\"y'",
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
NAMES = st.sampled_from(
    [
        "Event",
        "System",
        "EventData",
        "UserData",
        "#text",
        "#attributes",
        "EventID",
        "Channel",
        "Computer",
        "winlog",
        "event_data",
        "event",
        "id",
        "code",
        "kind",
        "at",
        "@timestamp",
        "ts",
        "_path",
        "log_name",
        "EventRecordID",
        "TimeCreated",
        "type",
        "msg",
        "winlog.channel",
        "host",
        "os",
        "Image",
    ]
)
likely_objects = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=30,
).map(json.dumps)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A record of some format with bytes cut out, put in or repeated."""
    raw = draw(st.sampled_from(SEEDS)).encode()
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(raw)))
        end = draw(st.integers(start, min(len(raw), start + 20)))
        piece = draw(st.binary(max_size=4) | st.just(raw[start:end] * 2))
        raw = raw[:start] + piece + raw[end:]
    return raw


anything = st.binary() | st.text().map(str.encode) | likely_objects.map(str.encode) | damaged()


def event_from(raw: bytes, form: str, **changes: Any) -> Event:
    record = record_of(raw, form, **changes)
    return parse(record, ORIGIN, received_at_ms=READ_AT_MS, sources=own_sources())


@pytest.mark.parametrize("form", FORMATS)
@given(raw=anything)
def test_parsing_never_raises_and_says_the_same_twice(form: str, raw: bytes) -> None:
    event = event_from(raw, form)
    assert event == event_from(raw, form)
    assert 0 <= event.at_ms <= moments.LAST_USABLE_MS
    assert (Mark.QUARANTINED in event.marks) == bool(event.reason) == (event.retention.value == "quarantine")
    if event.reason:
        assert event.fields == {}


@pytest.mark.parametrize("form", FORMATS)
@given(raw=anything)
def test_every_event_is_text_that_can_be_stored(form: str, raw: bytes) -> None:
    event = event_from(raw, form)
    event.original.encode("utf-8")
    json.dumps(event.fields, allow_nan=False, ensure_ascii=False).encode("utf-8")
    json.dumps(to_ecs(event, own_sources()), allow_nan=False, ensure_ascii=False).encode("utf-8")


@given(
    raw=anything,
    read_at_ms=st.integers(-(2**63), 2**63 - 1),
    zone=st.text(max_size=20) | st.sampled_from(["Asia/Ho_Chi_Minh", "UTC", "America/Sao_Paulo"]),
)
def test_no_reading_time_and_no_zone_makes_parsing_fail(raw: bytes, read_at_ms: int, zone: str) -> None:
    event = event_from(raw, "auto", read_at_ms=read_at_ms, zone=zone)
    assert 0 <= event.at_ms <= moments.LAST_USABLE_MS


odd_tokens = st.sampled_from(
    [
        r"1e400",
        r"-1e400",
        r"NaN",
        r"18446744073709551616",
        r"9223372036854775808.0",
        r'"\ud800"',
        r'"\ud83d\ude00"',
        r'{"a":1,"a":2}',
        r'"\":"',
        r'"a\":b"',
        r"1e-400",
        r"-0",
        r"-0.0",
        r"1E5",
        r'"\t"',
        r"[[[[]]]]",
        r"0.1",
        r'"\u0000"',
        r'"\u0022:"',
    ]
)
json_texts = st.builds(
    lambda body, token, gap: "{" + f'"x"{gap}:{gap}{token}{gap},"y":{body}' + "}",
    json_values.map(json.dumps),
    odd_tokens | json_values.map(json.dumps),
    st.sampled_from(["", " ", "\n\t"]),
)


@given(text=json_texts | st.text().map(lambda inner: "{" + inner + "}") | likely_objects)
def test_the_strict_way_and_the_lenient_way_agree_on_json(text: str) -> None:
    strict = load_strictly(text)
    if strict is None:
        return
    lenient, mended = load_leniently(text)
    assert repr(lenient) == repr(strict)
    assert not mended


@given(pairs=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9)), min_size=1, max_size=5))
def test_a_key_that_comes_twice_is_always_noticed(pairs: list[tuple[str, int]]) -> None:
    text = "{" + ",".join(f'"{key}" :{value}' for key, value in pairs) + "}"
    loaded, mended = load_leniently(text)
    assert loaded == dict(pairs)
    assert mended == (len(dict(pairs)) < len(pairs))
    assert (load_strictly(text) is None) == mended


@given(text=st.text())
def test_what_is_no_object_is_refused_by_name(text: str) -> None:
    try:
        load_leniently(text)
    except RecordError as error:
        assert str(error).startswith(("not JSON", "JSON "))  # noqa: PT017 - either outcome is right
