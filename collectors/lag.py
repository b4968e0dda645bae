"""Lag: for each source the read time of the oldest record that is not acknowledged."""

from collections import deque
from collections.abc import Iterable, Sequence

from soc.model.heartbeat import SourceState
from soc.model.record import Record

STEP_MS = 10_000
"""Records of one source read within this time count as one; a day's outage is 8,640 steps."""


class Lag:
    """Knows of each source: (read time of the first, number of the last) of every step not acknowledged."""

    def __init__(self, sources: Iterable[str]) -> None:
        """Begin with nothing held."""
        self._steps: dict[str, deque[tuple[int, int]]] = {source: deque() for source in sources}

    def inherit(self, read_at_ms: int, last_seq: int) -> None:
        """Take over a backlog of an earlier run; whose it is is not known, so it is everybody's."""
        for steps in self._steps.values():
            steps.append((read_at_ms, last_seq))

    def kept(self, first_seq: int, records: Sequence[Record]) -> None:
        """Count records that became durable as *first_seq* and the next numbers."""
        for seq, record in enumerate(records, first_seq):
            steps = self._steps.setdefault(record.source, deque())
            if steps and 0 <= record.read_at_ms - steps[-1][0] < STEP_MS:
                steps[-1] = (steps[-1][0], seq)
            else:
                steps.append((record.read_at_ms, seq))

    def acknowledged(self, below_seq: int) -> None:
        """Forget what was delivered."""
        for steps in self._steps.values():
            while steps and steps[0][1] < below_seq:
                steps.popleft()

    def states(self, now_ms: int) -> tuple[SourceState, ...]:
        """Return each source's oldest read time; *now_ms* where nothing is held."""
        return tuple(
            SourceState(source, min((at_ms for at_ms, _ in steps), default=now_ms))
            for source, steps in self._steps.items()
        )
