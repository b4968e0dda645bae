"""A tail source driven round by round, with what it sent and what a spool would have kept of it."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

from collectors.cutting import Manner
from collectors.reading import Reading, Stamp
from collectors.sources.tail import Tail
from soc.kernel.channel import Channel
from soc.kernel.clock import ManualClock
from soc.kernel.ids import event_id_at
from soc.kernel.logs import open_log
from soc.model.record import Record


class Watched:
    """Patterns under watch; may be stopped, killed and started like the collector."""

    def __init__(self, *patterns: Path | str, manner: Manner | None = None) -> None:
        self.clock = ManualClock(datetime(2026, 11, 24, 23, 59, tzinfo=UTC))
        self.said = StringIO()
        self.states: dict[str, bytes] = {}
        self.records: list[Record] = []
        self.readings = 0
        self._patterns = tuple(str(pattern) for pattern in patterns)
        self._manner = manner or Manner()
        self._tail = self._start()

    async def poll(self, *, after: timedelta = timedelta(seconds=2)) -> list[str]:
        """Let one or more rounds pass; return the texts that came."""
        await self.clock.advance(after)
        out = Channel[Reading](100_000)
        while await self._tail.round(out):
            pass
        await out.close()
        new: list[Record] = []
        async for reading in out:
            new += reading.records
            self.readings += 1
            self.states |= reading.states
        self.states = {key: state for key, state in self.states.items() if state}
        self.records += new
        return [record.raw.decode("utf-8", "replace") for record in new]

    async def lose(self) -> None:
        """Read a round whose readings never reach the spool."""
        await self._tail.round(Channel[Reading](100_000))

    def restart(self) -> None:
        """Stop and start again from what the spool kept."""
        self._tail.close()
        self._tail = self._start()

    def close(self) -> None:
        self._tail.close()

    @property
    def ids(self) -> list[str]:
        """Return the event ids the centre would give."""
        return [event_id_at("a", r.source, r.fingerprint, r.offset, r.raw) for r in self.records]

    def _start(self) -> Tail:
        stamp = Stamp("file", "syslog", "Asia/Ho_Chi_Minh", self.clock)
        tail = Tail(self._patterns, stamp, open_log(self.said), self._manner)
        tail.resume(self.states)
        return tail
