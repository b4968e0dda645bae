"""Limits: how much one sender may take of what all share. Pure; time is an argument, in seconds."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Crowd:
    """Connections that stand, in all and per address."""

    most: int
    most_per_address: int
    inside: int = 0
    _by_address: Counter[str] = field(default_factory=Counter)

    def enter(self, address: str) -> bool:
        """Count one more, or tell that there is no place for it."""
        if self.inside >= self.most or self._by_address[address] >= self.most_per_address:
            return False
        self.inside += 1
        self._by_address[address] += 1
        return True

    def leave(self, address: str) -> None:
        """Give back a place that ``enter`` gave."""
        self.inside -= 1
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]
