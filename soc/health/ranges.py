"""Sets of sequence numbers as sorted, disjoint, inclusive ranges."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field


@dataclass(slots=True)
class Ranges:
    """Numbers from 1 on; cheap while they come mostly in order."""

    firsts: list[int] = field(default_factory=list)
    lasts: list[int] = field(default_factory=list)

    def add(self, first: int, last: int) -> int:
        """Put first … last in; return how many of them were new. An empty range changes nothing."""
        if last < first:
            return 0
        left = bisect_left(self.lasts, first - 1)
        right = bisect_right(self.firsts, last + 1)
        if left < right:
            first = min(first, self.firsts[left])
            last = max(last, self.lasts[right - 1])
        fresh = last - first + 1 - self._held(left, right)
        self.firsts[left:right] = [first]
        self.lasts[left:right] = [last]
        return fresh

    def missing(self, first: int, below: int) -> int:
        """Return how many of the numbers first … below - 1 are not in."""
        if below <= first:
            return 0
        left, right = bisect_left(self.lasts, first), bisect_left(self.firsts, below)
        if right <= left:
            return below - first
        outside = max(0, first - self.firsts[left]) + max(0, self.lasts[right - 1] - below + 1)
        return below - first - self._held(left, right) + outside

    def first_missing(self, first: int, below: int) -> int | None:
        """Return the lowest of the numbers first … below - 1 that is not in, if any."""
        left = bisect_left(self.lasts, first)
        inside = left < len(self.firsts) and self.firsts[left] <= first
        lowest = self.lasts[left] + 1 if inside else first
        return lowest if lowest < below else None

    def forget(self, below: int) -> None:
        """Take every number under *below* out."""
        cut = bisect_left(self.lasts, below)
        del self.firsts[:cut], self.lasts[:cut]
        if self.firsts:
            self.firsts[0] = max(self.firsts[0], below)

    def _held(self, left: int, right: int) -> int:
        """Return how many numbers the spans left … right - 1 hold."""
        return sum(self.lasts[left:right]) - sum(self.firsts[left:right]) + right - left
