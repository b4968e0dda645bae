"""Rules with one part left out, each a question to the cases: would anybody notice?"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, TypeVar, assert_never

import msgspec

from soc.rulebook.conditions import Both, Condition, Either, Of, Ref, Without, parse_condition
from soc.rulebook.documents import Document, Fault, Keys

_Parts = TypeVar("_Parts", list[Any], tuple[Any, ...])
MAX_MUTANTS = 2000
"""Of one rule."""


class Mutant(msgspec.Struct, frozen=True):
    """A rule's document without one part."""

    what: str
    """The part, in words."""
    keys: Keys
    """Where it stands."""
    data: dict[str, Any]


def mutants(document: Document, *, values: bool = False) -> Iterator[Mutant]:
    """Yield the rule of *document* without each selection, item and part of the condition in turn.

    *values*: without each value of a list, too. What is yielded may be no rule any more, or mean the same.
    """
    yield from islice(_mutants(document, values=values), MAX_MUTANTS)


def but(parts: _Parts, i: int) -> _Parts:
    """Return *parts* without the one at *i*."""
    return parts[:i] + parts[i + 1 :]


def _mutants(document: Document, *, values: bool) -> Iterator[Mutant]:
    detection = document.data["detection"]
    for name in detection:
        whole = name == "condition"
        found = _conditions(detection) if whole else _selection(name, detection, values=values)
        for what, keys, changed in found:
            yield Mutant(what, ("detection", *keys), {**document.data, "detection": changed})


def _selection(
    name: str, detection: dict[str, Any], *, values: bool
) -> Iterator[tuple[str, Keys, dict[str, Any]]]:
    yield f"selection {name!r}", (name,), {key: body for key, body in detection.items() if key != name}
    for what, keys, body in _smaller(detection[name], (name,), values=values):
        yield what, keys, {**detection, name: body}


def _smaller(body: Any, keys: Keys, *, values: bool) -> Iterator[tuple[str, Keys, Any]]:
    """Yield *body* without each of its items, at any depth."""
    if isinstance(body, dict):
        yield from _fewer_items(body, keys, values=values)
    elif isinstance(body, list):
        yield from _fewer_elements(body, keys, values=values)


def _fewer_items(body: dict[str, Any], keys: Keys, *, values: bool) -> Iterator[tuple[str, Keys, Any]]:
    for key, value in body.items():
        place = (*keys, key)
        if len(body) > 1:
            yield f"item {key!r}", place, {k: v for k, v in body.items() if k != key}
        for what, at, smaller in _smaller(value, place, values=values):
            yield what, at, {**body, key: smaller}


def _fewer_elements(body: list[Any], keys: Keys, *, values: bool) -> Iterator[tuple[str, Keys, Any]]:
    for i, value in enumerate(body):
        place = (*keys, i)
        mapping = isinstance(value, dict)
        if len(body) > 1 and (values or mapping):
            yield f"element {i + 1}" if mapping else f"value {value!r}", place, but(body, i)
        for what, at, smaller in _smaller(value, place, values=values):
            yield what, at, [*body[:i], smaller, *body[i + 1 :]]


def _conditions(detection: dict[str, Any]) -> Iterator[tuple[str, Keys, dict[str, Any]]]:
    given = detection["condition"]
    texts = given if isinstance(given, list) else [given]
    for i, text in enumerate(texts):
        if len(texts) > 1:
            yield f"condition {text!r}", ("condition", i), {**detection, "condition": but(texts, i)}
        try:
            tree = parse_condition(text)
        except Fault:
            return
        for part, changed in _parts(tree):
            rest = [*texts[:i], _written(changed), *texts[i + 1 :]]
            yield f"{_written(part)!r} in the condition", ("condition",), {**detection, "condition": rest}


def _parts(tree: Condition) -> Iterator[tuple[Condition, Condition]]:
    """Yield each part of *tree* that may be left out, and the tree without it."""
    match tree:
        case Ref() | Of():
            return
        case Without(part):
            yield from ((left, Without(changed)) for left, changed in _parts(part))
        case Both(parts) | Either(parts):
            for i, part in enumerate(parts):
                rest = but(parts, i)
                yield part, rest[0] if len(rest) == 1 else type(tree)(rest)
                for left, changed in _parts(part):
                    yield left, type(tree)((*parts[:i], changed, *parts[i + 1 :]))
        case _:
            assert_never(tree)


def _written(tree: Condition) -> str:
    match tree:
        case Ref(name):
            return name
        case Of(every, pattern):
            return f"{'all' if every else '1'} of {pattern}"
        case Without(part):
            return f"not {_written(part)}"
        case Both(parts):
            return f"({' and '.join(map(_written, parts))})"
        case Either(parts):
            return f"({' or '.join(map(_written, parts))})"
        case _:
            assert_never(tree)
