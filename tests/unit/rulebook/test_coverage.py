"""Techniques are counted by the tags of rules; the layer is what the Navigator reads."""

from support.rulings import correlation_text, loaded, rule_text

from soc.rulebook.coverage import by_tactic, coverage, navigator_layer
from soc.rulebook.plan import Rulebook

DETECTION = "{s: {a: x}, condition: s}"


def rule(id_: str, *tags: str) -> str:
    return rule_text(DETECTION, id=id_, title=f"Rule {id_}", tags=[f"attack.{tag}" for tag in tags])


def book() -> Rulebook:
    chain = correlation_text(
        {
            "type": "event_count",
            "rules": ["a"],
            "group-by": ["host"],
            "timespan": "5m",
            "condition": {"gte": 3},
        },
        tags=["attack.credential-access", "attack.t1110.001"],
    )
    plain = (rule("a", "credential-access", "t1110"), rule("b", "T1110", "impact", "s0002"), rule("d"))
    found = loaded(*plain, chain)
    assert found.errors == ()
    return found


def test_rules_are_counted_by_technique() -> None:
    found = coverage(book())
    assert [(item.id, item.tactics, item.titles, item.silent) for item in found.techniques] == [
        ("T1110", ("credential-access", "impact"), ("Rule a", "Rule b"), 1),
        ("T1110.001", ("credential-access",), ("A correlation",), 0),
    ]
    assert (found.rules, found.untagged, found.silent, found.unrouted) == (4, ("Rule d",), ("Rule a",), ())


def test_rules_of_unknown_log_sources_are_told() -> None:
    assert coverage(loaded(rule("a"), known=lambda _: False)).unrouted == ("Rule a",)


def test_a_technique_stands_under_each_tactic() -> None:
    assert [(tactic, item.id) for tactic, item in by_tactic(coverage(book()))] == [
        ("credential-access", "T1110"),
        ("credential-access", "T1110.001"),
        ("impact", "T1110"),
    ]
    (row,) = by_tactic(coverage(loaded(rule("a", "t1001"))))
    assert row[0] == ""


def test_the_layer_has_what_the_navigator_asks_for() -> None:
    layer = navigator_layer(coverage(book()), "ours")
    assert (layer["name"], layer["domain"], layer["versions"]) == (
        "ours",
        "enterprise-attack",
        {"layer": "4.5"},
    )
    first, second = layer["techniques"]
    assert (first["techniqueID"], first["score"], first["comment"]) == ("T1110", 2, "Rule a\nRule b")
    assert (second["techniqueID"], second["showSubtechniques"]) == ("T1110.001", True)
    assert layer["gradient"]["maxValue"] == 2
    assert first["metadata"] == [{"name": "only feed correlations", "value": "1"}]


def test_a_comment_names_a_few_titles_and_counts_the_others() -> None:
    many = coverage(loaded(*(rule(f"r{number}", "t1001") for number in range(25))))
    (entry,) = navigator_layer(many, "x")["techniques"]
    assert entry["comment"].splitlines()[-1] == "… 5 more"


def test_no_rules_are_a_layer_too() -> None:
    assert navigator_layer(coverage(loaded()), "x")["gradient"]["maxValue"] == 1


def test_a_correlation_that_another_names_is_silent() -> None:
    body = {"type": "event_count", "group-by": ["host"], "timespan": "5m", "condition": {"gte": 3}}
    inner = correlation_text({**body, "rules": ["a"]}, id="inner", title="Inner")
    outer = correlation_text({**body, "rules": ["inner"]}, id="outer", title="Outer")
    assert coverage(loaded(rule("a"), inner, outer)).silent == ("Rule a", "Inner")
