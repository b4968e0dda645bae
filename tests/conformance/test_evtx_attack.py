"""Every public rule on every record of the public attacks: what is found fast is what the reference finds."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from evtx import PyEvtxParser
from support.authority import Authority
from support.public_rules import public_book
from support.readings import event_of

from soc.detection.engine import Engine
from soc.model.event import Event

RECORDS = 8255
PAIRS = 1574
"""(rule, record) pairs."""
RULES_SEEN = 383
PARTS = 24


def records(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*.evtx")):
        for record in PyEvtxParser(str(path)).records_json():
            assert record is not None
            yield record["data"]


@pytest.fixture(scope="module")
def events(corpora: Path) -> list[Event]:
    found = records(corpora / "evtx-attack")
    return [event_of(raw, "evtx_json", offset=n) for n, raw in enumerate(found)]


@pytest.fixture(scope="module")
def engine(corpora: Path) -> Engine:
    return Engine(public_book(corpora).rules)


@pytest.fixture(scope="module")
def authority(corpora: Path) -> Authority:
    return Authority(public_book(corpora).rules)


@pytest.mark.parametrize("part", range(PARTS))
def test_the_engine_finds_in_every_attack_exactly_what_the_reference_finds(
    events: list[Event], engine: Engine, authority: Authority, part: int
) -> None:
    wrong = [e.original for e in events[part::PARTS] if engine.match(e) != authority.match(e)]
    assert wrong == []


def test_the_pairs_of_all_attacks_are_what_they_were(events: list[Event], engine: Engine) -> None:
    found = [rule.id for event in events for rule in engine.match(event)]
    assert (len(events), len(found), len(set(found))) == (RECORDS, PAIRS, RULES_SEEN)
