"""Wildcards in plain Python, never backtracking: each stretch between two ``*`` takes its first place."""

import re
from collections.abc import Callable
from itertools import groupby
from operator import methodcaller

from soc.rulebook.plan import Wild

Parts = tuple[Wild | str, ...]
"""A pattern over a whole text; literals are non-empty, () is the empty text."""
Fits = Callable[[str], bool]


def fitting(parts: Parts) -> Fits:
    """Return the function that tells whether the whole of a text fits *parts*."""
    match parts:
        case ():
            return "".__eq__
        case (str(whole),):
            return whole.__eq__
        case (str(head), Wild.ANY):
            return methodcaller("startswith", head)
        case (Wild.ANY, str(tail)):
            return methodcaller("endswith", tail)
        case (Wild.ANY, str(inner), Wild.ANY):
            return methodcaller("__contains__", inner)
        case _:
            return Glob(parts).fits


class Glob:
    """One pattern over a whole text."""

    def __init__(self, parts: Parts) -> None:
        """Cut *parts* at each ``ANY`` into stretches of fixed length."""
        stretches = [
            _Stretch(tuple(group))
            for is_any, group in groupby(parts, lambda part: part is Wild.ANY)
            if not is_any
        ]
        self._whole = Wild.ANY not in parts
        self._head = stretches.pop(0) if stretches and parts[0] is not Wild.ANY else None
        self._tail = stretches.pop() if stretches and parts[-1] is not Wild.ANY else None
        self._inner = stretches

    def fits(self, text: str) -> bool:
        """Return whether the whole of *text* fits."""
        head, tail, position = self._head, self._tail, 0
        if head is not None:
            if not head.stands(text, 0):
                return False
            position = head.length
        if self._whole:
            return len(text) == position
        for stretch in self._inner:
            begin = stretch.first(text, position)
            if begin < 0:
                return False
            position = begin + stretch.length
        begin = len(text) - tail.length if tail is not None else position
        return begin >= position and (tail is None or tail.stands(text, begin))


class _Stretch:
    """Literals and ``?``: always of the same length."""

    def __init__(self, parts: Parts) -> None:
        self.length = sum(1 if isinstance(part, Wild) else len(part) for part in parts)
        self._text = parts[0] if len(parts) == 1 and isinstance(parts[0], str) else None
        body = "".join("." if isinstance(part, Wild) else re.escape(part) for part in parts)
        self._search = None if self._text is not None else re.compile(body, re.DOTALL)

    def stands(self, text: str, begin: int) -> bool:
        """Return whether the stretch stands in *text* at *begin*."""
        if self._search is None:
            return text.startswith(self._text or "", begin)
        return self._search.match(text, begin) is not None

    def first(self, text: str, begin: int) -> int:
        """Return where the stretch stands first at or after *begin*, -1 if nowhere."""
        if self._search is None:
            return text.find(self._text or "", begin)
        found = self._search.search(text, begin)
        return -1 if found is None else found.start()
