"""Watermarks: up to which event time the sources of a group are believed complete.

Decides only *when* a bounded or negated condition is judged; what stands in the end never depends on it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from soc.model.heartbeat import Heartbeat
from soc.model.identity import Origin
from soc.wire.feed import Receipt

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
class _Collector:
    """What one collector last said, and when the centre last heard of it."""

    heard_ms: int = 0
    batch_ms: int = 0
    """Receipt of its newest batch: all that is known of a collector without heartbeats."""
    beat: Heartbeat | None = None


class Watermarks:
    """Watermarks fed by heartbeats and receipts."""

    def __init__(self) -> None:
        """Know no collector yet."""
        self._collectors: dict[Origin, _Collector] = {}
        self._now_ms = 0
        self._found: dict[tuple[str | None, str | None], int] = {}

    def heartbeat(self, beat: Heartbeat) -> None:
        """Everything read before a source's oldest unacknowledged time was delivered.

        The sources of the newest heartbeat stand in place of all earlier ones: others are retired.
        """
        collector = self._collectors.setdefault(beat.origin, _Collector())
        collector.heard_ms = max(collector.heard_ms, beat.received_at_ms)
        if collector.beat is None or collector.beat.received_at_ms <= beat.received_at_ms:
            collector.beat = beat

    def receipt(self, receipt: Receipt) -> None:
        """Records came: their collector is not silent."""
        collector = self._collectors.setdefault(receipt.origin, _Collector())
        collector.heard_ms = max(collector.heard_ms, receipt.received_at_ms)
        collector.batch_ms = max(collector.batch_ms, receipt.received_at_ms)

    def tick(self, now_ms: int) -> None:
        """Tell the centre's clock, by which silence is judged; it never goes back here."""
        self._now_ms = max(self._now_ms, now_ms)
        self._found.clear()

    def of(self, agency: str | None, exercise: str | None) -> int:
        """Return the minimum over the group's sources not idle at the last tick, else the clock's."""
        found = self._found.get((agency, exercise))
        if found is None:
            found = self._found[agency, exercise] = self._minimum(agency, exercise)
        return found

    def _minimum(self, agency: str | None, exercise: str | None) -> int:
        marks = [
            mark
            for origin, collector in self._collectors.items()
            if agency in (None, origin.agency)
            and origin.exercise == exercise
            and self._now_ms - collector.heard_ms <= IDLE_AFTER_MS
            for mark in _marks(collector)
        ]
        return min(marks, default=self._now_ms) - LATENESS_MS


def _marks(collector: _Collector) -> Iterator[int]:
    if collector.beat is None:
        yield collector.batch_ms
    else:
        yield from (source.oldest_unacked_ms for source in collector.beat.sources)
