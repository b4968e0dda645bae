"""Stage beat: at a steady pace the centre hears how far each source was read and delivered."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from collectors.centre import Centre, Outcome
from collectors.corrected import CorrectedClock
from collectors.lag import Lag
from soc.kernel.logs import Log, Said
from soc.model.heartbeat import ConfigurationState
from soc.model.identity import Origin
from soc.spool.journal import Journal
from soc.wire.codec import VERSION
from soc.wire.messages import Beat

SAY_AGAIN = timedelta(hours=1)


@dataclass(slots=True)
class Pulse:
    """Sends heartbeats; one that is lost is not repeated, the next says more."""

    journal: Journal
    centre: Centre
    origin: Origin
    boot: str
    lag: Lag
    clock: CorrectedClock
    log: Log
    every: timedelta
    software: str
    configuration: Callable[[], ConfigurationState | None] = lambda: None
    certificate_until_ms: int = 0
    _outcome: Outcome = Outcome.DURABLE
    _said_at_s: float = 0.0

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            verdict = await self.centre.say(self.beat())
            if self._is_news(verdict.outcome):
                self.log.info(Said.COLLECTOR_HEALTH, heard=verdict.outcome.name.lower(), why=verdict.why)
            await self.clock.sleep(self.every)

    def _is_news(self, outcome: Outcome) -> bool:
        """Return whether *outcome* is another one, or bad for an hour since it was said."""
        now_s = self.clock.monotonic()
        is_old = outcome is Outcome.DURABLE or now_s - self._said_at_s < SAY_AGAIN.total_seconds()
        if outcome is self._outcome and is_old:
            return False
        self._outcome, self._said_at_s = outcome, now_s
        return True

    def beat(self) -> Beat:
        """Return the heartbeat of this moment."""
        now_ms = self.clock.now_ms()
        return Beat(
            version=VERSION,
            origin=self.origin,
            boot=self.boot,
            sent_at_ms=now_ms,
            next_seq=self.journal.next_seq,
            acked_seq=self.journal.acked_seq,
            sources=self.lag.states(now_ms),
            spool_bytes=self.journal.used_bytes,
            software=self.software,
            spool=self.journal.spool,
            spool_limit_bytes=self.journal.limit_bytes,
            shed=self.journal.shed_records,
            set_aside=self.journal.refused_records,
            configuration=self.configuration(),
            certificate_until_ms=self.certificate_until_ms,
        )
