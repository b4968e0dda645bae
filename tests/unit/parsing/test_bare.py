"""Records read bare: the fields and log sources of the event, or nothing at all."""

import json

import pytest
from support.oddities import READABLE, UNREADABLE, line
from support.readings import context, event_of

from soc.model.event import Mark
from soc.parsing.bare import read_bare
from soc.parsing.objects import KEY_LIMIT
from soc.parsing.parse import FORMATS
from soc.parsing.reading import Context, Reading

BARE: Context = context()._replace(bare=True, near_ms=0)
LINES = {
    "syslog": "<13>Mar  1 08:30:00 host sshd[12]: Failed password for root from 10.0.0.1 port 22 ssh2",
    "access": '10.0.0.1 - - [01/Mar/2026:08:30:00 +0700] "GET /?q=1 HTTP/1.1" 200 5 "-" "curl"',
    "json": '{"eventSource":"s3.amazonaws.com","eventName":"Get","eventVersion":"1.08","a":{"b":[1.5]}}',
    "pairs": "type=USER_AUTH msg=audit(1772424000.1:4): pid=1 msg='acct=\"bob\" res=failed'",
    "auto": line(),
    "windows_json": line(),
    "evtx_json": json.dumps({"Event": {"System": {"EventID": 1, "Channel": "x"}, "EventData": {"a": "b"}}}),
}


def same(raw: bytes, form: str) -> Reading | None:
    """The bare reading, seen to be that of the whole event."""
    reading = read_bare(raw, form, BARE)
    if reading is not None:
        event = event_of(raw, form)
        assert Mark.QUARANTINED not in event.marks
        # As text: 1, 1.0 and true are equal and read differently.
        assert repr(reading.fields) == repr(event.fields)
        assert reading.logsources == event.logsources
    return reading


@pytest.mark.parametrize(("form", "text"), LINES.items())
def test_what_is_plain_is_read(form: str, text: str) -> None:
    reading = same(text.encode(), form)
    assert reading is not None
    assert (reading.at_ms, reading.own_id) == (None, "") or form in ("syslog", "access")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", [*READABLE, *UNREADABLE])
def test_what_is_odd_is_read_right_or_not_at_all(name: str, form: str) -> None:
    same((READABLE | UNREADABLE)[name], form)


@pytest.mark.parametrize("form", ["soc", "unheard of"])
def test_other_formats_are_for_the_parser(form: str) -> None:
    assert read_bare(b'{"kind":"x"}', form, BARE) is None


@pytest.mark.parametrize(
    "raw",
    [
        b"[]",
        b"",
        b"{",
        b'{"a":"\xff"}',
        b'{"a":"\\ud800"}',
        b'{"a":1e400}',
        b'{"a":18446744073709551616}',
        b'{"a":NaN}',
        b"{}\0",
        b'{"d":' * 65 + b"1" + b"}" * 65,
        json.dumps(dict.fromkeys(map(str, range(KEY_LIMIT + 1)))).encode(),
    ],
    ids=lambda raw: str(raw[:12]),
)
def test_objects_that_may_have_to_be_mended_are_for_the_parser(raw: bytes) -> None:
    assert read_bare(raw, "auto", BARE) is None


def test_no_object_short_enough_to_be_read_has_too_many_keys() -> None:
    names = [chr(n) for n in range(32, 127) if chr(n) not in '"\\']
    inner = "{" + ",".join(f'"{name}":0' for name in ["", *names]) + "}"
    text = '{"":[' + ",".join([inner] * (KEY_LIMIT // len(names))) + "]}"
    assert len(names) * text.count("{") > KEY_LIMIT
    assert read_bare(text.encode(), "json", BARE) is None
    assert same(text.replace("," + inner, "", 2).encode(), "json") is not None


@pytest.mark.parametrize("text", [*LINES.values(), " {}", "\ufeff" + line(), "neither one nor another"])
def test_what_a_line_is_may_be_guessed(text: str) -> None:
    same(text.encode(), "auto")
    same(text.encode() + b"\xff", "auto")


def test_an_object_under_a_line_format_is_read_as_a_line() -> None:
    assert read_bare(line().encode(), "access", BARE) is None
    same(line().encode(), "syslog")
