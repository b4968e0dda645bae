from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soc.kernel.errors import QueryError
from soc.rulebook.plan import Wild
from soc.stores.query import MAX_LENGTH, Either, Every, Everything, Like, Node, Not, Value, Words, parse_query


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", Everything()),
        ("  ", Everything()),
        ("*:*", Everything()),
        ("Đặng", Words(("dang",))),
        ("CVE-2024-1", Words(("cve", "2024", "1"))),
        ("f:Lan", Value("f", "lan")),
        (r'f:"C:\x \"y\""', Value("f", 'c:\\x "y"')),
        (r"f:a\*", Value("f", "a*")),
        ("f:a*b?", Like("f", ("a", Wild.ANY, "b", Wild.ONE))),
        (r"a\:b:c", Value("a:b", "c")),
        ("_exists_:f", Like("f", (Wild.ANY,))),
        ("a NOT b", Every((Words(("a",)), Not(Words(("b",)))))),
        ("f:(a OR b)", Either((Value("f", "a"), Value("f", "b")))),
        ("+a -b", Every((Words(("a",)), Not(Words(("b",)))))),
    ],
)
def test_a_query_becomes_a_tree(text: str, tree: Node) -> None:
    assert parse_query(text) == tree


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a and b", "character 3: 'and'; write AND"),
        ("a || b", "character 3: '||'; write OR"),
        ("!a", "character 1: '!a'; write NOT"),
        ("f:[1 TO 5]", "character 3: range cannot be used; ranges are not searched"),
        ("f:>5", "comparisons are not searched"),
        ("a~", "words are not guessed"),
        ('"a b"~3', "leave out ~"),
        ("a^2", "leave out ^"),
        ("/a/", "no regular expressions"),
        ("a*", "use them in field:value"),
        ("f:a:b", 'put the value in double quotes: field:"a:b"'),
        ("_exists_:(a OR b)", "_exists_:field"),
        ("a b OR c", "use parentheses"),
        ('"--"', "no letter or digit"),
        ("f:" + "a" * 200 + "*", "accepted: 16 parts, 128"),
        ("f:" + "*a" * 20, "accepted: 16 parts, 128"),
        ("(a", "double quotes"),
        ("x" * (MAX_LENGTH + 1), "accepted: 4096"),
        ("(" * 40 + "a" + ")" * 40, "32 levels"),
        (" OR ".join(["a"] * 300), "more than 256 parts"),
    ],
)
def test_a_refusal_says_where_and_what_to_write(text: str, message: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse_query(text)
    assert message in str(refused.value)


@given(st.text(alphabet='ab:"\\*?()[]{}+-!^~/&| \tANDORT<>=đ\x00', max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    with suppress(QueryError):
        parse_query(text)
