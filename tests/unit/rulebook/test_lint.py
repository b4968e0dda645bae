"""What is allowed and probably not meant is warned of."""

from support.rulings import correlation_text, loaded, rule_text

RULE = rule_text("{s: {a: x}, condition: s}", id="a")


def chain(name: str, rule: str, group_by: list[str], **more: object) -> str:
    body = {"type": "temporal", "rules": [rule], "timespan": "5m", "group-by": group_by, **more}
    return correlation_text(body, id=name)


def test_a_log_source_that_no_mapping_knows_is_warned_of() -> None:
    book = loaded(RULE, known=lambda _: False)
    assert book.warnings == (
        "0.yml:1:1: no mapping knows the log source product: test; tried on every event",
    )
    assert not book.rules[0].routed
    assert loaded(RULE).warnings == ()


def test_a_parent_that_groups_by_what_its_child_does_not_have_is_warned_of() -> None:
    child = chain("c", "a", ["user"])
    assert (
        "never counts 'A correlation', whose episodes have no 'host'"
        in loaded(RULE, child, chain("p", "c", ["host"])).warnings[0]
    )
    assert loaded(RULE, child, chain("p", "c", ["user"])).warnings == ()
    assert loaded(RULE, child, chain("p", "c", ["soc.agency"])).warnings == ()


def test_an_alias_tells_what_the_child_calls_it() -> None:
    child = chain("c", "a", ["user"])
    assert loaded(RULE, child, chain("p", "c", ["who"], aliases={"who": {"c": "user"}})).warnings == ()
    assert loaded(RULE, child, chain("p", "c", ["user"], aliases={"user": {"c": "host"}})).warnings != ()
