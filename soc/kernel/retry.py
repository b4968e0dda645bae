"""How long to wait before the next try: exponential, capped, with full jitter."""

from collections.abc import Callable, Iterator
from datetime import timedelta


def backoff(
    jitter: Callable[[], float],
    *,
    first: timedelta = timedelta(milliseconds=200),
    cap: timedelta = timedelta(seconds=30),
) -> Iterator[timedelta]:
    """Yield waits without end; *jitter* returns a number in [0, 1).

    Full jitter: 200 agencies that lost the centre together do not come back together.
    """
    ceiling = first
    while True:
        yield ceiling * (0.1 + 0.9 * jitter())
        ceiling = min(ceiling * 2, cap)
