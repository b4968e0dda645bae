import json
from typing import Any

import pytest
from support.national import as_bytes

from soc.kernel.errors import NcscError
from soc.response.warnings import MAX_INDICATORS, MAX_TITLE, MAX_VALUE, Named, read_warning


def indicator(pattern: str, **more: Any) -> dict[str, Any]:
    return {"type": "indicator", "pattern": pattern, "pattern_type": "stix", **more}


def named(*objects: Any) -> list[tuple[str, str]]:
    warned = read_warning(as_bytes({"type": "bundle", "objects": list(objects)}))
    return [(found.kind, found.value) for found in warned.indicators]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[ipv4-addr:value = '203.0.113.9']", [("ipv4-addr", "203.0.113.9")]),
        ("[ipv4-addr:value='203.0.113.9']", [("ipv4-addr", "203.0.113.9")]),
        ("[ ipv6-addr:value = '2001:DB8::0009' ]", [("ipv6-addr", "2001:db8::9")]),
        ("[domain-name:value = 'xấu.example']", [("domain-name", "xấu.example")]),
        (r"[url:value = 'http://a/it\'s\\x']", [("url", r"http://a/it's\x")]),
        (
            "[domain-name:value = 'a' OR domain-name:value = 'b'] OR [(ipv4-addr:value = '198.51.100.1')]",
            [("domain-name", "a"), ("domain-name", "b"), ("ipv4-addr", "198.51.100.1")],
        ),
        ("[domain-name:value = 'a OR b']", [("domain-name", "a OR b")]),
    ],
)
def test_what_a_pattern_names_is_read(pattern: str, expected: list[tuple[str, str]]) -> None:
    assert named(indicator(pattern)) == expected


@pytest.mark.parametrize(
    "pattern",
    [
        "[ipv4-addr:value = '203.0.113.9' AND domain-name:value = 'a']",
        "[domain-name:value = 'a'] FOLLOWEDBY [domain-name:value = 'b']",
        "[NOT domain-name:value = 'a']",
        "[domain-name:value != 'a']",
        "[domain-name:value LIKE '%a']",
        "[domain-name:value = 'a'] WITHIN 5 SECONDS",
        "[ipv4-addr:value = '203.0.113.0/24']",
        "[ipv4-addr:value = 'not an address']",
        "[domain-name:value = '']",
        "[domain-name:value = 'never closed",
        "",
    ],
)
def test_what_names_nothing_by_itself_is_left_out(pattern: str) -> None:
    assert named(indicator(pattern)) == []


def test_revoked_and_foreign_patterns_are_left_out() -> None:
    pattern = "[domain-name:value = 'a']"
    assert named(indicator(pattern, revoked=True), indicator(pattern, pattern_type="sigma")) == []


def test_a_thing_named_twice_is_named_once() -> None:
    assert named(*[indicator("[domain-name:value = 'a']")] * 3) == [("domain-name", "a")]


def test_the_title_is_that_of_the_report() -> None:
    body = as_bytes({"objects": [indicator("x"), {"type": "report", "name": "Chiến dịch"}]})
    assert read_warning(body).title == "Chiến dịch"


def test_everything_is_bounded() -> None:
    many = [indicator(f"[domain-name:value = 'd{n}']") for n in range(MAX_INDICATORS + 5)]
    long = indicator(f"[url:value = '{'u' * (MAX_VALUE + 1)}']")
    body = as_bytes({"objects": [{"type": "note", "name": "x" * 9999}, long, *many]})
    warned = read_warning(body)
    assert len(warned.indicators) == MAX_INDICATORS
    assert len(warned.title) == MAX_TITLE
    assert warned.indicators[0] == Named("domain-name", "d0")


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff", b"[1]", b"7", b'{"objects": 7}', b'{"objects": {}}', b'{"a":' + b"[" * 100_000],
    ids=["empty", "bytes", "list", "number", "number of objects", "object of objects", "deep"],
)
def test_what_is_no_bundle_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(NcscError, match="a warning that is"):
        read_warning(body)


def test_odd_objects_do_no_harm() -> None:
    odd: list[Any] = [
        7,
        None,
        [],
        {"type": []},
        {"type": "indicator", "pattern": {"a": 1}},
        {"type": "report", "name": None},
    ]
    assert named(*odd, indicator("[domain-name:value = 'a']")) == [("domain-name", "a")]


def test_a_hostile_pattern_costs_no_more_than_its_length() -> None:
    parts = ("[a:value = '", "[" * 10, "a" * 1000, "\\" * 999, "(" * 10, "OR " * 10)
    assert len(named(*(indicator(part * 2000) for part in parts))) <= 1


def test_a_body_of_json_text_survives_the_round_trip() -> None:
    body = as_bytes({"objects": [indicator("[domain-name:value = 'đ']")]})
    assert read_warning(json.dumps(json.loads(body)).encode()) == read_warning(body)
