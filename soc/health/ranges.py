"""Sets of sequence numbers as sorted, disjoint, inclusive ranges."""

from bisect import bisect_left, bisect_right


class Ranges:
    """Numbers from 1 on; cheap while they come mostly in order."""

    def __init__(self) -> None:
        """Begin empty."""
        self._firsts: list[int] = []
        self._lasts: list[int] = []

    def add(self, first: int, last: int) -> int:
        """Put first … last in; return how many of them were new. An empty range changes nothing."""
        if last < first:
            return 0
        before = self.total()
        left = bisect_left(self._lasts, first - 1)
        right = bisect_right(self._firsts, last + 1)
        if left < right and self._firsts[left] <= first and last <= self._lasts[left]:
            return 0
        if left < right:
            first = min(first, self._firsts[left])
            last = max(last, self._lasts[right - 1])
        self._firsts[left:right] = [first]
        self._lasts[left:right] = [last]
        return self.total() - before

    def total(self) -> int:
        """Return how many numbers are in."""
        return sum(self._lasts) - sum(self._firsts) + len(self._firsts)

    def holes(self) -> int:
        """Return how many numbers from 1 to the highest are not in."""
        return (self._lasts[-1] if self._lasts else 0) - self.total()

    def joined(self, other: "Ranges") -> "Ranges":
        """Return the union."""
        union = Ranges()
        for ranges in (self, other):
            for first, last in zip(ranges._firsts, ranges._lasts, strict=True):  # noqa: SLF001 - own kind
                union.add(first, last)
        return union
