"""A filter of an override keeps its rule from what it selects, and nothing else."""

from support.rulings import event_with, loaded, rule_text

from soc.detection import reference
from soc.rulebook.documents import RuleFile
from soc.rulebook.load import load
from soc.rulebook.override_filters import filter_files
from soc.rulebook.overrides import apply, read_overrides
from soc.rulebook.plan import Rulebook

DETECTION = "{s: {a: x}, condition: s}"
FILES = [
    RuleFile("a.yml", rule_text(DETECTION, id="a")),
    RuleFile("b.yml", rule_text(DETECTION, id="b")),
    RuleFile(
        "f.yml",
        "title: F\nid: backup\nlogsource: {product: test}\n"
        "filter: {rules: [b], t: {host: bak}, condition: not t}\n",
    ),
]


def book(entry: str) -> Rulebook:
    given = read_overrides([RuleFile("overrides.yml", f"overrides: [{entry}]\n")])
    made, found = filter_files(given, FILES)
    rules = load([*FILES, *made], known=lambda _: True, entities=lambda _: ())
    return apply(rules, found)


def matching(rulebook: Rulebook, host: str) -> list[str]:
    return [rule.id for rule in reference.match(rulebook.rules, event_with({"a": "x", "host": host}))]


def test_a_filter_in_place_works_on_its_rule_alone() -> None:
    found = book("{rule: a, reason: x, filter: {t: {host: dev}, condition: not t}}")
    assert (found.errors, found.warnings) == ((), ())
    assert matching(found, "dev") == ["b"]
    assert matching(found, "bak") == ["a"]
    assert matching(found, "h") == ["a", "b"]


def test_a_filter_is_named_by_its_id() -> None:
    found = book("{rule: a, reason: x, filter: backup}")
    assert (found.errors, found.warnings) == ((), ())
    assert matching(found, "bak") == []
    assert matching(found, "h") == ["a", "b"]


def test_a_filter_or_rule_that_is_not_there_is_said() -> None:
    assert book("{rule: a, reason: x, filter: gone}").errors == (
        "overrides.yml:1:13: no filter has the id or name 'gone'",
    )
    assert book("{rule: gone, reason: x, filter: backup}").errors == (
        "overrides.yml:1:13: filter for 'gone', which no rule is called",
    )


def test_without_overrides_there_are_no_filters() -> None:
    assert filter_files(read_overrides([]), FILES)[0] == []
    assert loaded(rule_text(DETECTION)).errors == ()
