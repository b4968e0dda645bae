"""Conditions are parsed by the grammar that their module shows."""

import re

import pytest

from soc.rulebook.conditions import Both, Either, Of, Ref, Without, names_in, parse_condition
from soc.rulebook.documents import Fault

A, B, C = Ref("a"), Ref("b"), Ref("c")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a", A),
        ("a or b and c", Either((A, Both((B, C))))),
        ("a and b or c", Either((Both((A, B)), C))),
        ("(a or b) and c", Both((Either((A, B)), C))),
        ("not a and b", Both((Without(A), B))),
        ("not (a or b)", Without(Either((A, B)))),
        ("not not a", A),
        ("a and not b", Both((A, Without(B)))),
        ("1 of sel_*", Of(every=False, pattern="sel_*")),
        ("any of them", Of(every=False, pattern="them")),
        ("not 1 of filter_*", Without(Of(every=False, pattern="filter_*"))),
        ("all of s* and a", Both((Of(every=True, pattern="s*"), A))),
        ("A AND NOT B", Both((Ref("A"), Without(Ref("B"))))),
        ("((a))", A),
        ("(a)or(b)", Either((A, B))),
    ],
)
def test_operators_bind_as_the_specification_says(text: str, tree: object) -> None:
    assert parse_condition(text) == tree


@pytest.mark.parametrize(
    "name",
    [
        "notepad",
        "nota",
        "or_else",
        "oracle",
        "android",
        "and-more",
        "a-b",
        "of_x",
        "all",
        "any",
        "1",
        "allof",
    ],
)
def test_a_name_may_begin_like_an_operator(name: str) -> None:
    assert parse_condition(name) == Ref(name)
    assert parse_condition(f"{name} or b") == Either((Ref(name), B))
    assert parse_condition(f"not {name}") == Without(Ref(name))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a b", "'b' in the condition where its end"),
        ("a and", "ends where a name"),
        ("and a", "'and' in the condition where a name"),
        ("(a", "ends where a name was expected"),
        ("(a b", "')' is missing"),
        ("a)", "')' in the condition"),
        ("()", "')' in the condition where a name"),
        ("not", "ends where a name"),
        ("1 of", "ends where a name"),
        ("2 of sel*", "'of' in the condition"),
        ("a | count() > 5", "aggregation"),
        ("(" * 200 + "a" + ")" * 200, "deeper"),
        ("a or " * 5000 + "a", "words"),
    ],
)
def test_what_is_no_condition_is_refused_with_the_word_that_is_wrong(text: str, complaint: str) -> None:
    with pytest.raises(Fault, match=re.escape(complaint)):
        parse_condition(text)


def test_a_long_chain_of_negations_costs_no_stack() -> None:
    assert parse_condition("not " * 4001 + "a") == Without(A)


def test_names_of_an_expression_are_listed_and_patterns_refused() -> None:
    assert names_in(parse_condition("a and not (b or a)")) == ["a", "b", "a"]
    with pytest.raises(Fault, match="of a correlation"):
        names_in(parse_condition("a or 1 of them"))
