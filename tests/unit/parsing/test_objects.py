import json

import pytest

from soc.kernel.errors import RecordError
from soc.parsing.objects import DEPTH_LIMIT, KEY_LIMIT, load_leniently, load_object, load_strictly


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a":1,"a":2}', {"a": 2}),
        ('{"a":1,"a" :2}', {"a": 2}),
        (r'{"a":"\ud800x"}', {"a": "\ufffdx"}),
        (r'{"\udfff":1}', {"\ufffd": 1}),
        ('{"a":["\\ud800"]}', {"a": ["\ufffd"]}),
        ('{"a":1e400}', {"a": "1e400"}),
        ('{"a":-1e400}', {"a": "-1e400"}),
        ('{"a":NaN,"b":-Infinity}', {"a": "NaN", "b": "-Infinity"}),
        ('{"a":18446744073709551616}', {"a": "18446744073709551616"}),
        ('{"a":"tab\there"}', {"a": "tab\there"}),
        ('{"a":"nul\0here"}', {"a": "nul\0here"}),
        (r'{"a":"say \x22\xC4\x91\x22"}', {"a": 'say "đ"'}),
        (r'{"a":"C:\Users\q\\r"}', {"a": r"C:\Users\q\r"}),
        (r'{"a":"\x5c\u12"}', {"a": r"\\u12"}),
        ('{"a":' + "9" * 5000 + "}", {"a": "9" * 5000}),
    ],
)
def test_odd_json_is_mended_and_marked(text: str, value: dict[str, object]) -> None:
    assert load_object(text) == (value, True)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":18446744073709551615,"b":-9223372036854775808,"c":1e-400,"d":-0.0,"e":0.1}',
        '{"a":"\\u0000","b":"\\ud83d\\ude00","c":null,"d":true}',
        r'{"quoted":"say \":\" twice \":\""}',
        '{"float":1e300}',
        ' {"a" : {"b" : [ {"c":1}, [] ] } } \n',
    ],
)
def test_plain_json_is_not_marked_whichever_way_it_is_read(text: str) -> None:
    assert load_object(text) == (json.loads(text), False)
    assert load_leniently(text) == (json.loads(text), False)


def test_a_key_given_twice_is_never_read_the_strict_way() -> None:
    assert load_strictly('{"a":{"b":1,"b":1}}') is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[1]", "JSON list found; an object is expected"),
        ("5", "JSON int found; an object is expected"),
        ("{", "not JSON: Expecting property name"),
        ('{"a":1}x', "not JSON: Extra data at character 8"),
        ("", "not JSON: Expecting value at character 1"),
        ('{"a":' * 100_000, f"JSON is nested deeper than {DEPTH_LIMIT} levels"),
        ('{"a":' + "[" * DEPTH_LIMIT + "]" * DEPTH_LIMIT + "}", "JSON is nested deeper"),
        (json.dumps({str(n): n for n in range(KEY_LIMIT + 1)}), f"JSON has more than {KEY_LIMIT} keys"),
    ],
    ids=lambda value: value[:20],
)
def test_what_is_no_bounded_object_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(RecordError, match=reason.replace("(", r"\(")):
        load_object(text)


def test_the_deepest_allowed_object_is_read() -> None:
    text = '{"a":' * DEPTH_LIMIT + "1" + "}" * DEPTH_LIMIT
    assert load_object(text) == (json.loads(text), False)
