"""Queries for tantivy: our tree, a time range and a scope become one of its own."""

from typing import assert_never

from tantivy import Occur, Query

from soc.kernel.errors import QueryError
from soc.model.identity import Scope
from soc.ports import events as port
from soc.rulebook.plan import Wild
from soc.stores.embedded.index import SCHEMA, between
from soc.stores.query import Either, Every, Everything, Like, Node, Not, Value, Words, parse_query
from soc.stores.terms import AGENCY, prefix, term


def translate(scope: Scope, query: port.Query) -> Query:
    """Return the query for everything of *query* that *scope* may see of a shard it may see.

    Raises:
        QueryError: the text cannot be understood.
    """
    parts = [_node(parse_query(query.text))]
    if query.from_ms is not None or query.to_ms is not None:
        parts.append(between("at", query.from_ms, None if query.to_ms is None else query.to_ms - 1))
    if scope.agencies is not None:
        agencies = [term(AGENCY, agency) for agency in sorted(scope.agencies)]
        parts.append(Query.term_set_query(SCHEMA, "terms", agencies))
    return _all(parts)


def _node(node: Node) -> Query:  # noqa: PLR0911 - one a case
    match node:
        case Everything():
            return Query.all_query()
        case Value(field, value):
            return Query.term_query(SCHEMA, "terms", prefix(field) + value, "basic")
        case Like(field, parts):
            return _like(field, parts)
        case Words(words):
            return _words(words)
        case Every(nodes):
            return _all([_node(each) for each in nodes])
        case Either(nodes):
            return Query.boolean_query([(Occur.Should, _node(each)) for each in nodes])
        case Not(inner):
            return Query.boolean_query([(Occur.Must, Query.all_query()), (Occur.MustNot, _node(inner))])
        case _:
            assert_never(node)


def _words(words: tuple[str, ...]) -> Query:
    if len(words) == 1:
        return Query.term_query(SCHEMA, "text", words[0])
    return Query.phrase_query(SCHEMA, "text", list(words))


def _all(queries: list[Query]) -> Query:
    return Query.boolean_query([(Occur.Must, query) for query in queries])


_META = frozenset("\\.+*?()|[]{}^$")


def _like(field: str, parts: tuple[Wild | str, ...]) -> Query:
    pattern = _plain(prefix(field)) + "".join(
        _sign(part) if isinstance(part, Wild) else _plain(part) for part in parts
    )
    try:
        return Query.regex_query(SCHEMA, "terms", pattern)
    except ValueError as error:
        raise QueryError(f"the pattern for {field} is too long for the index") from error


def _sign(wild: Wild) -> str:
    match wild:
        case Wild.ANY:
            return "(?s:.)*"
        case Wild.ONE:
            return "(?s:.)"
        case _:
            assert_never(wild)


def _plain(text: str) -> str:
    return "".join(f"\\{sign}" if sign in _META else sign for sign in text)
