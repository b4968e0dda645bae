"""Conditions: the text after ``condition:`` → a tree (specification, "Condition").

    or-expr   := and-expr ("or" and-expr)*
    and-expr  := not-expr ("and" not-expr)*
    not-expr  := "not" not-expr | "(" or-expr ")" | ("1" | "any" | "all") "of" pattern | identifier

Words are whole: ``notepad``, ``or_else`` and ``and-more`` are identifiers.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias

from soc.rulebook.documents import Fault

MAX_WORDS = 5000
MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Ref:
    """An identifier."""

    name: str


@dataclass(frozen=True, slots=True)
class Of:
    """``1 of`` or ``all of`` a pattern."""

    every: bool
    pattern: str
    """With ``*``, or ``them``."""


@dataclass(frozen=True, slots=True)
class Both:
    """All of the parts."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Any of the parts."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Without:
    """Not the part."""

    part: "Condition"


Condition: TypeAlias = Ref | Of | Both | Either | Without


def parse_condition(text: str) -> Condition:
    """Return the tree of *text*.

    Raises:
        Fault: says what was found where something else was expected.
    """
    if "|" in text:
        raise Fault("aggregation in a condition was removed from Sigma", fix="write a correlation rule")
    words = _WORD.findall(text)
    if len(words) > MAX_WORDS:
        raise Fault(f"condition of {len(words)} words; accepted: {MAX_WORDS}")
    parser = _Parser(words)
    tree = parser.either(0)
    parser.end()
    return tree


def names_in(tree: Condition) -> list[str]:
    """Return the rules that a correlation's condition names, in order.

    Raises:
        Fault: it has a pattern, which is for selections.
    """
    match tree:
        case Ref(name):
            return [name]
        case Of(_, pattern):
            raise Fault(f"'of {pattern}' in the condition of a correlation", fix="name each rule")
        case Without(part):
            return names_in(part)
        case Both(parts) | Either(parts):
            return [name for part in parts for name in names_in(part)]


class _Parser:
    def __init__(self, words: list[str]) -> None:
        self._words = words
        self._at = 0

    def either(self, depth: int) -> Condition:
        return self._chain("or", depth)

    def end(self) -> None:
        if self._at < len(self._words):
            raise Fault(f"{self._words[self._at]!r} in the condition where its end or and/or was expected")

    def _chain(self, operator: str, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise Fault(f"condition nested deeper than {MAX_DEPTH}")
        parts = [self._part(operator, depth)]
        while self._peek() == operator:
            self._at += 1
            parts.append(self._part(operator, depth))
        if len(parts) == 1:
            return parts[0]
        return Either(tuple(parts)) if operator == "or" else Both(tuple(parts))

    def _part(self, operator: str, depth: int) -> Condition:
        return self._chain("and", depth) if operator == "or" else self._one(depth)

    def _one(self, depth: int) -> Condition:
        negations = 0
        while self._peek() == "not":
            self._at += 1
            negations += 1
        tree = self._atom(depth)
        return Without(tree) if negations % 2 else tree

    def _atom(self, depth: int) -> Condition:
        word = self._next()
        if word == "(":
            tree = self.either(depth + 1)
            if self._next() != ")":
                raise Fault("a ')' is missing in the condition")
            return tree
        if word in {"1", "any", "all"} and self._peek() == "of":
            self._at += 1
            return Of(word == "all", self._next())
        if word in {")", "and", "or", "of"}:
            raise Fault(f"{word!r} in the condition where a name was expected")
        return Ref(word)

    def _peek(self) -> str:
        word = self._words[self._at] if self._at < len(self._words) else ""
        return word.lower() if word.lower() in _OPERATORS else word

    def _next(self) -> str:
        word = self._peek()
        if not word:
            raise Fault("the condition ends where a name was expected")
        self._at += 1
        return word


_OPERATORS = {"and", "or", "not", "of"}
_WORD = re.compile(r"[()]|[^\s()]+")
