"""Arrivals: files that appeared under a name, until it is known what they are."""

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from collectors.sources.content import Content, Plain
from collectors.sources.followed import Followed
from collectors.sources.names import Named
from collectors.sources.packed import SUFFIX, Packed
from collectors.sources.recognition import Known, Remembered, beside, is_on_its_way

LOOK_AGAIN_S = 60
"""At a file that waits, although it did not change."""
STILL_S = 300
"""A file to which nothing happened for so long is compressed as far as it will ever be."""


class Met(NamedTuple):
    """A file to follow: open, and recognised."""

    content: Content
    known: Known


class _Waiting(NamedTuple):
    """A file that was looked at and not followed."""

    seen: Named
    since: float
    at: float
    ended: int
    """How many files had ended by then; one of them may be what this one was."""


@dataclass(slots=True)
class Arrivals:
    """Looks at each file as seldom as it can: most of those that wait are copies, and remain that."""

    vanished: Remembered
    _waiting: dict[tuple[int, int], _Waiting] = field(default_factory=dict[tuple[int, int], _Waiting])

    def keep(self, places: Collection[tuple[int, int]]) -> None:
        """Forget files that are not at *places*."""
        self._waiting = {place: waiting for place, waiting in self._waiting.items() if place in places}

    def meet(self, file: Named, followed: Iterable[Followed], now: float) -> Met | None:
        """Open a file that a name leads to; None while it has to wait.

        Raises:
            OSError: it cannot be read.
        """
        before = self._waiting.get(file.place)
        same = before is not None and before.seen == file
        if before is not None and same and not self._is_due(before, now):
            return None
        since = before.since if before is not None and same else now
        self._waiting[file.place] = _Waiting(file, since, now, self.vanished.added)
        met = self._open(file, followed, still=now - since >= STILL_S)
        if met is not None:
            del self._waiting[file.place]
        return met

    def find(self, file: Named) -> Met | None:
        """Open a file that no name leads to, if it is one that vanished.

        Raises:
            OSError: it cannot be read.
        """
        return self._open(file, None, still=True)

    def _is_due(self, waiting: _Waiting, now: float) -> bool:
        return waiting.ended != self.vanished.added or now - waiting.at >= LOOK_AGAIN_S

    def _open(self, file: Named, followed: Iterable[Followed] | None, *, still: bool) -> Met | None:
        try:
            handle = os.open(file.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        content: Content = Packed(handle) if file.path.endswith(SUFFIX) else Plain(handle)
        known = None
        try:
            status = os.fstat(handle)
            if (status.st_dev, status.st_ino) == file.place:
                known = self._recognise(content, file, followed, still=still)
        finally:
            if known is None:
                os.close(handle)
        return None if known is None else Met(content, known)

    def _recognise(
        self, content: Content, file: Named, followed: Iterable[Followed] | None, *, still: bool
    ) -> Known | None:
        known = self.vanished.take(content, file.place)
        if known is not None or followed is None or not content.read(1, 0):
            return known
        files = list(followed)
        positions = [*self.vanished.positions.values(), *(other.known for other in files)]
        if not still and any(at is not None and is_on_its_way(content, at) for at in positions):
            return None
        return beside(content, file.size, files)
