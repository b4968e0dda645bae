"""Fields of an event as patterns and keys see them: every element of every array, at any depth, bounded."""

from collections.abc import Iterator
from typing import Any, Final

from soc.kernel.numbers import number_text
from soc.model.event import Fields

MAX_DEPTH = 64
Scalar = str | int | float | bool | None


class Absent:
    """The one value of a field that an event does not have."""


ABSENT: Final = Absent()


def values_of(fields: Fields, name: str) -> list[Any]:
    """Return every scalar under *name*, and each object as an empty dict; ``[ABSENT]`` if there is none.

    The literal dotted name and the walk through nested objects both count; arrays stand for their elements.
    """
    found: list[Any] = []
    present = False
    for value in _at(fields, name, 0):
        present = True
        found.extend(_elements(value, 0))
    return found if present else [ABSENT]


def scalars_of(value: Any, depth: int = 0) -> Iterator[Scalar]:
    """Yield every scalar in *value* at any depth; field names are left out."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        for inner in value.values():
            yield from scalars_of(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from scalars_of(inner, depth + 1)
    else:
        yield value


def text_of(value: Any) -> str | None:
    """Return the text a string pattern compares with; None for null, objects and absent fields."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    return None


def _at(value: Any, name: str, depth: int) -> Iterator[Any]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, list):
        for inner in value:
            yield from _at(inner, name, depth + 1)
    elif isinstance(value, dict):
        if name in value:
            yield value[name]
        position = name.find(".")
        while position > 0:
            head = value.get(name[:position])
            if isinstance(head, dict | list):
                yield from _at(head, name[position + 1 :], depth + 1)
            position = name.find(".", position + 1)


def _elements(value: Any, depth: int) -> Iterator[Any]:
    if isinstance(value, list) and depth <= MAX_DEPTH:
        for inner in value:
            yield from _elements(inner, depth + 1)
    elif isinstance(value, dict | list):
        yield _OBJECT
    else:
        yield value


_OBJECT: Final[dict[str, Any]] = {}
