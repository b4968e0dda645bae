"""Loading: everything good is used, every fault is told at once, versions follow the meaning alone."""

from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from support.rulings import correlation_text, loaded, rule_text

from soc.model.event import LogSource
from soc.rulebook.load import MAX_CORRELATIONS
from soc.rulebook.plan import RulePlan

GOOD = rule_text("{s: {a: x}, condition: s}")


def version(detection: str, **more: object) -> str:
    book = loaded(rule_text(detection, **more))
    assert book.errors == ()
    return book.rules[0].version


def test_every_fault_is_told_at_once_and_the_others_load() -> None:
    bad = [
        "title: [\n",
        rule_text("{s: {a|bad: x}, condition: s}", id="b"),
        "title: x\nid: n\n",
        correlation_text({"type": "x"}),
    ]
    book = loaded(bad[0], GOOD, *bad[1:])
    assert [rule.id for rule in book.rules] == ["r"]
    assert [error.split(":")[0] for error in book.errors] == ["0.yml", "2.yml", "3.yml", "4.yml"]
    assert "neither detection, correlation nor filter" in book.errors[2]


def test_a_file_may_hold_rules_and_correlations_together() -> None:
    count = {"type": "event_count", "rules": "r", "timespan": "1m", "condition": {"gte": 2}}
    book = loaded(GOOD + "---\n" + correlation_text(count))
    assert book.errors == ()
    assert [plan.id for plan in book.correlations] == ["c"]
    assert book.rules[0].heading.text == GOOD


def test_the_version_follows_the_meaning() -> None:
    base = version("{s: {a: x}, condition: s}")
    same = [
        version("{t: {a: x}, condition: t}"),
        version("{s: {a: x}, condition: (s)}"),
        version("{s: {a: x}, condition: s}", title="Other", level="high", description="d", id="q"),
    ]
    other = [
        version("{s: {a: X}, condition: s}"),
        version("{s: {a: y}, condition: s}"),
        version("{s: {a|contains: x}, condition: s}"),
        version("{s: {a: x}, condition: not s}"),
        version("{s: {a: x}, condition: s}", logsource={"product": "windows"}),
        version("{s: {a: x}, condition: s}", custom={"timespan": "5m"}),
    ]
    assert set(same) == {base}
    assert len({base, *other}) == 7


def test_a_literal_star_and_a_wildcard_are_two_versions() -> None:
    assert version(r"{s: {a: 'x\*'}, condition: s}") != version("{s: {a: x*}, condition: s}")


def test_the_hash_of_the_book_follows_its_versions() -> None:
    assert loaded(GOOD).hash == loaded(GOOD + "# comment\n").hash
    assert loaded(GOOD).hash != loaded(rule_text("{s: {a: y}, condition: s}")).hash


@pytest.mark.parametrize("more", [{"level": "high"}, {"title": "Other"}, {"tags": ["attack.t1110"]}])
def test_the_hash_of_the_book_changes_with_what_alerts_show_and_versions_do_not(more: dict[str, Any]) -> None:
    count = {"type": "event_count", "rules": "r", "timespan": "1m", "condition": {"gte": 2}}
    whole = loaded(GOOD, correlation_text(count))
    rule = loaded(rule_text("{s: {a: x}, condition: s}", **more), correlation_text(count))
    correlation = loaded(GOOD, correlation_text(count, **more))
    assert len({whole.hash, rule.hash, correlation.hash}) == 3
    assert rule.rules[0].version == whole.rules[0].version
    assert correlation.correlations[0].version == whole.correlations[0].version


def test_log_sources_and_entities_are_asked_for() -> None:
    book = loaded(
        GOOD, known=lambda source: source.product == "other", entities=lambda source: (str(source.product),)
    )
    assert not book.rules[0].routed
    assert book.correlations[0].implicit_entities == ("test",)
    assert book.rules[0].logsource == LogSource("test")


def test_placeholders_come_from_outside() -> None:
    text = rule_text("{s: {a|expand: '%u%'}, condition: s}")
    assert "5" not in loaded(text, placeholders={"u": ("x",)}).errors
    assert loaded(text, placeholders={"u": ("x",)}).rules[0].version == version("{s: {a: x}, condition: s}")
    assert "placeholder %u% has no values" in loaded(text).errors[0]


def test_a_plan_survives_its_encoding_as_text() -> None:
    (plan,) = loaded(
        rule_text(r"{s: {a: ['x*', '\*', 5, true, null]}, t: [k], condition: s and not t}")
    ).rules
    assert isinstance(plan, RulePlan)
    assert msgspec.json.encode(plan.condition)


KEYS = (
    "title",
    "id",
    "name",
    "level",
    "logsource",
    "detection",
    "correlation",
    "filter",
    "custom",
    "generate",
)
INNER = (
    "s",
    "condition",
    "product",
    "a|contains",
    "a|re",
    "type",
    "rules",
    "timespan",
    "group-by",
    "aliases",
    "|all",
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.floats(),
    st.sampled_from(
        ["s", "temporal", "event_count", "5m", "not s", "1 of them", "any", "r", "high", "(", ""]
    ),
    st.text(max_size=4),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(INNER), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6), max_size=4))
def test_nothing_that_yaml_can_hold_stops_the_loading(documents: list[dict[str, object]]) -> None:
    text = yaml.safe_dump_all(documents, allow_unicode=True)
    book = loaded(text, GOOD)
    assert any(rule.heading.location.path == "1.yml" for rule in book.rules) or any(
        "taken" in e for e in book.errors
    )


@given(st.text(max_size=60))
def test_no_text_stops_the_loading(text: str) -> None:
    assert [rule.id for rule in loaded(text, GOOD).rules] == ["r"]


@pytest.mark.parametrize(
    "text", ["\t", "%YAML 9.9\n---\na", "&a", "*a", "!!", "---\n...\n---", "\ufeff" + GOOD]
)
def test_odd_texts_do_not_stop_the_loading(text: str) -> None:
    assert len(loaded(text, rule_text("{s: {a: x}, condition: s}", id="q")).rules) >= 1


def test_correlations_that_could_not_be_put_in_order_in_time_are_refused() -> None:
    count = {"type": "event_count", "rules": "r", "timespan": "1m", "condition": {"gte": 2}}
    text = correlation_text(count)
    many = "---\n".join(text.replace("id: c", f"id: c{n}") for n in range(MAX_CORRELATIONS + 1))
    book = loaded(GOOD, many)
    assert ["more than 2000 correlations" in error for error in book.errors] == [True]
    assert len(book.correlations) == MAX_CORRELATIONS


def test_thousands_of_faults_in_one_file_are_told_without_reading_it_thousands_of_times() -> None:
    rules = (rule_text("{s: {a|expand: '%nobody%'}, condition: s}", id=str(n)) for n in range(2000))
    book = loaded("---\n".join(rules), GOOD)
    assert len(book.errors) == 2000
    assert book.errors[-1].startswith("0.yml:17998:5: placeholder %nobody%")
    assert [rule.id for rule in book.rules] == ["r"]
