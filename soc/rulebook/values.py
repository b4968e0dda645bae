"""Values as written → patterns, at once or as soon as every ``%placeholder%`` has its values."""

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from soc.rulebook.documents import Fault
from soc.rulebook.modifiers import MAX_PATTERNS, Modifiers, patterns
from soc.rulebook.plan import Pattern
from soc.rulebook.strings import Pieces, Slot, pieces_of

Placeholders: TypeAlias = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Pending:
    """A written value some of whose placeholders have no values yet."""

    pieces: Pieces


Value: TypeAlias = tuple[Pattern, ...] | Pending
"""What one written value became: patterns, any of which may hold."""


def read_value(raw: Any, modifiers: Modifiers) -> Value:
    """Return what *raw* is under *modifiers*.

    Raises:
        Fault: it is not of a kind that they take.
    """
    if "expand" not in modifiers.names or not isinstance(raw, str):
        return patterns(raw, modifiers)
    pieces = pieces_of(raw)
    if any(isinstance(piece, Slot) for piece in pieces):
        return Pending(pieces)
    return patterns(pieces, modifiers)


def filled(value: Value, modifiers: Modifiers, lists: Placeholders) -> Iterator[Value]:
    """Yield *value* with each placeholder replaced by each of its values in *lists*; the others stay.

    Raises:
        Fault: there would be too many, or one is not what the modifiers take.
    """
    if not isinstance(value, Pending):
        yield value
        return
    choices: list[Pieces] = [
        lists.get(piece.name) or (piece,) if isinstance(piece, Slot) else (piece,) for piece in value.pieces
    ]
    if math.prod(map(len, choices)) > MAX_PATTERNS:
        raise Fault(f"one value becomes more than {MAX_PATTERNS} patterns")
    for chosen in itertools.product(*choices):
        waiting = any(isinstance(piece, Slot) for piece in chosen)
        yield Pending(chosen) if waiting else patterns(chosen, modifiers)


def final(value: Value) -> tuple[Pattern, ...]:
    """Return the patterns of *value*.

    Raises:
        Fault: a placeholder has no values: the rule would look for its name.
    """
    if not isinstance(value, Pending):
        return value
    name = next(piece.name for piece in value.pieces if isinstance(piece, Slot))
    raise Fault(
        f"placeholder %{name}% has no values",
        fix=f"in pipelines/NAME.yml beside the rules: vars: {{{name}: [...]}}"
        " and transformations: [{type: value_placeholders}]",
    )
