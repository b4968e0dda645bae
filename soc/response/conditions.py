"""Conditions of a playbook: ``__agencies__ > 1 AND NOT __level__ IN ('low', 'medium')``.

    or     = and { OR and }
    and    = not { AND not }
    not    = NOT not | ( or ) | test
    test   = operand ( = | != | < | > ) operand | operand IN ( literal { , literal } )

A variable may be written ``__name__`` or, as CACAO does, ``__name__:value``. Comparing things of
different types, or ordering what is no number, is an error, and so is a variable without a value:
a condition never guesses.
"""

import re
from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from soc.kernel.errors import PlaybookError, shortened
from soc.response.playbook import Value

MAX_DEPTH = 20


class Ref(msgspec.Struct, frozen=True):
    """A variable's value."""

    name: str


Operand: TypeAlias = Ref | bool | int | str


class Comparison(msgspec.Struct, frozen=True):
    """Two operands and how they must relate."""

    left: Operand
    operator: str
    """``=``, ``!=``, ``<`` or ``>``."""
    right: Operand


class Among(msgspec.Struct, frozen=True):
    """An operand is one of a list."""

    left: Operand
    choices: tuple[Operand, ...]


class Negation(msgspec.Struct, frozen=True):
    """The condition does not hold."""

    condition: "Condition"


class Joined(msgspec.Struct, frozen=True):
    """All of, or any of."""

    every: bool
    parts: tuple["Condition", ...]


Condition: TypeAlias = Comparison | Among | Negation | Joined


def parse(text: str) -> Condition:
    """Return the condition in *text*.

    Raises:
        PlaybookError: it cannot be understood; says at which character.
    """
    reader = _Reader(text)
    found = reader.alternatives(0)
    reader.finish()
    return found


def names(condition: Condition) -> frozenset[str]:
    """Return the variables that *condition* reads."""
    match condition:
        case Comparison(left, _, right):
            return frozenset(side.name for side in (left, right) if isinstance(side, Ref))
        case Among(left, choices):
            return frozenset(side.name for side in (left, *choices) if isinstance(side, Ref))
        case Negation(inner):
            return names(inner)
        case Joined(_, parts):
            return frozenset[str]().union(*(names(part) for part in parts))


def holds(condition: Condition, variables: Mapping[str, Value]) -> bool:
    """Return whether *condition* holds.

    Raises:
        PlaybookError: a variable has no value, or two values cannot be compared.
    """
    match condition:
        case Comparison(left, operator, right):
            return _compare(_value(left, variables), operator, _value(right, variables))
        case Among(left, choices):
            value = _value(left, variables)
            return any(_compare(value, "=", _value(choice, variables)) for choice in choices)
        case Negation(inner):
            return not holds(inner, variables)
        case Joined(every, parts):
            found = [holds(part, variables) for part in parts]  # all: an error must not hide
            return all(found) if every else any(found)


def _value(operand: Operand, variables: Mapping[str, Value]) -> Value:
    if not isinstance(operand, Ref):
        return operand
    if operand.name not in variables:
        raise PlaybookError(f"variable {operand.name} has no value")
    return variables[operand.name]


def _compare(left: Value, operator: str, right: Value) -> bool:
    if type(left) is not type(right):
        raise PlaybookError(f"cannot compare {shortened(left)} with {shortened(right)}: types differ")
    if operator in {"=", "!="}:
        return (left == right) is (operator == "=")
    if type(left) is not int or type(right) is not int:
        raise PlaybookError(f"{operator} orders numbers, not {shortened(left)} and {shortened(right)}")
    return left < right if operator == "<" else left > right


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[int, str]] = []
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise PlaybookError(f"condition {shortened(text)}: cannot read character {at + 1}")
            if not found[0].isspace():
                self._tokens.append((at, found[0]))
            at = found.end()
        self._at = 0

    def alternatives(self, depth: int) -> Condition:
        return self._joined("OR", depth)

    def finish(self) -> None:
        if self._at < len(self._tokens):
            raise self._unexpected("AND, OR or the end")

    def _joined(self, word: str, depth: int) -> Condition:
        parts = [self._part(word, depth)]
        while self._take(word):
            parts.append(self._part(word, depth))
        return parts[0] if len(parts) == 1 else Joined(word == "AND", tuple(parts))

    def _part(self, word: str, depth: int) -> Condition:
        return self._joined("AND", depth) if word == "OR" else self._negatable(depth)

    def _negatable(self, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise self._unexpected(f"at most {MAX_DEPTH} levels")
        if self._take("NOT"):
            return Negation(self._negatable(depth + 1))
        if self._take("("):
            inner = self.alternatives(depth + 1)
            self._need(")")
            return inner
        return self._test()

    def _test(self) -> Condition:
        left = self._operand()
        if self._take("IN"):
            self._need("(")
            choices = [self._operand()]
            while self._take(","):
                choices.append(self._operand())
            self._need(")")
            return Among(left, tuple(choices))
        for operator in ("!=", "=", "<", ">"):
            if self._take(operator):
                return Comparison(left, operator, self._operand())
        raise self._unexpected("=, !=, <, > or IN")

    def _operand(self) -> Operand:
        word = self._tokens[self._at][1] if self._at < len(self._tokens) else ""
        operand = _operand_of(word)
        if operand is None:
            raise self._unexpected("a variable, a number, true, false or 'text'")
        self._at += 1
        return operand

    def _take(self, word: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at][1] == word:
            self._at += 1
            return True
        return False

    def _need(self, word: str) -> None:
        if not self._take(word):
            raise self._unexpected(word)

    def _unexpected(self, wanted: str) -> PlaybookError:
        at = self._tokens[self._at][0] if self._at < len(self._tokens) else len(self._text)
        return PlaybookError(f"condition {shortened(self._text)}: {wanted} expected at character {at + 1}")


def _operand_of(word: str) -> Operand | None:
    if word.startswith("__"):
        return Ref(word.removesuffix(":value"))
    if word in {"true", "false"}:
        return word == "true"
    if word.startswith("'"):
        return word[1:-1]
    return int(word) if word.lstrip("-").isdecimal() else None


_TOKEN = re.compile(
    r"\s+|__[a-z][a-z0-9_]*__(?::value)?|'[^']*'|-?[0-9]{1,15}\b|!=|[=<>(),]|(?:AND|OR|NOT|IN|true|false)\b"
)
