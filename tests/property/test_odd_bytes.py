"""No bytes are a way around a rule: what can be read is seen in its field, what cannot meets the keywords."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.authority import Authority, Judges
from support.drawn import about
from support.mangled import mangled, pieces, real_lines
from support.oddities import (
    ABOUT_NUMBERS,
    FIELD_RULES,
    KEYWORD_RULES,
    READABLE,
    UNREADABLE,
    WORD,
    line,
    nested,
    odd_rules,
)
from support.public_rules import public_book
from support.readings import event_of

from soc.detection import reference
from soc.detection.engine import Engine
from soc.model.event import Event, Mark

RULES = odd_rules()


def judged(event: Event) -> set[str]:
    """Ids of the rules that match, on which fast and reference agree, cold and warm."""
    engine = Engine(RULES)
    found = reference.match(RULES, event)
    assert engine.match(event) == found
    assert engine.match(event) == found
    return {rule.id for rule in found}


@pytest.mark.parametrize("form", ["auto", "json", "windows_json"])
@pytest.mark.parametrize("name", READABLE)
def test_an_attack_in_what_can_be_read_is_seen_in_its_field(name: str, form: str) -> None:
    event = event_of(READABLE[name], form)
    assert (event.reason, Mark.QUARANTINED in event.marks) == ("", False)
    seen = judged(event) - ABOUT_NUMBERS.keys()
    assert seen == {*FIELD_RULES, "here", "by regex", "anywhere"}


@pytest.mark.parametrize("form", ["auto", "json", "windows_json"])
@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_kept_and_meets_the_keywords_of_every_log_source(name: str, form: str) -> None:
    event = event_of(UNREADABLE[name], form)
    assert Mark.QUARANTINED in event.marks
    assert WORD in event.original
    assert judged(event) == set(KEYWORD_RULES)


def test_of_a_key_given_twice_the_last_counts_and_the_event_says_so() -> None:
    event = event_of(line()[:-1] + ',"CommandLine":"harmless"}')
    assert judged(event) == judged(event_of(line(CommandLine="harmless")))
    assert event.fields["CommandLine"] == "harmless"
    assert Mark.MALFORMED in event.marks


@pytest.mark.parametrize("inner", [f'"{WORD}"', f'["{WORD}"]', f'{{"x":"{WORD}"}}'])
@pytest.mark.parametrize("levels", [2, 61, 62, 63, 64, 65, 66])
def test_keywords_see_what_lies_as_deep_as_a_record_may_be(levels: int, inner: str) -> None:
    text = nested(levels, inner).replace(f"cmd /c {WORD} x", "harmless")
    event = event_of(text)
    assert judged(event) >= {"here", "by regex", "anywhere"}


def test_a_number_beyond_all_numbers_is_still_greater() -> None:
    seen = judged(event_of(READABLE["beyond all floats"]))
    assert {"n |gt 5", "n |exists true"} <= seen
    assert "n |lt 0" in judged(event_of(READABLE["minus infinity"]))


def test_nothing_below_zero_is_zero() -> None:
    seen = judged(event_of(READABLE["minus nothing"]))
    assert {"n  0", "m  0", "n |contains '0'", "m |contains '0'"} <= seen
    assert {event_of(f'{{"n":{n}}}').fields["n"] for n in ("0", "-0", "-0.0")} == {0}


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """The event's line with bytes put in, taken out and changed anywhere but in the attack itself."""
    before, word, after = draw(st.sampled_from([line(), line(list=[1, {"a": None}])])).partition(WORD)
    sides = [before.encode(), after.encode()]
    for _ in range(draw(st.integers(1, 3))):
        side = draw(st.integers(0, 1))
        raw = sides[side]
        begin = draw(st.integers(0, len(raw)))
        end = min(len(raw), begin + draw(st.integers(0, 2)))
        sides[side] = raw[:begin] + draw(st.just(b"") | pieces) + raw[end:]
    return sides[0] + word.encode() + sides[1]


@given(raw=damaged(), form=st.sampled_from(["auto", "json", "windows_json"]))
def test_no_damage_around_an_attack_hides_it_from_keywords(raw: bytes, form: str) -> None:
    event = event_of(raw, form)
    seen = judged(event)
    if Mark.QUARANTINED in event.marks:
        assert seen == set(KEYWORD_RULES)
    else:
        assert "anywhere" in seen


@pytest.fixture(scope="module")
def judges(corpora: Path) -> Judges:
    rules = public_book(corpora).rules
    return Judges(Engine(rules), Authority(rules))


@pytest.fixture(scope="module")
def lines(corpora: Path) -> list[bytes]:
    return real_lines(corpora)


@given(data=st.data())
def test_real_lines_however_mangled_are_judged_alike_by_all_public_rules(
    lines: list[bytes], judges: Judges, data: st.DataObject
) -> None:
    for raw in data.draw(st.lists(mangled(lines), min_size=1, max_size=3)):
        event = event_of(raw)
        assert judges.fast.match(event) == judges.sure.match(event)


@given(data=st.data())
def test_real_lines_are_judged_alike_by_rules_made_of_what_they_hold(
    lines: list[bytes], data: st.DataObject
) -> None:
    events = [event_of(raw) for raw in data.draw(st.lists(mangled(lines), min_size=1, max_size=4))]
    rules = data.draw(about(events))
    engine = Engine(rules)
    for event in [*events, *events]:
        assert engine.match(event) == reference.match(rules, event)
