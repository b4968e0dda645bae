"""Rate limit: each province may send so many requests a minute, in bursts of as many."""

import math

from soc.ncsc_stub.peer import Peer
from soc.ncsc_stub.problem import Problem, Refusal

_MINUTE_MS = 60_000


class Rate:
    """Token buckets, one per peer; peers are bounded by the certificates that were issued."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._buckets: dict[Peer, tuple[float, int]] = {}

    def spend(self, peer: Peer, now_ms: int) -> None:
        """Count one request of *peer*.

        Raises:
            Problem: nothing is left; it says after how many seconds there is.
        """
        left, at_ms = self._buckets.get(peer, (float(self._per_minute), now_ms))
        gained = max(0, now_ms - at_ms) * self._per_minute / _MINUTE_MS
        left = min(self._per_minute, left + gained)
        if left < 1:
            self._buckets[peer] = (left, now_ms)
            wait_s = math.ceil((1 - left) * _MINUTE_MS / self._per_minute / 1000)
            detail = f"At most {self._per_minute} requests a minute."
            raise Problem(Refusal.TOO_MANY, detail, retry_after_s=wait_s)
        self._buckets[peer] = (left - 1, now_ms)
