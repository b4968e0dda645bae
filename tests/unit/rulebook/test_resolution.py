"""References: names, chains, cycles, silence; a rejected rule takes its parents along and nobody else."""

from typing import Any

from support.rulings import correlation_text, loaded, rule_text

from soc.rulebook.plan import Rulebook


def rule(name: str, **more: Any) -> str:
    return rule_text("{s: {a: x}, condition: s}", id=f"id-{name}", name=name, **more)


def chain(name: str, *rules: str, group_by: str = "host", generate: bool = False, **more: Any) -> str:
    body = {
        "type": "temporal",
        "rules": list(rules),
        "timespan": "5m",
        "group-by": group_by,
        "generate": generate,
    }
    return correlation_text(body, **{"id": f"id-{name}", "name": name, **more})


def loud(book: Rulebook) -> set[str]:
    """Ids of everything that raises alerts."""
    return {plan.id for plan in book.correlations if not plan.silent}


def written(book: Rulebook) -> list[str]:
    return [plan.id for plan in book.correlations if not plan.implicit]


def test_children_come_before_their_parents_whatever_the_order_of_files() -> None:
    texts = [chain("top", "mid"), chain("mid", "low", "b"), chain("low", "a"), rule("a"), rule("b")]
    for order in (texts, texts[::-1], texts[2:] + texts[:2]):
        book = loaded(*order)
        assert book.errors == ()
        assert written(book) == ["id-low", "id-mid", "id-top"]


def test_a_very_long_chain_is_ordered() -> None:
    texts = [chain(f"c{n}", f"c{n + 1}") for n in range(1500)] + [chain("c1500", "a"), rule("a")]
    assert written(loaded(*texts))[0] == "id-c1500"


def test_rules_are_known_by_id_and_by_name_in_any_file() -> None:
    book = loaded(chain("c", "id-a", "b") + "---\n" + rule("b"), rule("a"))
    assert book.errors == ()
    assert book.correlations[-1].rules == ("id-a", "id-b")


def test_a_name_of_two_rules_is_ambiguous_and_an_id_is_not() -> None:
    twins = [rule("a"), rule_text("{s: {a: x}, condition: s}", id="other", name="a")]
    assert "'a' is the name of several rules" in loaded(*twins, chain("c", "a")).errors[0]
    assert loaded(*twins, chain("c", "other")).errors == ()


def test_an_id_can_be_taken_once() -> None:
    book = loaded(rule("a"), rule("a"), chain("c", "a"))
    assert len(book.errors) == 1
    assert "1.yml:2:1: id 'id-a' is taken by 0.yml" in book.errors[0]
    assert written(book) == ["id-c"]


def test_cycles_are_refused_with_everybody_in_them_and_above() -> None:
    book = loaded(
        rule("a"),
        chain("x", "y"),
        chain("y", "x"),
        chain("z", "x", "a"),
        chain("self", "self"),
        chain("ok", "a"),
    )
    assert written(book) == ["id-ok"]
    assert [error.split(":")[0] for error in sorted(book.errors)] == ["1.yml", "2.yml", "3.yml", "4.yml"]
    assert sum("names itself" in error for error in book.errors) == 3
    assert sum("'x' was rejected" in error for error in book.errors) == 1


def test_a_rejected_rule_rejects_its_parents_and_theirs_only() -> None:
    bad = rule_text("{s: {a|bad: x}, condition: s}", id="id-bad", name="bad")
    book = loaded(rule("a"), bad, chain("p", "bad", "a"), chain("q", "p"), chain("ok", "a"))
    assert written(book) == ["id-ok"]
    assert len(book.errors) == 3
    assert "'bad' was rejected" in book.errors[1]
    assert "'p' was rejected" in book.errors[2]


def test_the_parent_of_a_province_correlation_must_be_province() -> None:
    province: dict[str, Any] = {"custom": {"scope": "province"}}
    book = loaded(rule("a"), chain("p", "a", **province), chain("q", "p"), chain("r", "p", **province))
    assert written(book) == ["id-p", "id-r"]
    assert "must be one" in book.errors[0]


def test_a_named_rule_is_silent_unless_a_parent_wants_it_heard() -> None:
    assert loud(loaded(rule("a"), rule("b"))) == {"id-a", "id-b"}
    assert loud(loaded(rule("a"), rule("b"), chain("c", "a"))) == {"id-b", "id-c"}
    assert loud(loaded(rule("a"), chain("c", "a", generate=True))) == {"id-a", "id-c"}
    assert loud(loaded(rule("a"), chain("c", "a"), chain("d", "a", generate=True))) == {
        "id-a",
        "id-c",
        "id-d",
    }


def test_silence_is_about_the_rules_named_directly() -> None:
    assert loud(loaded(rule("a"), chain("c", "a"), chain("d", "c", generate=True))) == {"id-c", "id-d"}
    assert loud(loaded(rule("a"), chain("c", "a", generate=True), chain("d", "c"))) == {"id-a", "id-d"}


def test_a_rejected_correlation_silences_nobody() -> None:
    assert loud(loaded(rule("a"), chain("c", "a", "gone"))) == {"id-a"}


def test_a_plain_rule_is_the_correlation_of_itself() -> None:
    (plan,) = loaded(rule("a")).correlations
    assert (plan.implicit, plan.silent, plan.rules, plan.timespan_ms) == (True, False, ("id-a",), 3_600_000)
    assert (plan.group_by, plan.implicit_entities) == ((), ("host",))
    assert [(operator.value, str(value)) for operator, value in plan.operators] == [("gte", "1")]


def test_a_plain_rule_says_itself_how_its_alerts_are_grouped() -> None:
    (plan,) = loaded(
        rule("a", custom={"group-by": ["user"], "timespan": "5m", "scope": "province"})
    ).correlations
    assert (plan.group_by, plan.implicit_entities, plan.timespan_ms) == (("user",), (), 300_000)
    assert plan.province


def test_silent_rules_have_no_correlation_of_their_own() -> None:
    book = loaded(rule("a"), chain("c", "a"))
    assert [plan.id for plan in book.correlations] == ["id-c"]
    assert [plan.id for plan in book.rules] == ["id-a"]
