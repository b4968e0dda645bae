"""Words: wherever a pattern holds for a value, its word stands in the record, however JSON is written."""

import json
import re
from typing import Any

import orjson
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.drawn import CHARS, NUMBERS, TEXTS, field_patterns, nodes, texts
from support.rulings import event_with, plan_of

from soc.detection import reference
from soc.detection.atoms import All, Any_, Atoms, Condition, Without, atoms_in
from soc.detection.program import Lowered
from soc.detection.scanner import Databases
from soc.detection.words import _BARE_STRETCH, _STRETCH, DOUBTS, Words, words_of
from soc.model.fields import text_of
from soc.rulebook import plan
from soc.rulebook.plan import Boolean, Keyword, Node, Null, Number, Pattern, Regex, Text, Wild

scalars = st.one_of(
    st.text(CHARS + "xyz<>&'\"\t\x7f", max_size=10),
    st.sampled_from(TEXTS),
    st.sampled_from(NUMBERS),
    st.booleans(),
    st.none(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)


def writings(value: Any) -> list[bytes]:
    """What common writers make of a record."""
    record = {"a": 1, "f": value}
    texts_ = [
        json.dumps(record),
        json.dumps(record, separators=(",", ":")),
        json.dumps(record, ensure_ascii=False, indent=1),
        json.dumps(record).replace("/", r"\/"),
    ]
    return [orjson.dumps(record), *(text.encode() for text in texts_)]


def stands(word: bytes, raw: bytes) -> bool:
    return word in raw.lower() or any(doubt in raw for doubt in DOUBTS)


@st.composite
def judged(draw: st.DrawFn) -> tuple[Any, Pattern]:
    """A value, and a pattern that often holds for it."""
    value = draw(scalars)
    text = text_of(value)
    if not text or draw(st.integers(0, 3)) == 0:
        return value, draw(field_patterns)
    begin = draw(st.integers(0, len(text) - 1))
    piece = draw(st.sampled_from([text[begin:], text[begin:].upper(), text[begin : begin + 3].lower()]))
    if draw(st.booleans()):
        return value, Regex(re.escape(piece).replace("\0", "."), ignore_case=True)
    return value, Text((Wild.ANY, piece, Wild.ANY), draw(st.booleans()))


@settings(max_examples=300)
@given(pair=judged())
def test_the_word_of_a_pattern_that_holds_stands_in_the_record_or_a_doubt_does(
    pair: tuple[Any, Pattern],
) -> None:
    value, pattern = pair
    if not reference._holds(plan.Test("f", pattern), event_with({"f": value})):
        return
    for stretch in (_STRETCH, _BARE_STRETCH):
        words = words_of(pattern, stretch)
        for raw in writings(value):
            assert all(stands(word, raw) for word in words)


@given(pattern=texts(), text=st.text(CHARS + '"\\', max_size=12))
def test_the_bare_word_of_a_keyword_stands_in_raw_text_too(pattern: Text, text: str) -> None:
    words = words_of(pattern, _BARE_STRETCH)
    event = event_with({}, original=text, quarantined=True)
    if reference._holds(Keyword(pattern), event):
        assert all(stands(word, text.encode()) for word in words)


def test_words_are_the_longest_stretches_as_json_writes_them() -> None:
    def of(*parts: Wild | str) -> list[bytes]:
        return words_of(Text(parts), _STRETCH)

    assert of(Wild.ANY, "Evil.EXE") == [b"evil.exe"]
    assert of("ab", Wild.ONE, "abc", Wild.ANY) == [b"abc"]
    assert of("abc", Wild.ANY, "defgh", Wild.ANY, "ijkl") == [b"defgh", b"ijkl"]
    assert of("C:\\Windows\\") == [rb"c:\\windows\\"]
    assert of('say "hi"') == [rb"say \"hi\""]
    assert of("đường dẫn abc") == [b"ng d", b"n abc"]
    assert of("a\tbcde\n") == [b"bcde"]
    assert of("\u212aey") == [b"key"]
    assert of(Wild.ANY) == of() == of("đ") == []
    assert words_of(Text((r"C:\Windows",)), _BARE_STRETCH) == [b"windows"]
    assert words_of(Regex(r"(a|b)\\cmd\.exe"), _STRETCH) == [rb"\\cmd.exe"]
    assert words_of(Regex(r"cmd.{0,5}(?:/c|/r).+powershell"), _STRETCH) == [b"cmd", b"powershell"]


@pytest.mark.parametrize("text", ["1000", "-1", "5.", ".5", "-", ".", "0.1", "-0", "46"])
def test_what_may_stand_in_a_number_is_no_word(text: str) -> None:
    assert words_of(Text((Wild.ANY, text, Wild.ANY)), _STRETCH) == []


def test_booleans_have_words_and_numbers_and_null_have_none() -> None:
    assert words_of(Boolean(value=True), _STRETCH) == [b"true"]
    assert words_of(Boolean(value=False), _STRETCH) == [b"false"]
    assert words_of(Number(5), _STRETCH) == words_of(Null(), _STRETCH) == []  # type: ignore[arg-type]


def of_tree(tree: Condition, words: set[int]) -> bool:
    match tree:
        case bool():
            return tree
        case int():
            return tree in words
        case All(parts):
            return all(of_tree(part, words) for part in parts)
        case Any_(atoms, parts):
            return bool(atoms & words) or any(of_tree(part, words) for part in parts)
        case Without():
            raise AssertionError("words can only be wanted")


@given(node=nodes, held=st.sets(st.integers(0, 12)))
def test_what_is_needed_in_words_is_true_wherever_the_condition_is(node: Node, held: set[int]) -> None:
    atoms = Atoms()
    tree = atoms.lower(node)
    words = Words(atoms, Databases())
    needed = words.relaxed(tree)
    assume(not isinstance(tree, bool))
    if Lowered(0, plan_of("{s: {f: x}, condition: s}"), tree).program.judge(set(held)):
        found = (words.of(atom) for atom in held & set(range(len(atoms.owners))))
        assert of_tree(
            needed, {word for tree in found if not isinstance(tree, bool) for word in atoms_in(tree)}
        )


def test_equal_words_are_one_word_whatever_they_are_of() -> None:
    atoms = Atoms()
    tree = atoms.lower(
        plan_of("{s: {f|contains: EVIL, g|endswith: evil, h|cased: Evil}, condition: s}").condition
    )
    words = Words(atoms, Databases())
    words.relaxed(tree)
    assert words.texts == [b"evil"]


def test_what_a_rule_needs_is_worked_out_once() -> None:
    atoms = Atoms()
    rule = plan_of("{s: {f: evil}, condition: s}")
    lowered = Lowered(0, rule, atoms.lower(rule.condition))
    words = Words(atoms, Databases())
    assert words.needed(lowered) is words.needed(lowered)
    assert words.needed(lowered).rule is rule


def test_words_that_were_found_once_are_recalled_for_the_same_patterns_only() -> None:
    atoms = Atoms()
    tree = atoms.lower(plan_of("{s: {f|contains: evil, g|re: 'cmd.+exe'}, condition: s}").condition)
    databases = Databases()
    first = Words(atoms, databases)
    second = Words(atoms, Databases(databases.made))
    assert (second.texts, second.relaxed(tree)) == (first.texts, first.relaxed(tree))
    other = Atoms()
    other.lower(plan_of("{s: {f|contains: else, g|re: 'cmd.+exe'}, condition: s}").condition)
    known = Databases(databases.made)
    assert Words(other, known).texts == [b"else", b"cmd", b"exe"]
    assert len(known.made) == 1
