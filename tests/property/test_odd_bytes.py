"""No bytes are a way around a rule: what can be read is seen in its field, what cannot meets the keywords."""

import gzip
import json
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from support.authority import Authority, Judges
from support.oddities import READABLE, UNREADABLE, WORD, line, nested
from support.public_rules import public_book
from support.readings import event_of
from support.rulings import loaded, rule_text

from soc.detection import reference
from soc.detection.engine import Engine
from soc.model.event import Event, Mark
from soc.rulebook.plan import RulePlan

FIELD_RULES = {
    "contains": "{s: {CommandLine|contains: MIMIkatz}, condition: s}",
    "regex": "{s: {CommandLine|re: 'mimi.?katz'}, condition: s}",
    "wildcards": "{s: {CommandLine: '*mimi?atz*'}, condition: s}",
    "with another": "{s: {Image|endswith: '\\evil.exe', CommandLine|contains: [zz, mimikatz]}, condition: s}",
    "and not": "{s: {CommandLine|contains: mimikatz}, f: {Computer: PC2}, condition: s and not f}",
    "with id": "{s: {EventID: 1, CommandLine|contains|cased: mimikatz}, condition: s}",
    "exists": "{s: {CommandLine|exists: true}, t: {ParentImage: null}, condition: s and t}",
}
KEYWORD_RULES = {
    "anywhere": "{s: [mimikatz], condition: s}",
    "here": "{s: [MIMIKATZ], condition: s}",
    "by regex": "{s: {'|re': '(?i)MIMI[k]atz'}, condition: s}",
    "elsewhere": "{s: [mimikatz, nothing], condition: s}",
    "elsewhere, all": "{s: {'|all': [mimi, katz]}, condition: s}",
    "elsewhere, not a field": "{s: [mimikatz], f: {CommandLine|contains: mimikatz}, condition: s and not f}",
}
ABOUT_NUMBERS = {
    f"{name} {modifier} {value}": f"{{s: {{{name}{modifier}: {value}}}, condition: s}}"
    for name in ("n", "m", "EventID")
    for modifier, value in (
        ("", 0),
        ("", 1),
        ("|gt", 5),
        ("|lt", 0),
        ("|contains", "'0'"),
        ("|exists", "true"),
    )
}


def rules_of(detections: dict[str, str]) -> tuple[RulePlan, ...]:
    texts = [rule_text(body, id=name, logsource=source_of(name)) for name, body in detections.items()]
    book = loaded(*texts, known=lambda source: source.product != "nobody's")
    assert book.errors == ()
    return book.rules


def source_of(name: str) -> dict[str, str]:
    match name.partition(",")[0]:
        case "elsewhere":
            return {"product": "linux", "service": "auth"}
        case "anywhere":
            return {"product": "nobody's"}
        case _:
            return {"product": "windows", "category": "process_creation"}


RULES = rules_of({**FIELD_RULES, **KEYWORD_RULES, **ABOUT_NUMBERS})


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


pieces = st.binary(min_size=1, max_size=3) | st.sampled_from(
    [
        b'"',
        b"\\",
        b"\\u",
        b"\\ud800",
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\n",
        b"1e400",
    ]
)


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


@st.composite
def mangled(draw: st.DrawFn, lines: list[bytes]) -> bytes:
    """A real line with pieces put in, taken out, turned over, repeated or moved."""
    raw = draw(st.sampled_from(lines))
    for _ in range(draw(st.integers(0, 4))):
        begin = draw(st.integers(0, len(raw)))
        end = min(len(raw), begin + draw(st.integers(0, 30)))
        piece = raw[begin:end]
        piece = draw(st.just(b"") | pieces | st.sampled_from([piece * 2, piece[::-1], piece.swapcase()]))
        raw = raw[:begin] + piece + raw[end:]
    return raw


@pytest.fixture(scope="module")
def judges(corpora: Path) -> Judges:
    rules = public_book(corpora).rules
    return Judges(Engine(rules), Authority(rules))


@pytest.fixture(scope="module")
def real_lines(corpora: Path) -> list[bytes]:
    text = corpora / "text"
    windows = zstandard.open(corpora / "otrf" / "psh_lsass_memory_dump_comsvcs.json.zst", "rb")
    zeek = [
        gzip.decompress((text / "zeek" / f"{n}.json.gz").read_bytes()) for n in ("dns", "notice", "smb_files")
    ]
    trails = next((text / "cloudtrail").glob("*.json"))
    with windows:
        logs = [
            windows.read().splitlines(),
            *(log.splitlines()[:50] for log in zeek),
            (text / "apache_access.log").read_bytes().splitlines()[:50],
            (text / "auth.log").read_bytes().splitlines()[:200],
            [json.dumps(each).encode() for each in json.loads(trails.read_bytes())["Records"][:50]],
        ]
    return [line for log in logs for line in log]


@given(data=st.data())
def test_real_lines_however_mangled_are_judged_alike_by_all_public_rules(
    real_lines: list[bytes], judges: Judges, data: st.DataObject
) -> None:
    for raw in data.draw(st.lists(mangled(real_lines), min_size=1, max_size=3)):
        event = event_of(raw)
        assert judges.fast.match(event) == judges.sure.match(event)
