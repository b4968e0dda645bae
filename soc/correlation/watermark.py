"""Watermarks: up to which event time the sources of a group are believed complete.

Decides only *when* a bounded or negated condition is judged; what stands in the end never depends on it.
"""

from dataclasses import dataclass
from typing import Final, Protocol

from soc.model.identity import Origin

LATENESS_MS: Final = 5 * 60_000
"""Allowed lateness of a source."""
IDLE_AFTER_MS: Final = 15 * 60_000
"""A source silent for so long no longer holds the watermark back."""


class Watermark(Protocol):
    """Where time stands for a group."""

    def of(self, agency: str | None, exercise: str | None) -> int:
        """Return the watermark in ms of an agency's sources, or of the province's (None)."""
        ...


class Forever:
    """All input was read: every watermark has passed everything."""

    def of(self, agency: str | None, exercise: str | None) -> int:  # noqa: ARG002 - the same for all
        """Return the end of time."""
        return 1 << 62


FOREVER: Final = Forever()


@dataclass(slots=True)
class _Source:
    read_ms: int
    """Oldest read time not yet delivered."""
    heard_ms: int


class Watermarks:
    """Watermarks fed by heartbeats and receipts."""

    def __init__(self) -> None:
        """Know no source yet."""
        self._sources: dict[tuple[Origin, str], _Source] = {}
        self._now_ms = 0

    def tick(self, now_ms: int) -> None:
        """Tell the centre's clock; it never goes back here."""
        self._now_ms = max(self._now_ms, now_ms)

    def heard(self, origin: Origin, source: str, *, read_ms: int, received_ms: int) -> None:
        """A heartbeat says that everything of *source* read before *read_ms* was delivered."""
        self._sources[origin, source] = _Source(read_ms, received_ms)

    def received(self, origin: Origin, *, received_ms: int) -> None:
        """Records came from *origin*; without heartbeats the time of receipt is all that is known."""
        known = [source for (who, _), source in self._sources.items() if who == origin]
        for source in known:
            source.heard_ms = max(source.heard_ms, received_ms)
        if not known:
            self._sources[origin, ""] = _Source(received_ms, received_ms)

    def of(self, agency: str | None, exercise: str | None) -> int:
        """Return the minimum over the group's sources that are not idle, else the clock's."""
        marks = [
            source.read_ms - LATENESS_MS
            for (origin, _), source in self._sources.items()
            if agency in (None, origin.agency)
            and origin.exercise == exercise
            and self._now_ms - source.heard_ms <= IDLE_AFTER_MS
        ]
        return min(marks, default=self._now_ms - LATENESS_MS)
