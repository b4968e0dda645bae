"""Every fault is told with file, line and column, and with what to write where that is known."""

import pytest
from support.rulings import loaded, rule_text

RULE = "title: A rule\nid: r\nlogsource: {product: test}\n"
CORRELATION = "title: A\nid: c\ncorrelation:\n"
FAULTS = [
    (
        RULE + "detection:\n  s: {f|contians: x}\n  condition: s\n",
        "5:7: unknown modifier 'contians' (did you mean 'contains'?)",
    ),
    (
        RULE + "detection:\n  sel: {f: x}\n  condition: sell\n",
        "6:3: the condition names 'sell' (did you mean 'sel'?)",
    ),
    (
        RULE + "detection:\n  sel: {f: x}\n  condition: 1 of sel_*\n",
        "6:3: no selection fits 'sel_*' (did you mean 'sel'?)",
    ),
    (
        RULE + "detection:\n  sel: {f|expand: '%x%'}\n  condition: sel\n",
        "5:9: placeholder %x% has no values (in pipelines/NAME.yml beside the rules: vars: {x: [...]",
    ),
    (
        RULE + "detection:\n  sel:\n    f|re:\n    - ok\n    - '(?=a)'\n  condition: sel\n",
        "8:7: regular expression: Zero-width assertions are not supported. (write it without look-ar",
    ),
    (
        RULE + "detection:\n  sel:\n    f|cidr:\n    - 10.0.0.0/8\n    - 10.0.0.0/99\n  condition: sel\n",
        "8:7: '10.0.0.0/99' is no network (accepted: e.g. 10.0.0.0/8, 2001:db8::/32)",
    ),
    (
        RULE + "detection:\n  sel: {f|gt: many}\n  condition: sel\n",
        "5:9: 'many' is no number (accepted: e.g. 5, 1.5, '10')",
    ),
    (
        RULE + "detections:\n  sel: {f|gt: many}\n  condition: sel\n",
        "5:3: unknown key 'detections' (did you mean 'detection'?)",
    ),
    (
        RULE + "detection:\n  sel: {f: x}\n  conditions: sel\n",
        "5:3: condition is missing (instead of 'conditions')",
    ),
    (
        RULE + "level: hihg\ndetection:\n  sel: {f: x}\n  condition: sel\n",
        "4:1: level 'hihg' (did you mean 'high'?)",
    ),
    (
        "title: A\nlogsource: {produkt: x}\ndetection:\n  sel: {f: x}\n  condition: sel\n",
        "2:13: unknown key 'produkt' in logsource (did you mean 'product'?)",
    ),
    (
        RULE + "custom: {scop: agency}\ndetection:\n  sel: {f: x}\n  condition: sel\n",
        "4:10: unknown key 'scop' in custom (did you mean 'scope'?)",
    ),
    (
        RULE + "detection:\n  sel: {f|i: x}\n  condition: sel\n",
        "5:9: the flags i, m and s belong to re (e.g. field|re|i)",
    ),
    (
        RULE + "detection:\n  sel: {f|exists: maybe}\n  condition: sel\n",
        "5:9: exists takes true or false, not 'maybe'",
    ),
    (
        RULE + "detection:\n  sel: {f|contains|startswith: maybe}\n  condition: sel\n",
        "5:9: contains and startswith exclude each other",
    ),
    (
        RULE + "detection:\n  sel: {f: x}\n  condition: sel andd sel\n",
        "6:3: 'andd' in the condition where its end or and/or was expected",
    ),
    (
        RULE + "detection:\n  sel: {f: x}\n  condition: (sel\n",
        "6:3: the condition ends where a name was expected",
    ),
    (
        RULE + "detection:\n  sel: {f: x}\n  condition: sel | count() > 5\n",
        "6:3: aggregation in a condition was removed from Sigma (write a correlation rule)",
    ),
    (
        RULE + "detection:\n  sel: {f: x}\n  timeframe: 5m\n  condition: sel\n",
        "6:3: timeframe was removed from Sigma (write a correlation rule)",
    ),
    (
        RULE + "detection:\n  sel: {f: x}\n  sel: {g: x}\n  condition: sel\n",
        "6:3: YAML: key 'sel' is given twice",
    ),
    (
        RULE + "detection:\n  sel: {f: {g: x}}\n  condition: sel\n",
        "5:12: a field's value is a text, number, boolean, null or a list of them",
    ),
    (RULE + "detection:\n\tsel: x\n", "5:1: YAML: found character that cannot start any token"),
    (
        "id: r\nlogsource: {product: test}\ndetection:\n  sel: {f: x}\n  condition: sel\n",
        "1:1: title is missing",
    ),
    (
        "title: A\ndetection:\n  sel: {f: x}\n  condition: sel\n",
        "1:1: logsource is missing (product, category and/or service)",
    ),
    (
        CORRELATION + "  type: event_cuont\n  rules: [r]\n  timespan: 1m\n  condition: {gte: 1}\n",
        "4:3: type 'event_cuont' (did you mean 'event_count'?)",
    ),
    (
        CORRELATION + "  type: event_count\n  rules: [r]\n  timespan: 1x\n  condition: {gte: 1}\n",
        "6:3: timespan '1x' (accepted: a positive integer with s, m, h, d or w)",
    ),
    (
        CORRELATION + "  type: event_count\n  rules: [r]\n  timespan: 1m\n  condition: {get: 1}\n",
        "7:15: unknown key 'get' in the condition of event_count (did you mean 'gt'?)",
    ),
    (
        CORRELATION + "  type: event_count\n  rules: [r]\n  timespan: 1m\n  condition: {gte: 1, lt: x}\n",
        "7:23: lt must be a number, not 'x'",
    ),
    (
        CORRELATION + "  type: event_count\n  rules: [other]\n  timespan: 1m\n  condition: {gte: 1}\n",
        "5:11: no rule has the id or name 'other' (rules: c, good)",
    ),
    (
        CORRELATION
        + "  type: event_count\n  rules: [r]\n  groupby: [a]\n  timespan: 1m\n  condition: {gte: 1}\n",
        "6:12: unknown key 'groupby' in correlation (did you mean 'group-by'?)",
    ),
    (
        CORRELATION + "  type: value_count\n  rules: [r]\n  timespan: 1m\n  condition: {gte: 1}\n",
        "7:14: value_count needs a field (e.g. condition: {field: user, gte: 10})",
    ),
    (
        CORRELATION + "  type: temporal\n  rules: [r]\n  timespan: 1m\n  condition: r and q\n",
        "5:11: no rule has the id or name 'r' (rules: c, good)",
    ),
    (
        "title: F\nlogsource: {product: test}\nfilter:\n  s: {f: x}\n  condition: not s\n",
        "4:3: a filter needs rules: a list of ids or names, or any",
    ),
    (
        "title: F\nlogsource: {product: test}\nfilter:\n  rules: any\n  s: {f: x}\n  condition: not t\n",
        "6:3: the condition names 't' (selections: s)",
    ),
    ("title: F\n", "1:1: neither detection, correlation nor filter"),
    ("- a\n", "1:1: a rule is a mapping of text keys"),
    (
        RULE + "detection:\n  sel: {f|wide|contains: 'a*'}\n  condition: sel\n",
        "5:9: wide needs a value without wildcards",
    ),
    (
        RULE + "detection:\n  sel: {f|base64: 'a*'}\n  condition: sel\n",
        "5:9: base64 needs a value without wildcards",
    ),
    (
        RULE + "detection:\n  sel: {f|re: a, f|re|cased: b}\n  condition: sel\n",
        "5:18: cased cannot be combined with re (re sees case unless |i is given)",
    ),
    (
        RULE + "tags: x\ndetection:\n  sel: {f|fieldref: 5}\n  condition: sel\n",
        "6:9: fieldref takes a text, not 5",
    ),
    (
        RULE + "detection:\n  sel:\n  condition: sel\n",
        "5:3: a selection must be a mapping, a list or a text, and not empty",
    ),
    (
        RULE + "detection:\n  sel: [x, [y]]\n  condition: sel\n",
        "5:12: a list of selections holds mappings or texts",
    ),
    (RULE + "detection:\n  condition: sel\n", "5:3: there is no selection"),
    (
        RULE + "custom: {timespan: 5}\ndetection:\n  sel: {f: x}\n  condition: sel\n",
        "4:10: timespan 5 (accepted: a positive integer with s, m, h, d or w)",
    ),
    (
        RULE + "custom: {zone: Asia/Hanoi}\ndetection:\n  sel: {f: x}\n  condition: sel\n",
        "4:10: zone 'Asia/Hanoi' (an IANA name, e.g. Asia/Ho_Chi_Minh)",
    ),
]


@pytest.mark.parametrize(("text", "told"), FAULTS)
def test_a_fault_is_told_with_its_place_and_its_fix(text: str, told: str) -> None:
    good = rule_text("{s: {a: x}, condition: s}", id="good")
    book = loaded(text, good)
    (error,) = book.errors
    assert error.startswith(f"0.yml:{told}")
    assert [rule.id for rule in book.rules] == ["good"]


@pytest.mark.parametrize(
    "key", ["x-origin", "simulation", "regression_tests_path", "levels_of_care", "comment"]
)
def test_a_key_of_the_authors_own_is_no_fault(key: str) -> None:
    assert loaded(rule_text("{s: {a: x}, condition: s}", **{key: 1})).errors == ()


@pytest.mark.parametrize(
    ("key", "meant"),
    [("levle", "level"), ("log_source", "logsource"), ("ID", "id"), ("generated", "generate")],
)
def test_a_key_that_looks_like_one_that_counts_is_refused(key: str, meant: str) -> None:
    text = RULE.replace(f"{meant}: ", "other: ")
    (told,) = loaded(text + f"{key}: x\ndetection: {{s: {{f: x}}, condition: s}}\n").errors
    assert f"unknown key {key!r} (did you mean {meant!r}?)" in told
