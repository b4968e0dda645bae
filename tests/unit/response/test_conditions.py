import pytest

from soc.kernel.errors import PlaybookError
from soc.response.conditions import holds, names, parse
from soc.response.playbook import Value

VARIABLES: dict[str, Value] = {"__n__": 3, "__level__": "high", "__live__": True}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("__n__ = 3", True),
        ("__n__ != 3", False),
        ("__n__ > 2", True),
        ("__n__ > 3", False),
        ("__n__ < 4", True),
        ("__n__ > -1", True),
        ("3 = __n__:value", True),
        ("__level__ = 'high'", True),
        ("__level__ IN ('low', 'high')", True),
        ("__level__ IN ('low')", False),
        ("__live__ = true", True),
        ("NOT __live__ = true", False),
        ("NOT NOT __live__ = true", True),
        ("__n__ = 1 OR __n__ = 3 AND __live__ = false", False),
        ("(__n__ = 1 OR __n__ = 3) AND __live__ = true", True),
        ("__n__ = 3 OR __n__ = 1 AND __live__ = false", True),
        ("NOT __n__ = 1 AND __n__ = 3", True),
    ],
)
def test_a_condition_holds_as_its_grammar_says(text: str, expected: bool) -> None:
    assert holds(parse(text), VARIABLES) is expected


def test_a_variable_without_a_value_is_an_error_even_where_it_would_not_matter() -> None:
    for text in ("__gone__ = 1", "__n__ = 3 OR __gone__ = 1", "__n__ = 1 AND __gone__ = 1"):
        with pytest.raises(PlaybookError, match="__gone__ has no value"):
            holds(parse(text), VARIABLES)


@pytest.mark.parametrize("text", ["__n__ = '3'", "__level__ = 3", "__live__ = 1", "__n__ IN ('3')"])
def test_things_of_different_types_are_not_compared(text: str) -> None:
    with pytest.raises(PlaybookError, match="types differ"):
        holds(parse(text), VARIABLES)


@pytest.mark.parametrize("text", ["__level__ > 'a'", "__live__ < true"])
def test_only_numbers_are_ordered(text: str) -> None:
    with pytest.raises(PlaybookError, match="orders numbers"):
        holds(parse(text), VARIABLES)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", 1),
        ("__n__", 6),
        ("__n__ =", 8),
        ("__n__ = 3 3", 11),
        ("(__n__ = 3", 11),
        ("__n__ IN 3", 10),
        ("__n__ IN (3", 12),
        ("AND __n__ = 3", 1),
        ("__n__ = 3 AND", 14),
        ("__n__ = 'open", 9),
        ("__N__ = 3", 1),
        ("__n__ ; 3", 7),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(text: str, at: int) -> None:
    with pytest.raises(PlaybookError, match=rf"character {at}$"):
        parse(text)


def test_depth_is_bounded() -> None:
    with pytest.raises(PlaybookError, match="at most 20 levels"):
        parse("(" * 5000 + "__n__ = 3" + ")" * 5000)
    with pytest.raises(PlaybookError, match="at most 20 levels"):
        parse("NOT " * 5000 + "__n__ = 3")


def test_the_variables_of_a_condition_are_known() -> None:
    assert names(parse("NOT (__a__ = 1 OR __b__ IN (__c__, 2)) AND 1 = __d__")) == {
        "__a__",
        "__b__",
        "__c__",
        "__d__",
    }
