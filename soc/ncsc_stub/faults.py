"""Faults on request: what the next report's submission meets, to try a sender against a bad day."""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

MAX_WAITING = 1_000


class FaultKind(StrEnum):
    """What goes wrong."""

    DROP_AFTER_COMMIT = "drop_after_commit"
    """The report is kept, the connection is cut before the answer."""
    UNAVAILABLE = "unavailable"
    """503 with Retry-After; nothing is kept."""
    SLOW = "slow"
    """The answer comes, late."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; ``seconds`` is the delay of a slow one and the Retry-After of an unavailable one."""

    kind: FaultKind
    seconds: int


class Faults:
    """Faults waiting for submissions, first armed first met; they live as long as the process."""

    def __init__(self) -> None:
        self._waiting: deque[Fault] = deque()

    def arm(self, fault: Fault, times: int) -> int:
        """Let the next *times* submissions meet *fault*, after those that wait; return how many wait."""
        self._waiting.extend([fault] * min(times, MAX_WAITING - len(self._waiting)))
        return len(self._waiting)

    def take(self) -> Fault | None:
        """Return the fault that this submission meets."""
        return self._waiting.popleft() if self._waiting else None
