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

from collectors.reading import Reading
from collectors.sources.content import Content
from collectors.sources.followed import Followed, Outlived
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
    _kept_back: dict[str, tuple[float, Outlived]] = field(default_factory=dict[str, tuple[float, Outlived]])

    def add(self, key: str, position: Position) -> None:
        """Remember a file that vanished."""
        self.positions[key] = position
        self.added += 1

    def add_outlived(self, key: str, outlived: Outlived, until: float) -> None:
        """Remember what a truncated file held; its rest is kept back *until* then, should a copy appear."""
        self.add(key, outlived.read)
        if outlived.rest.records:
            self._kept_back[key] = (until, outlived)

    def overdue(self, now: float) -> list[Reading]:
        """Return what was kept back and is wanted by no copy."""
        due = [key for key, (until, _) in self._kept_back.items() if now >= until]
        return [self._kept_back.pop(key)[1].rest for key in due]

    def forget(self) -> list[str]:
        """Forget the longest gone beyond the limit; return their keys."""
        beyond = list(self.positions)[: max(0, len(self.positions) - REMEMBERED)]
        for key in beyond:
            del self.positions[key]
            self._kept_back.pop(key, None)
        return beyond

    def take(self, content: Content, place: tuple[int, int]) -> Known | None:
        """Return where the open file was read to, and remember it no longer; None if it was not."""
        key = self._sealed(content) or self._begun(content, place)
        if key is None:
            return None
        position = self.positions.pop(key)
        if key in self._kept_back:
            position = self._kept_back.pop(key)[1].delivered
        return Known(key, position)

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
    head = content.read(FINGERPRINT_BYTES, 0)
    for file in followed:
        if not file.begins_like(head):
            continue
        packed = bool(content.seal())
        if file.gone or file.has_unread() if packed else file.holds_all_of(content, size):
            return None
        if file.known is not None and file.known.is_of(content):
            return Known(position=msgspec.structs.replace(file.known, seal=""))
    return Known()


def is_on_its_way(content: Content, position: Position) -> bool:
    """Return whether *content* is being compressed, and may yet turn out to be what was read."""
    if not content.seal() or not position.offset or content.read(1, position.offset - 1):
        return False
    size = min(FINGERPRINT_BYTES, position.offset)
    begins = len(content.read(size, 0)) < size or position.begins(content)
    return begins and not content.complete()
