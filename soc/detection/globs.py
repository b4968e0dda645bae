"""Wildcards in plain Python, never backtracking: each stretch between two ``*`` takes its first place."""

import re
from itertools import groupby

from soc.rulebook.plan import Wild


class Glob:
    """One pattern over a whole text."""

    def __init__(self, parts: tuple[Wild | str, ...]) -> None:
        """Cut *parts* at each ``ANY`` into stretches of fixed length."""
        stretches = [
            re.compile("".join("." if p is Wild.ONE else re.escape(str(p)) for p in group), re.DOTALL)
            for is_any, group in groupby(parts, lambda part: part is Wild.ANY)
            if not is_any
        ]
        self._whole = Wild.ANY not in parts
        self._head = stretches.pop(0) if stretches and parts[0] is not Wild.ANY else None
        self._tail = stretches.pop() if stretches and parts[-1] is not Wild.ANY else None
        self._inner = stretches
        self._tail_length = _length(parts) if self._tail is not None else 0

    def fits(self, text: str) -> bool:
        """Return whether the whole of *text* fits."""
        if self._whole:
            return self._head.fullmatch(text) is not None if self._head else not text
        position = 0
        if self._head is not None:
            found = self._head.match(text)
            if found is None:
                return False
            position = found.end()
        for stretch in self._inner:
            found = stretch.search(text, position)
            if found is None:
                return False
            position = found.end()
        begin = len(text) - self._tail_length
        return self._tail is None or (begin >= position and self._tail.fullmatch(text, begin) is not None)


def _length(parts: tuple[Wild | str, ...]) -> int:
    """Return the length of what follows the last ``ANY``."""
    length = 0
    for part in reversed(parts):
        if part is Wild.ANY:
            break
        length += 1 if isinstance(part, Wild) else len(part)
    return length
