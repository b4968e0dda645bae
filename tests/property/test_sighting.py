"""Records that are put aside before they are parsed: never one that some rule matches, whatever its bytes."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.authority import Authority
from support.drawn import CHARS, TEXTS, about, bare, nodes, values
from support.mangled import mangled, real_lines
from support.oddities import EVENT, READABLE, UNREADABLE, WORD, line, nested, odd_rules
from support.public_rules import public_book
from support.readings import context, event_of, own_sources
from support.rulings import loaded, rule_text
from support.spelled import rewritten, spelled

from soc.detection import reference
from soc.detection.engine import Engine
from soc.detection.words import DOUBTS as UNLIKE_WORDS
from soc.model.event import Mark
from soc.parsing.bare import read_bare
from soc.parsing.glance import doubts_of, glance, logsources_of
from soc.parsing.objects import load_leniently
from soc.parsing.parse import FORMATS
from soc.pipeline.intake import Understanding
from soc.pipeline.sighting import Sighting
from soc.rulebook.plan import Node, RulePlan

JSON = ("auto", "json", "windows_json", "evtx_json")


def sighting_of(rules: tuple[RulePlan, ...] | list[RulePlan]) -> Sighting:
    return Sighting(Understanding(own_sources(), Engine(rules)), "UTC", "test")


def proven(rules: list[RulePlan], raws: list[bytes]) -> None:
    """See that no record is put aside that one of the *rules* matches."""
    sighting = sighting_of(rules)
    for raw in raws:
        for form in ("auto", "windows_json", "access"):
            if sighting.is_nothing(raw, form):
                assert reference.match(rules, event_of(raw, form)) == ()


@pytest.fixture(scope="module")
def odd() -> Sighting:
    return sighting_of(odd_rules())


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", [*READABLE, *UNREADABLE])
def test_no_odd_record_that_a_rule_matches_is_put_aside(odd: Sighting, name: str, form: str) -> None:
    raw = (READABLE | UNREADABLE)[name]
    if reference.match(odd_rules(), event_of(raw, form)):
        assert not odd.is_nothing(raw, form)


def with_(**more: object) -> bytes:
    return line(**more).encode()


TRICKS = {
    "another event by a dotted name": (
        "{s: {EventID: 3, CommandLine|contains: mimikatz}, condition: s}",
        with_(**{"EventID": 1, "event.code": 3, "a\nwinlog.b": 1}),
    ),
    "another event by a name in escapes": (
        "{s: {EventID: 3, CommandLine|contains: mimikatz}, condition: s}",
        line().encode()[:-1] + rb',"Event\u0049D":3}',
    ),
    "a text, not an id": (
        "{s: {EventID: '3', CommandLine|contains: mimikatz}, condition: s}",
        with_(EventID="3"),
    ),
    "too deep to be read, and harmless in its fields": (
        "{s: {Image: x}, k: [mimikatz], e: {EventID: 1}, condition: s or (k and not e)}",
        nested(70).encode(),
    ),
    "too many keys": (
        "{s: {Image: x}, k: [mimikatz], e: {EventID: 1}, condition: s or (k and not e)}",
        with_(**{str(n): n for n in range(10_001)}),
    ),
    "an exception under a name that parsers change": (
        "{s: {CommandLine|contains: mimikatz}, f: {Parent Image: a}, condition: s and not f}",
        with_(**{"Parent Image": "a"}),
    ),
    "an exception of a number that is none": (
        "{s: {CommandLine|contains: mimikatz}, f: {n|gt: 5}, condition: s and not f}",
        with_(n=int("9" * 90)),
    ),
    "an exception of an id that is no number": (
        "{s: {CommandLine|contains: mimikatz}, f: {EventID|gt: 5}, condition: s and not f}",
        with_(EventID=int("9" * 90)),
    ),
    "a number that nobody reads": (
        "{s: {CommandLine|contains: mimikatz}, f: {n: abc}, condition: s and not f}",
        line().encode()[:-1] + b',"n":' + b"9" * 5000 + b"}",
    ),
    "an exception given before": (
        "{s: {CommandLine|contains: mimikatz}, f: {User: root}, condition: s and not f}",
        b'{"User":"root",' + with_(User="x")[1:],
    ),
    "an exception inside": (
        "{s: {CommandLine|contains: mimikatz}, f: {User: root}, condition: s and not f}",
        with_(deep={"User": "root"}),
    ),
    "bad UTF-8 beside": (
        "{s: {CommandLine|contains: mimikatz}, condition: s}",
        line(f'"~{WORD}~"').encode().replace(b"~", b"\xff"),
    ),
    "bad UTF-8 in the channel": (
        "{k: [mimikatz], condition: k}",
        with_(Channel="Security~").replace(b"~", b"\xff"),
    ),
    "the Kelvin sign": (
        "{s: {CommandLine|contains: mimikatz}, condition: s}",
        line('"mimi\u212aatz"').encode(),
    ),
    "the long s": (
        "{s: {CommandLine|re: '(?i)sekurlsa'}, condition: s}",
        line('"\u017fekurl\u017fa"').encode(),
    ),
    "a slash in escapes": (
        "{s: {CommandLine|contains: a/b}, condition: s}",
        line(r'"a\/b"').encode(),
    ),
    "quotes in escapes": (
        "{s: {CommandLine|contains: 'say \"no\"'}, condition: s}",
        line(r'"say \"no\""').encode(),
    ),
    "backslashes in escapes": (r"{s: {Image|contains: '\a\evil'}, condition: s}", line().encode()),
    "a number with an exponent": (
        "{s: {CommandLine|contains: '1000'}, condition: s}",
        line("1e3").encode(),
    ),
    "Winlogbeat": (
        "{s: {EventID: 3, CommandLine|contains: mimikatz}, condition: s}",
        with_(log_name=EVENT["Channel"], event_id=3, EventID=1),
    ),
    "Winlogbeat, and a field beside its data": (
        "{s: {CommandLine|contains: mimikatz}, condition: s}",
        with_(log_name=EVENT["Channel"], event_id=1, CommandLine="good", event_data={"CommandLine": WORD}),
    ),
    "a dump": (
        "{s: {EventID: 3, CommandLine|contains: mimikatz}, condition: s}",
        with_(Event={"System": {"EventID": 3}, "EventData": {"CommandLine": WORD}}),
    ),
}


@pytest.mark.parametrize(("detection", "raw"), TRICKS.values(), ids=TRICKS)
def test_no_trick_puts_an_attack_aside(detection: str, raw: bytes) -> None:
    rules = loaded(rule_text(detection), known=lambda _: False).rules
    assert reference.match(rules, event_of(raw)) == rules != ()
    assert not sighting_of(rules).is_nothing(raw, "auto")


ACCESS = '10.0.0.1 - - [01/Mar/2026:08:30:00 +0700] "GET /{} HTTP/1.1" 200 5 "-" "{}"'
HIDDEN = {
    "as it is": WORD.encode(),
    "as UTF-16": (WORD * 30).encode("utf-16-be"),
    "as UTF-16, turned": (WORD * 30).encode("utf-16-le"),
    "in escapes": rb"\x6dimikatz",
    "behind a mark": b"\xef\xbb\xbf" + WORD.encode(),
    "with the Kelvin sign": "mimi\u212aatz".encode(),
    "behind bad UTF-8": b"\xff" + WORD.encode(),
}


@pytest.mark.parametrize("attack", HIDDEN.values(), ids=HIDDEN)
@pytest.mark.parametrize("form", ["access", "auto"])
def test_no_line_of_an_access_log_with_an_attack_is_put_aside(attack: bytes, form: str) -> None:
    rules = loaded(rule_text("{k: [mimikatz], condition: k}"), known=lambda _: False).rules
    raw = ACCESS.encode().replace(b"{}", attack)
    assert reference.match(rules, event_of(raw, form)) == rules
    assert not sighting_of(rules).is_nothing(raw, form)


@pytest.mark.parametrize("form", JSON)
def test_what_no_rule_matches_is_put_aside(form: str) -> None:
    rules = [rule for rule in odd_rules() if rule.id in ("contains", "with another", "elsewhere")]
    assert sighting_of(rules).is_nothing(line(CommandLine="harmless").encode(), form)


names = st.sampled_from(("f", "g", "o", "o.f", "f f", "Image", "EventID ", "winlog.f", "a\nwinlog.f"))
shown = (
    st.text(CHARS, min_size=1, max_size=12) | st.sampled_from(TEXTS) | st.sampled_from((1000, 1e5, True, 0.5))
)
flat = st.fixed_dictionaries(
    {"Channel": st.sampled_from([EVENT["Channel"], "Security", "x"]), "EventID": st.sampled_from([1, 4688])},
    optional={"winlog": values, "log_name": shown, "event_id": st.just(1), "Event": values, "n": values},
)
records = st.builds(
    lambda one, other: {**one, **other}, flat, st.dictionaries(names, shown | values, max_size=3)
)
written = records.flatmap(spelled).map(lambda text: text.encode("utf-8", "surrogatepass")).flatmap(rewritten)


@given(data=st.data(), record=records)
def test_however_a_record_is_spelled_it_is_not_put_aside_where_a_rule_matches(
    data: st.DataObject, record: dict[str, Any]
) -> None:
    event = event_of(json.dumps(record))
    raw = data.draw(spelled(record)).encode("utf-8", "surrogatepass")
    for rule in data.draw(about([event])):
        proven([rule], [raw])


@given(conditions=st.lists(nodes, min_size=1, max_size=4), raws=st.lists(written, min_size=1, max_size=4))
def test_whatever_the_rules_no_record_that_one_matches_is_put_aside(
    conditions: list[Node], raws: list[bytes]
) -> None:
    rules = [bare(n, condition, routed=False) for n, condition in enumerate(conditions)]
    for rule in rules:
        proven([rule], raws)
    proven(rules, raws)


@given(raw=written)
def test_what_is_told_at_a_glance_is_what_the_whole_record_tells(raw: bytes) -> None:
    glanced_right(raw)


def glanced_right(raw: bytes) -> None:
    kind = glance(raw)
    if kind is None:
        return
    load_leniently(raw.decode("utf-8", "replace"))
    event = event_of(raw)
    if Mark.QUARANTINED not in event.marks and not any(
        doubt in raw for doubt in (*doubts_of(kind), *UNLIKE_WORDS)
    ):
        assert (event.fields["Channel"], event.fields["EventID"]) == kind[:2]
        assert event.logsources == logsources_of(kind, own_sources())


@given(raw=written)
def test_what_is_read_bare_is_what_the_whole_event_has(raw: bytes) -> None:
    read_right(raw)


def read_right(raw: bytes) -> None:
    for form in FORMATS:
        reading = read_bare(raw, form, context()._replace(bare=True, near_ms=0))
        if reading is not None:
            event = event_of(raw, form)
            assert Mark.QUARANTINED not in event.marks
            assert repr(reading.fields) == repr(event.fields)
            assert reading.logsources == event.logsources


@pytest.fixture(scope="module")
def public(corpora: Path) -> tuple[Sighting, Authority]:
    rules = public_book(corpora).rules
    return sighting_of(rules), Authority(rules)


@pytest.fixture(scope="module")
def lines(corpora: Path) -> list[bytes]:
    return real_lines(corpora)


@given(data=st.data())
def test_no_real_line_that_a_public_rule_matches_is_put_aside(
    lines: list[bytes], public: tuple[Sighting, Authority], data: st.DataObject
) -> None:
    sighting, authority = public
    for raw in data.draw(st.lists(mangled(lines), min_size=1, max_size=3)):
        if sighting.is_nothing(raw, "auto"):
            assert authority.match(event_of(raw)) == ()


@given(data=st.data())
def test_nor_one_that_a_rule_made_of_it_matches(lines: list[bytes], data: st.DataObject) -> None:
    raws = data.draw(st.lists(mangled(lines), min_size=1, max_size=3))
    for rule in data.draw(about([event_of(raw) for raw in raws])):
        proven([rule], raws)
    for raw in raws:
        glanced_right(raw)
        read_right(raw)
