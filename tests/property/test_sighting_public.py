"""Public recordings of attacks: nothing that a public rule matches is put aside, and most of the rest is."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import zstandard
from support.authority import Authority
from support.public_rules import public_book
from support.readings import event_of, own_sources

from soc.detection.engine import Engine
from soc.pipeline.intake import Understanding
from soc.pipeline.sighting import Sighting

EVERY = 100
"""Of the lines of each recording, one in so many."""
TOLD_OFF = 0.9
"""Of the lines that nothing matches, at least so many need not be parsed: else the way proves nothing."""


class Public(NamedTuple):
    """Every public rule, asked in three ways."""

    sighting: Sighting
    fast: Engine
    sure: Authority


@pytest.fixture(scope="module")
def public(corpora: Path) -> Public:
    rules = public_book(corpora).rules
    engine = Engine(rules)
    return Public(Sighting(Understanding(own_sources(), engine), "UTC", "test"), engine, Authority(rules))


def test_of_recordings_nothing_that_a_rule_matches_is_put_aside_and_most_of_the_rest_is(
    corpora: Path, public: Public
) -> None:
    unmatched = told_off = 0
    for number, raw in enumerate(recorded(corpora)):
        event = event_of(raw)
        found = public.fast.match(event)
        if number % EVERY == 0:
            assert found == public.sure.match(event)
        nothing = public.sighting.is_nothing(raw, "auto")
        assert not (nothing and found)
        unmatched += not found
        told_off += nothing
    assert unmatched > 1000
    assert told_off >= TOLD_OFF * unmatched


def recorded(corpora: Path) -> Iterator[bytes]:
    """Yield one in so many lines of each recording of attacks on Windows and Linux."""
    for path in sorted((corpora / "otrf").glob("*.zst")):
        with zstandard.open(path, "rb") as recording:
            yield from recording.read().splitlines()[::EVERY]


def test_no_event_that_a_public_rule_was_written_for_is_put_aside_however_it_is_shipped(
    corpora: Path, public: Public
) -> None:
    matched = 0
    for event in regression_events(corpora):
        for shape in shapes_of(event):
            text = json.dumps(shape)
            short = json.dumps(shape, ensure_ascii=False, separators=(",", ":"))
            for raw in (text.encode(), short.encode(), text.replace("/", r"\/").encode()):
                if public.fast.match(event_of(raw)):
                    matched += 1
                    assert not public.sighting.is_nothing(raw, "auto")
    assert matched > 2000


def regression_events(corpora: Path) -> Iterator[dict[str, Any]]:
    """Yield the events, dumped from EVTX, that come with the public rules; some files hold several."""
    decoder = json.JSONDecoder()
    for path in sorted((corpora / "sigma" / "regression_data").rglob("*.json")):
        text = path.read_text(encoding="utf-8").strip()
        while text:
            event, end = decoder.raw_decode(text)
            text = text[end:].lstrip()
            yield event


def shapes_of(event: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield *event* as its dump, flat, and as both Winlogbeats ship it."""
    yield event
    system, data = event["Event"]["System"], event["Event"].get("EventData") or {}
    channel, number = system["Channel"], system["EventID"]
    number = number["#text"] if isinstance(number, dict) else number
    plain = {name: value for name, value in data.items() if not name.startswith("#")}
    yield {"Channel": channel, "EventID": number, **plain}
    yield {"log_name": channel, "event_id": number, "event_data": plain}
    yield {"winlog": {"channel": channel, "event_id": number, "event_data": plain}}
