"""A rule of others carries its author and licence; its own licence wins over its package's."""

from support.rulings import loaded, rule_text

from soc.rulebook.attribution import attribution, licensed

DETECTION = "{s: {a: x}, condition: s}"


def test_the_line_has_what_the_licence_asks_for() -> None:
    (rule,) = loaded(rule_text(DETECTION, title="T", author="A, B", license="MIT")).rules
    assert attribution(rule.heading) == "T by A, B, MIT (r)"
    (bare,) = loaded(rule_text(DETECTION, title="T")).rules
    assert attribution(bare.heading) == "T (r)"


def test_rules_and_their_correlations_have_the_licence_of_their_package() -> None:
    book = loaded(rule_text(DETECTION, id="a"), rule_text(DETECTION, id="b", license="MIT"))
    found = licensed(book, {"0.yml": "DRL-1.1", "1.yml": "DRL-1.1"}.__getitem__)
    assert [rule.heading.licence for rule in found.rules] == ["DRL-1.1", "MIT"]
    assert [plan.heading.licence for plan in found.correlations] == ["DRL-1.1", "MIT"]
    assert licensed(book, lambda _: "") == book
