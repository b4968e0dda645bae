r"""The analysts' query language: a subset of Lucene's syntax, read into a tree of seven kinds of node.

    sshd failed                    both words, anywhere in the raw text, accents and case aside
    "failed password"              the words in this order, side by side
    user.name:lan                  the field has this value, case aside
    Image:"C:\Windows\x.exe"       the same for values with blanks or signs
    Image:*\cmd.exe                * any run of characters, ? exactly one
    _exists_:user.name             the field is there
    AND OR NOT ( )                 upper case; words side by side mean AND

Everything else is refused with its place and what to write instead.
"""

import re
from collections.abc import Iterator
from typing import TypeAlias

import msgspec
from luqum import tree
from luqum.exceptions import ParseError
from luqum.thread import parse as parse_lucene

from soc.kernel.errors import QueryError, shortened
from soc.kernel.folding import fold
from soc.rulebook.plan import Wild
from soc.stores.terms import MAX_VALUE, words_of

MAX_LENGTH = 4096
"""Characters of a query."""
MAX_NODES = 256
MAX_DEPTH = 32
MAX_PATTERN = 128
"""Characters of a pattern and its field's name together; an index compiles them to an automaton."""
MAX_PARTS = 16
"""Literals and wildcards of one pattern."""


class Everything(msgspec.Struct, frozen=True):
    """Every event."""


class Value(msgspec.Struct, frozen=True):
    """A field has a value, folded and cut as it is indexed."""

    field: str
    value: str


class Like(msgspec.Struct, frozen=True):
    """A field has a value that fits a pattern as a whole; literals are folded."""

    field: str
    parts: tuple[Wild | str, ...]


class Words(msgspec.Struct, frozen=True):
    """The raw text has these words side by side; at least one."""

    words: tuple[str, ...]


class Every(msgspec.Struct, frozen=True):
    """All of; at least one."""

    nodes: tuple["Node", ...]


class Either(msgspec.Struct, frozen=True):
    """Any of; at least one."""

    nodes: tuple["Node", ...]


class Not(msgspec.Struct, frozen=True):
    """Not this."""

    node: "Node"


Node: TypeAlias = Everything | Value | Like | Words | Every | Either | Not


def parse_query(text: str) -> Node:
    """Return the tree of *text*; an empty one asks for everything.

    Raises:
        QueryError: it cannot be understood; says at which character and what would be accepted.
    """
    if len(text) > MAX_LENGTH:
        raise QueryError(f"a query of {len(text)} characters; accepted: {MAX_LENGTH}")
    if not text.strip():
        return Everything()
    try:
        parsed = parse_lucene(text)
    except ParseError as error:
        raise QueryError(f"{error}; values with signs or blanks go in double quotes") from error
    return _Reader().read(parsed, None, 0)


EXISTS = "_exists_"
_SPECIAL = frozenset('\\:*?()[]{}"+-!^~/&| ')
_QUOTED = re.compile(r'\\(["\\])')
_MISTAKEN = {"and": "AND", "or": "OR", "not": "NOT", "&&": "AND", "||": "OR", "!": "NOT"}
_UNSUPPORTED = {
    tree.Range: "ranges are not searched; narrow the time range instead",
    tree.From: "comparisons are not searched; narrow the time range instead",
    tree.To: "comparisons are not searched; narrow the time range instead",
    tree.Fuzzy: "words are not guessed; use * and ? in field:value",
    tree.Proximity: "words stand side by side in a phrase; leave out ~",
    tree.Boost: "results are sorted by time; leave out ^",
    tree.Regex: "no regular expressions; use * and ? in field:value",
}


class _Reader:
    """Counts nodes while it turns luqum's tree into ours."""

    def __init__(self) -> None:
        self._count = 0

    def read(self, item: tree.Item, field: str | None, depth: int) -> Node:
        self._count += 1
        if depth > MAX_DEPTH or self._count > MAX_NODES:
            raise _refused(item, f"more than {MAX_NODES} parts or {MAX_DEPTH} levels", "ask less at once")
        if isinstance(item, tree.AndOperation | tree.UnknownOperation):
            _refuse_mixture(item)
            return Every(self._children(item, field, depth))
        if isinstance(item, tree.OrOperation):
            return Either(self._children(item, field, depth))
        if isinstance(item, tree.Not | tree.Prohibit):
            return Not(self.read(item.a, field, depth + 1))
        if isinstance(item, tree.Group | tree.FieldGroup | tree.Plus):
            return self.read(item.children[0], field, depth + 1)
        if isinstance(item, tree.SearchField):
            return self._field(item, field, depth)
        return _leaf(item, field)

    def _children(self, item: tree.Item, field: str | None, depth: int) -> tuple[Node, ...]:
        return tuple(self.read(child, field, depth + 1) for child in item.children)

    def _field(self, item: tree.SearchField, field: str | None, depth: int) -> Node:
        if field is not None:
            raise _refused(item, "a second colon", 'put the value in double quotes: field:"a:b"')
        if item.name == EXISTS:
            if not isinstance(item.expr, tree.Word):
                raise _refused(item, f"{EXISTS} of no field", f"{EXISTS}:field")
            return Like(_literal(str(item.expr.value)), (Wild.ANY,))
        if item.name == "*" and isinstance(item.expr, tree.Word) and item.expr.value == "*":
            return Everything()
        return self.read(item.expr, _literal(item.name), depth + 1)


def _refuse_mixture(item: tree.Item) -> None:
    """``a b OR c`` is read differently by everyone."""
    for child in item.children:
        if isinstance(item, tree.UnknownOperation) and isinstance(child, tree.OrOperation):
            raise _refused(child, "OR beside words without AND", "use parentheses: a AND (b OR c)")


def _leaf(item: tree.Item, field: str | None) -> Node:
    if isinstance(item, tree.Phrase):
        text = _QUOTED.sub(r"\1", str(item.value)[1:-1])
        return _words(item, text) if field is None else Value(field, fold(text)[:MAX_VALUE])
    if not isinstance(item, tree.Word):
        hint = next((hint for kind, hint in _UNSUPPORTED.items() if isinstance(item, kind)), "see the help")
        raise _refused(item, f"{type(item).__name__.lower()} cannot be used", hint)
    parts = _pattern(str(item.value))
    literal = "".join(part for part in parts if not isinstance(part, Wild))
    wild = any(isinstance(part, Wild) for part in parts)
    if field is None:
        return _bare(item, parts, literal)
    if not wild:
        return Value(field, literal[:MAX_VALUE])
    if len(field) + len(literal) > MAX_PATTERN or len(parts) > MAX_PARTS:
        what = f"a pattern of {len(parts)} parts and {len(literal)} characters"
        raise _refused(item, what, f"accepted: {MAX_PARTS} parts, {MAX_PATTERN} with the field's name")
    return Like(field, parts)


def _bare(item: tree.Word, parts: tuple[Wild | str, ...], literal: str) -> Node:
    word = str(item.value)
    if mistaken := word if word in _MISTAKEN else word[0] if word[0] == "!" else "":
        raise _refused(item, shortened(word), f"write {_MISTAKEN[mistaken]}, or put it in double quotes")
    if parts == (Wild.ANY,):
        return Everything()
    if any(isinstance(part, Wild) for part in parts):
        raise _refused(item, "* and ? in a bare word", "use them in field:value")
    return _words(item, literal)


def _words(item: tree.Item, text: str) -> Words:
    words = words_of(text)
    if not words:
        raise _refused(item, f"{shortened(text)} has no letter or digit", "search for words")
    return Words(tuple(words))


def _pattern(word: str) -> tuple[Wild | str, ...]:
    """Cut *word* at its wildcards and fold what is between them."""
    parts: list[Wild | str] = []
    for sign, plain in _signs(word):
        wild = None if plain else _WILDS.get(sign)
        if wild is not None:
            parts.append(wild)
        elif parts and isinstance(parts[-1], str):
            parts[-1] += fold(sign)
        else:
            parts.append(fold(sign))
    return tuple(parts)


def _literal(word: str) -> str:
    """Return a field name, which has no wildcards, with its escapes resolved."""
    return "".join(sign for sign, _ in _signs(word))


def _signs(word: str) -> Iterator[tuple[str, bool]]:
    """Yield each character and whether a backslash made it plain; others keep their backslash."""
    places = iter(range(len(word)))
    for i in places:
        if word[i] == "\\" and word[i + 1 : i + 2] in _SPECIAL:
            yield word[next(places)], True
        else:
            yield word[i], False


def _refused(item: tree.Item, what: str, hint: str) -> QueryError:
    return QueryError(f"character {(item.pos or 0) + 1}: {what}; {hint}")


_WILDS = {"*": Wild.ANY, "?": Wild.ONE}
