from typing import Any

import pytest
from support.readings import context

from soc.kernel.clock import iso_ms
from soc.kernel.errors import RecordError
from soc.model.event import LogSource
from soc.parsing.access import read_access

TIME = "[02/Mar/2026:11:00:00 +0700]"


def test_a_combined_line_has_sigmas_web_server_fields() -> None:
    line = f'203.0.113.9 - bob {TIME} "GET /a.php?id=1 HTTP/1.1" 200 512 "http://x/" "curl/8"\n'
    reading = read_access(line, context())
    assert reading.fields == {
        "c-ip": "203.0.113.9",
        "cs-username": "bob",
        "cs-method": "GET",
        "c-uri": "/a.php?id=1",
        "cs-uri-stem": "/a.php",
        "cs-uri-query": ["/a.php?id=1", "id=1"],
        "c-uri-query": "id=1",
        "cs-version": "HTTP/1.1",
        "sc-status": 200,
        "sc-bytes": 512,
        "cs-referer": "http://x/",
        "cs-user-agent": "curl/8",
    }
    assert reading.logsources == (LogSource(category="webserver"),)
    assert reading.at_ms is not None
    assert iso_ms(reading.at_ms) == "2026-03-02T04:00:00.000Z"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f'1.2.3.4 - - {TIME} "GET / HTTP/1.0" 404 -', {"cs-uri-query": "/", "sc-status": 404}),
        (f'x.vn:443 1.2.3.4 - - {TIME} "GET / HTTP/2.0" 200 0 "-" "-"', {"cs-host": "x.vn", "sc-bytes": 0}),
        (f'2001:db8::1 - a b {TIME} "GET / HTTP/2.0" 200 0', {"c-ip": "2001:db8::1", "cs-username": "a b"}),
        (f'1.2.3.4 - - {TIME} "GET /a" 200 0', {"c-uri": "/a", "cs-method": "GET"}),
        (f'1.2.3.4 - - {TIME} "\\x16\\x03" 400 0', {"c-uri": "\x16\x03", "cs-uri-query": "\x16\x03"}),
        (f'1.2.3.4 - - {TIME} "-" 408 0', {"c-uri": "-"}),
        (
            f'1.2.3.4 - - {TIME} "GET / HTTP/1.1" 200 0 "-" "a \\"q\\" \\xc4\\x91"',
            {"cs-user-agent": 'a "q" đ'},
        ),
        (
            f'1.2.3.4 - - {TIME} "GET /\\\\" 200 0 "a\\" 1 \\\\" "b"',
            {"c-uri": "/\\", "cs-referer": 'a" 1 \\', "cs-user-agent": "b"},
        ),
        (
            f'1.2.3.4 - - {TIME} "GET /a HTTP/1.1 b HTTP/1.1\\x0a" 200 0',
            {"c-uri": "/a HTTP/1.1 b", "cs-version": "HTTP/1.1"},
        ),
        (
            f'1.2.3.4 - - {TIME} "GET / HTTP/1.1" 200 0 "-" "x" "10.0.0.1" rt=3',
            {"message": '"10.0.0.1" rt=3'},
        ),
    ],
)
def test_variants_of_the_format_are_read(line: str, expected: dict[str, Any]) -> None:
    fields = read_access(line, context()).fields
    assert {name: fields.get(name) for name in expected} == expected


def test_an_absent_value_is_an_absent_field() -> None:
    fields = read_access(f'1.2.3.4 - - {TIME} "GET / HTTP/1.0" 404 - "-" "-"', context()).fields
    assert not {"cs-username", "cs-referer", "cs-user-agent", "sc-bytes", "c-uri-query", "cs-host"} & set(
        fields
    )


@pytest.mark.parametrize(
    "time", ["[99/Mar/2026:11:00:00 +0700]", "[02/Xyz/2026:11:00:00]", "[02/Mar/2026:99:00:00]"]
)
def test_an_impossible_time_is_no_time(time: str) -> None:
    assert read_access(f'1.2.3.4 - - {time} "GET / HTTP/1.0" 404 -', context()).at_ms is None


def test_an_impossible_offset_is_bounded() -> None:
    assert read_access('1.2.3.4 - - [02/Mar/2026:11:00:00 +9999] "GET / HTTP/1.0" 404 -', context()).at_ms


@pytest.mark.parametrize("line", ["", "hello", '1.2.3.4 - - "GET /" 200 0', f"1.2.3.4 - - {TIME} GET 200 0"])
def test_another_format_is_refused(line: str) -> None:
    with pytest.raises(RecordError, match="not an access log line"):
        read_access(line, context())
