"""A sieve: which rules a record may match, told from its bytes."""

import json
from typing import Any

import pytest
from support.rulings import TEST, loaded, rule_text

from soc.detection import sieve
from soc.detection.engine import Engine
from soc.detection.scanner import Databases
from soc.detection.sieve import Sieve, Verdict
from soc.model.event import LogSource


def engine_of(*detections: str, **more: Any) -> Engine:
    book = loaded(*(rule_text(text, id=str(n), **more) for n, text in enumerate(detections)))
    assert book.errors == ()
    return Engine(book.rules)


def sieve_of(*detections: str, doubts: tuple[bytes, ...] = ()) -> Sieve:
    return engine_of(*detections).sieve({"id": 1}, (TEST,), doubts)


def judged(found: Sieve, **fields: Any) -> Verdict:
    return found.judge(json.dumps({"id": 1, **fields}).encode())


def test_a_record_without_the_words_of_any_rule_is_nothing() -> None:
    found = sieve_of(
        "{s: {f|contains: evil, g|endswith: .exe}, condition: s}", "{s: {f: worse}, condition: s}"
    )
    assert judged(found, f="harmless").is_nothing
    assert judged(found, f="evil").is_nothing
    assert not judged(found, f="evil", g=".exe").is_nothing
    assert not judged(found, f="EVIL", g="a.EXE").is_nothing
    assert not judged(found, f="worse").is_nothing
    assert not judged(found, other="worse").is_nothing


def test_a_rule_without_words_is_never_ruled_out() -> None:
    for detection in (
        "{s: {n: 5}, condition: s}",
        "{s: {f: evil}, condition: not s}",
        "{s: {f|exists: true}, condition: s}",
        "{s: {f|cidr: 10.0.0.0/8}, condition: s}",
        "{s: {f|fieldref: g}, condition: s}",
        "{s: {f|contains: '46'}, condition: s}",
        "{s: {f|re: 'a|b'}, condition: s}",
    ):
        assert not judged(sieve_of(detection), f="x").is_nothing


def test_what_is_known_already_rules_out_rules() -> None:
    rules = engine_of("{s: {id: 1, n: 5}, condition: s}", "{s: {id: 2, f: evil}, condition: s}")
    raw = b'{"n":5,"f":"evil"}'
    assert [rules.sieve({"id": n}, (TEST,)).judge(raw).is_nothing for n in (1, 2, 3)] == [False, False, True]
    assert rules.sieve({"id": 3}, (TEST,)) is rules.sieve({"id": 4}, (TEST,))
    assert rules.sieve({"id": 1}, (LogSource(product="other"),)).judge(raw).is_nothing


@pytest.mark.parametrize("doubt", [rb"\u0065", rb"\uD83D", rb"\/", "\u017f".encode(), "\u212a".encode()])
def test_where_words_may_be_written_otherwise_nothing_is_told(doubt: bytes) -> None:
    found = sieve_of("{s: {f: evil}, condition: s}")
    assert found.judge(b'{"f":"\xe1\xba\xbf\\n"}').is_nothing
    assert not found.judge(b'{"f":"' + doubt + b'"}').is_nothing


def test_a_caller_may_have_doubts_of_its_own() -> None:
    found = sieve_of("{s: {f: evil}, condition: s}", doubts=(b"strange",))
    assert judged(found, f="x").is_nothing
    assert judged(found, f="Strange").is_nothing
    verdict = judged(found, f="strange")
    assert not verdict.is_nothing
    assert verdict.keywords
    assert verdict.peek is None


def test_keywords_of_other_log_sources_may_meet_the_record_as_text() -> None:
    """A record that turns out not to be one meets all keywords, whatever its log source."""
    far = {"logsource": {"product": "far"}}
    found = engine_of("{k: [needle], condition: k}", **far).sieve({"id": 1}, (TEST,))
    assert judged(found, f="hay").is_nothing
    assert not judged(found, f="needle").is_nothing


def test_keywords_need_not_be_looked_for_where_none_stands() -> None:
    found = sieve_of("{s: {f: evil}, condition: s}", "{k: [needle], s: {g: x}, condition: k and s}")
    assert not judged(found, f="evil").keywords
    assert judged(found, f="needle", g="x").keywords
    assert judged(sieve_of("{s: {f: evil}, k: ['46'], condition: s and not k}"), f="evil").keywords


def test_a_few_rules_of_plain_fields_are_asked_by_a_peek() -> None:
    found = sieve_of("{s: {f|contains: evil}, condition: s}", "{k: [needle], condition: k}")
    assert judged(found, f="evil").peek is not None
    assert judged(found, f="evil").peek is judged(found, f="Evil", g="x").peek
    assert judged(found, f="x").peek is None


def test_a_rule_with_keywords_is_not_decided_by_its_fields() -> None:
    found = sieve_of("{s: {f: evil}, k: [needle], i: {id: 1}, condition: s or (k and not i)}")
    assert judged(found, f="evil").peek is None
    assert not judged(found, f="needle").is_nothing


def test_what_was_told_is_remembered_within_bounds() -> None:
    names = [f"word{letter}" for letter in "abcdefghi"]
    found = sieve_of(*(f"{{s: {{f|contains: {name}, g: x y}}, condition: s}}" for name in names))
    for number in range(2 * 512):
        held = [name for n, name in enumerate(names) if number >> n & 1]
        assert judged(found, f=held, g="x y").is_nothing == (not held)
    assert 500 < len(found._verdicts) <= 512
    assert len(found._peeks) == sieve.MAX_PEEKS


def test_words_of_most_records_are_taken_for_granted_after_a_while() -> None:
    found = sieve_of("{s: {f|contains: usual, g|contains: rare}, condition: s}")
    assert judged(found, g="rare").is_nothing
    for number in range(sieve.SETTLED):
        assert judged(found, f="usual", n=number).is_nothing
    assert not judged(found, g="rare").is_nothing
    assert not judged(found, f="usual", g="rare").is_nothing
    assert judged(found, f="usual").is_nothing


def test_a_later_engine_knows_the_usual_words_from_the_start() -> None:
    rules = engine_of("{s: {f|contains: usual, g|contains: rare}, condition: s}")
    first = rules.sieve({"id": 1}, (TEST,))
    for number in range(sieve.SETTLED):
        assert judged(first, f="usual", n=number).is_nothing
    later = Engine(rules.rules, databases=Databases(rules.databases.made))
    assert not judged(later.sieve({"id": 1}, (TEST,)), g="rare").is_nothing
    assert judged(later.sieve({"id": 1}, (TEST,)), f="usual").is_nothing
    assert later.databases.made.keys() <= rules.databases.made.keys()


def test_whoever_sends_the_first_records_chooses_few_words() -> None:
    names = [f"{one}word{other}" for one in "abcdef" for other in "klmnop"]
    found = sieve_of(*(f"{{s: {{f|contains: {name}, g|contains: rare}}, condition: s}}" for name in names))
    for _ in range(sieve.SETTLED):
        assert judged(found, f=names).is_nothing
    assert len(found._granted) == sieve.MAX_GRANTED


def test_verdicts_share_the_room_of_all_that_is_remembered_by_the_size_of_what_they_are_about() -> None:
    names = [f"{one}word{other}" for one in "abcdefghij" for other in "klmnopqrst"]
    found = sieve_of(*(f"{{s: {{f|contains: {name}}}, condition: s}}" for name in names))
    found._judges.room.limit_bytes = 100_000
    most = 0
    for number in range(100):
        assert not judged(found, f=names[:number] + names[number + 1 :]).is_nothing
        most = max(most, len(found._verdicts))
    # A set of 99 words takes 8 kB.
    assert 5 < most < 15
