"""Two versions of a package are compared by rule id."""

from support.rulings import document_of, rule_text

from soc.rulebook.comparison import Change, Fate, compare
from soc.rulebook.documents import Document

DETECTION = "{s: {a: x}, condition: s}"


def rule(id_: str, detection: str = DETECTION, **more: object) -> Document:
    return document_of(rule_text(detection, id=id_, **{"title": f"Rule {id_}", **more}))


def test_rules_are_added_changed_and_removed() -> None:
    old = [rule("a"), rule("b", level="low"), rule("c")]
    new = [rule("b", "{s: {a: y}, condition: s}", level="high", author="X"), rule("c"), rule("d")]
    assert compare(old, new) == [
        Change(Fate.ADDED, "Rule d", "d"),
        Change(Fate.CHANGED, "Rule b", "b", ("detection", "level: 'low' → 'high'", "author: None → 'X'")),
        Change(Fate.REMOVED, "Rule a", "a"),
    ]


def test_a_rule_that_only_moved_or_was_written_otherwise_is_the_same() -> None:
    text = rule_text(DETECTION)
    assert compare([document_of(text, "a.yml")], [document_of("# words\n" + text, "b/c.yml")]) == []
