"""What an engine remembers of values seen before, bounded as a whole.

Whoever sends ever-new values costs time, not memory: when the room is used up, everything is forgotten.
"""

import sys
from collections.abc import Iterable
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from soc.detection.atoms import NOTHING, Atom
from soc.detection.field import FieldAtoms
from soc.model.fields import Absent, Scalar, text_of

ROOM_BYTES = 48 << 20
"""About what all memories of one engine may hold together."""
LONGEST_BYTES = 1 << 10
"""A longer value is judged each time."""
_ENTRY_BYTES = 200
PLAIN = frozenset((str, int, type(None), Absent))
"""Types of values that are their own key."""

_T = TypeVar("_T")


class Kept(dict[Any, _T]):
    """What is remembered, as long as somebody uses it."""


class Room:
    """The bytes that several memories share."""

    def __init__(self, limit_bytes: int = ROOM_BYTES) -> None:
        """Start empty."""
        self.limit_bytes = limit_bytes
        self._used_bytes = 0
        self._memories: WeakValueDictionary[int, Kept[Any]] = WeakValueDictionary()

    def share(self, memory: Kept[Any]) -> None:
        """Let *memory* be emptied when the room is used up."""
        self._memories[id(memory)] = memory

    def take(self, key: object, parts: Iterable[frozenset[Atom]] = ()) -> bool:
        """Make room for an entry under *key*; False if it is too large to be kept.

        *parts* are sets in the key that perhaps only it keeps.
        """
        size = sys.getsizeof(key)
        if size > LONGEST_BYTES:
            return False
        size += _ENTRY_BYTES + sum(map(sys.getsizeof, parts))
        self._used_bytes += size
        if self._used_bytes > self.limit_bytes:
            self.leave()
            self._used_bytes = size
        return True

    def leave(self) -> None:
        """Forget everything."""
        for memory in self._memories.values():
            memory.clear()
        self._used_bytes = 0


class Memory(Kept[frozenset[Atom]]):
    """Value of one field → those of the *wanted* atoms that hold for it.

    Only texts, integers, null and ``ABSENT`` are keys as they are: they equal nothing that reads otherwise.
    """

    def __init__(self, field: FieldAtoms, wanted: Iterable[Atom], room: Room) -> None:
        """Remember in *room* what *field* says."""
        super().__init__()
        self._field = field
        self._wanted = frozenset(wanted)
        self._room = room
        room.share(self)

    def __missing__(self, value: Any) -> frozenset[Atom]:
        """Judge a value of one of the plain kinds, and remember it."""
        return self._learn(value, value)

    def scalar(self, value: Scalar) -> frozenset[Atom]:
        """Return the atoms for any scalar, whatever its type."""
        # Equal numbers may read differently (0.0 and -0.0, 1 and True): their text tells them apart.
        key = value if type(value) in PLAIN else (type(value), text_of(value))
        held = self.get(key)
        return self._learn(key, value) if held is None else held

    def any_of(self, values: list[Any]) -> frozenset[Atom]:
        """Return the atoms that hold for any of *values* (as ``values_of`` gives them)."""
        if not values:
            return self._field.present & self._wanted
        return frozenset().union(*(self._one(value) for value in values)) or NOTHING

    def _one(self, value: Any) -> frozenset[Atom]:
        return self._field.present & self._wanted if isinstance(value, dict) else self.scalar(value)

    def _learn(self, key: object, value: Any) -> frozenset[Atom]:
        field = self._field
        if type(value) is str and len(value) > LONGEST_BYTES:
            field = field.narrowed(self._wanted)
        held = field.judge(value) & self._wanted or NOTHING
        if self._room.take(key):
            self[key] = held
        return held
