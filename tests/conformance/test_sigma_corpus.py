"""The public SigmaHQ rules and their regression events: everything loads, every case is found both ways."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from evtx import PyEvtxParser
from support.authority import Authority
from support.public_rules import public_book
from support.readings import event_of

from soc.detection.engine import Engine
from soc.model.event import Event
from soc.rulebook.load import load, read_rule_files
from soc.rulebook.plan import Rulebook

RULE_FILES = 3780
CASES = 202
NEED_PLACEHOLDERS = 25
"""Rules with ``expand``: whoever uses them gives the lists."""
MATCH_MORE_OFTEN = {
    "0b9ad457-2554-44c1-82c2-d56a99c42377": 3,
    "45e112d0-7759-4c2a-aa36-9f8fb79d3393": 3,
    "5bac7a56-da88-4c27-922e-c81e113b20cb": 2,
    "7124aebe-4cd7-4ccb-8df0-6d6b93c96795": 2,
    "8fbf3271-1ef6-4e94-8210-03c2317947f6": 3,
    "c7dcacd0-cc59-4004-b0a4-1d6cdebe6f3e": 2,
}
"""Recordings that hold further events of the attack than the count beside them says (none: 1)."""


class Case(NamedTuple):
    """One recording and the rule that must find it."""

    rule_id: str
    at_least: int
    evtx: Path


@pytest.fixture(scope="module")
def book(corpora: Path) -> Rulebook:
    return public_book(corpora)


@pytest.fixture(scope="module")
def cases(corpora: Path) -> list[Case]:
    return [
        Case(rule["id"], test.get("match_count", 1), corpora / "sigma" / test["path"])
        for path in sorted((corpora / "sigma" / "regression_data").rglob("info.yml"))
        for info in [yaml.safe_load(path.read_text(encoding="utf-8"))]
        for rule in info["rule_metadata"]
        for test in info.get("regression_tests_info", [])
    ]


@pytest.fixture(scope="module")
def engine(book: Rulebook) -> Engine:
    return Engine(book.rules)


@pytest.fixture(scope="module")
def authority(book: Rulebook) -> Authority:
    return Authority(book.rules)


def test_every_public_rule_loads_but_those_that_lack_their_placeholders(book: Rulebook) -> None:
    assert len(book.rules) == RULE_FILES - NEED_PLACEHOLDERS
    assert len(book.errors) == NEED_PLACEHOLDERS
    located = re.compile(r"\S+\.yml:\d+:\d+: placeholder %[\w-]+% has no values")
    assert all(located.match(error) for error in book.errors)


def test_public_rules_load_with_their_placeholders(corpora: Path) -> None:
    files = read_rule_files(sorted((corpora / "sigma").glob("rules-placeholder")))
    names = {name for file in files for name in re.findall(r"%([\w-]+)%", file.text)}
    lists = dict.fromkeys(names, ("203.0.113.7",))
    found = load(files, known=lambda _: True, entities=lambda _: (), placeholders=lists)
    assert (len(found.rules), found.errors) == (len(files), ())


def test_public_rules_warn_of_nothing_but_their_log_source(book: Rulebook) -> None:
    assert [w for w in book.warnings if "no mapping knows the log source" not in w] == []
    assert len(book.warnings) < 0.02 * len(book.rules)


def evtx_events(case: Case) -> list[Event]:
    found: list[Event] = []
    for record in PyEvtxParser(str(case.evtx)).records_json():
        assert record is not None
        found.append(event_of(record["data"], "evtx_json", offset=len(found)))
    return found


def json_events(case: Case) -> list[Event]:
    objects = whole_objects(case.evtx.with_suffix(".json").read_text(encoding="utf-8"))
    return [event_of(json.dumps(each), "windows_json", offset=n) for n, each in enumerate(objects)]


def whole_objects(text: str) -> Iterator[Any]:
    """Several objects in a row, not one a line."""
    decoder, position = json.JSONDecoder(), 0
    while text[position:].strip():
        position += len(text[position:]) - len(text[position:].lstrip())
        found, position = decoder.raw_decode(text, position)
        yield found


@pytest.mark.parametrize("events_of", [evtx_events, json_events])
def test_every_regression_case_is_found(cases: list[Case], engine: Engine, events_of: Any) -> None:
    assert len(cases) == CASES
    counts = {}
    for case in cases:
        events = events_of(case)
        counts[case.rule_id] = sum(case.rule_id in {rule.id for rule in engine.match(e)} for e in events)
    assert {
        case.rule_id: counts[case.rule_id] for case in cases if counts[case.rule_id] < case.at_least
    } == {}
    more = {case.rule_id: counts[case.rule_id] for case in cases if counts[case.rule_id] > case.at_least}
    assert more == MATCH_MORE_OFTEN


def test_both_readings_of_a_recording_match_the_same_rules(cases: list[Case], engine: Engine) -> None:
    def matched(events: list[Event]) -> set[str]:
        return {rule.id for event in events for rule in engine.match(event)}

    differing = [case.rule_id for case in cases if matched(evtx_events(case)) != matched(json_events(case))]
    assert differing == []


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("events_of", [evtx_events, json_events])
def test_the_engine_finds_in_every_recording_exactly_what_the_reference_finds(
    cases: list[Case], engine: Engine, authority: Authority, events_of: Any, part: int
) -> None:
    events = [event for case in cases[part::4] for event in events_of(case)]
    assert len(events) >= CASES // 4
    assert [e.original for e in events if engine.match(e) != authority.match(e)] == []
