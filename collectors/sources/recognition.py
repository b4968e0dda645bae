"""Recognition: whether a file was read before under another name, and up to where.

reads on where it was      its content is that of a file that vanished, or it is sealed as one
reads on beside another    it is a copy of a file that still grows, and holds more
waits                      it is empty, or the beginning of a file that is still followed: a copy
                           on its way, or that of a file which is still read itself
from its beginning         anything else
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from collectors.sources.content import Content
from collectors.sources.followed import Followed
from collectors.sources.position import Position
from soc.kernel.ids import FINGERPRINT_BYTES

REMEMBERED = 256
"""Files without a name whose positions are kept: they may come back, compressed or copied."""


class Known(NamedTuple):
    """How a file is to be followed."""

    key: str = ""
    """Under which its position was kept; empty: a new one."""
    position: Position | None = None
    """None: from the beginning."""


@dataclass(slots=True)
class Remembered:
    """Positions of files that vanished, the longest gone first."""

    positions: dict[str, Position] = field(default_factory=dict[str, Position])
    added: int = 0
    """How many there ever were."""

    def add(self, key: str, position: Position) -> None:
        """Remember a file that vanished."""
        self.positions[key] = position
        self.added += 1

    def forget(self) -> list[str]:
        """Forget the longest gone beyond the limit; return their keys."""
        beyond = list(self.positions)[: max(0, len(self.positions) - REMEMBERED)]
        for key in beyond:
            del self.positions[key]
        return beyond

    def take(self, content: Content, place: tuple[int, int]) -> Known | None:
        """Return where the open file was read to, and remember it no longer; None if it was not."""
        key = self._sealed(content) or self._begun(content, place)
        return None if key is None else Known(key, self.positions.pop(key))

    def _sealed(self, content: Content) -> str | None:
        seal = content.seal()
        return next((key for key, at in self.positions.items() if seal and at.seal == seal), None)

    def _begun(self, content: Content, place: tuple[int, int]) -> str | None:
        for key, position in self.positions.items():
            if position.place == place and position.is_of(content):
                return key
        furthest = sorted(self.positions.items(), key=lambda item: -item[1].offset)
        return next((key for key, position in furthest if position.is_of(content)), None)


def beside(content: Content, size: int, followed: Iterable[Followed]) -> Known | None:
    """Return how to follow a file that no vanished one has become; None: wait.

    Args:
        content: The open file.
        size: Of the file, in bytes.
        followed: The files that are.
    """
    for file in followed:
        if not content.seal() and file.holds_all_of(content, size):
            return None
        if file.known is not None and file.known.is_of(content):
            if file.was_replaced() or (content.seal() and (file.gone or file.has_unread())):
                return None
            return Known(position=msgspec.structs.replace(file.known, seal=""))
    return Known()


def is_on_its_way(content: Content, position: Position) -> bool:
    """Return whether *content* is being compressed, and may yet turn out to be what was read."""
    if not content.seal() or not position.offset or content.read(1, position.offset - 1):
        return False
    size = min(FINGERPRINT_BYTES, position.offset)
    begins = len(content.read(size, 0)) < size or position.begins(content)
    return begins and not content.complete()
