"""The route: which gateway is asked next, and when the first one is tried again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from soc.kernel.clock import Clock

BACK_AFTER = timedelta(minutes=10)


@dataclass(slots=True)
class Route:
    """Prefers the first gateway, stays for a while with another one that answered in its place."""

    gateways: Sequence[str]
    clock: Clock
    jitter: Callable[[], float]
    """Returns a number in [0, 1): collectors that left a gateway together do not come back together."""
    _current: int = 0
    _back_at_s: float = 0.0

    def order(self) -> Iterator[str]:
        """Yield each gateway once, beginning with the one to ask."""
        if self._current and self.clock.monotonic() >= self._back_at_s:
            self._current = 0
        first = self._current
        yield from (*self.gateways[first:], *self.gateways[:first])

    def answered(self, gateway: str) -> None:
        """Ask *gateway* first from now on; if it is not the first of all, for 5 to 15 minutes."""
        found = self.gateways.index(gateway)
        if found != self._current:
            self._current = found
            pause = BACK_AFTER * (0.5 + self.jitter())
            self._back_at_s = self.clock.monotonic() + pause.total_seconds()
