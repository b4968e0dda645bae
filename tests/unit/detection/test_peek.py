"""A peek: a few rules decided by the few fields that they ask for."""

from typing import Any

import orjson
import pytest
from support.rulings import loaded, rule_text

from soc.detection.engine import Engine
from soc.detection.peek import MAX_FIELDS, Peek


def peek_of(*detections: str) -> Peek | None:
    book = loaded(*(rule_text(text, id=str(n)) for n, text in enumerate(detections)))
    assert book.errors == ()
    engine = Engine(book.rules)
    return Peek.of(engine._rules, engine._judges)


def told(detection: str, raw: bytes | dict[str, Any]) -> bool | None:
    peek = peek_of(detection)
    assert peek is not None
    return peek.matches(raw if isinstance(raw, bytes) else orjson.dumps(raw))


DETECTION = "{s: {f|contains: evil}, t: {n: 5}, condition: s and not t}"


def test_it_tells_whether_any_of_its_rules_matches() -> None:
    assert told(DETECTION, {"f": "EVIL", "n": 4, "other": [1]}) is True
    assert told(DETECTION, {"f": "evil", "n": 5}) is False
    assert told(DETECTION, {"f": "evil", "n": "5.0"}) is False
    assert told(DETECTION, {"f": "good", "n": 4}) is False
    assert told(DETECTION, b'{"f":"good","f":"evil","n":5,"n":4}') is True


@pytest.mark.parametrize("value", [None, True, 5.0, 1e300, [5], {"n": 5}, 2**63, -(2**63) - 1, 10**90])
def test_what_is_no_text_and_no_integer_of_64_bits_is_for_others(value: Any) -> None:
    raw = b'{"f":"evil","n":' + (str(value).encode() if type(value) is int else orjson.dumps(value)) + b"}"
    assert told(DETECTION, raw) is None


@pytest.mark.parametrize(
    "raw",
    [
        b'{"f":"evil"}',
        b'{"f":"\xff","n":1}',
        b'{"f":"evil","n":1',
        b"",
        b"[]",
        b'{"f":"evil","n":' + b"9" * 5000 + b"}",
        b'{"f":"evil","n":1,"d":' + b"[" * 100_000,
        b'{"f":"\\ud800","n":1}',
    ],
)
def test_what_cannot_be_read_or_is_missing_is_for_others(raw: bytes) -> None:
    assert told(DETECTION, raw) is None


@pytest.mark.parametrize(
    "detection",
    [
        "{s: {a.b: x}, condition: s}",
        "{s: {Parent Image: x}, condition: s}",
        "{s: {f|fieldref: g}, condition: s}",
        "{k: [needle], s: {f: x}, condition: k and s}",
        "{s: {'a\"b': x}, condition: s}",
        "{s: {" + ", ".join(f"f{n}: x" for n in range(MAX_FIELDS + 1)) + "}, condition: s}",
    ],
    ids=["dotted", "blank", "reference", "keyword", "quote", "too many"],
)
def test_rules_that_need_more_than_a_few_plain_fields_have_none(detection: str) -> None:
    assert peek_of(detection) is None


def test_as_many_fields_as_are_allowed_are_read() -> None:
    names = [f"f{n}" for n in range(MAX_FIELDS)]
    detection = "{s: {" + ", ".join(f"{name}: x" for name in names) + "}, condition: s}"
    assert told(detection, dict.fromkeys(names, "x")) is True
    assert told(detection, {**dict.fromkeys(names, "x"), "f3": "y"}) is False


def test_names_may_be_any_that_are_plain() -> None:
    for name in ("class", "@timestamp", "tên", "_", "f-1", "if"):
        assert told(f"{{s: {{'{name}': x}}, condition: s}}", {name: "x"}) is True
