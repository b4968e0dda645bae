"""Orders: what an answer asks of a collector beside saying that all is durable."""

from collections.abc import Callable
from dataclasses import dataclass

from soc.gateway.revisions import RevisionsFold
from soc.kernel.clock import Clock
from soc.kernel.errors import StoreBusy
from soc.ledger.catalogue import NEWEST
from soc.ledger.fact import Fact, fact_id
from soc.model.heartbeat import ConfigurationState
from soc.model.identity import Origin
from soc.pipeline.recorder import Recorder
from soc.wire.codec import VERSION
from soc.wire.messages import Answer

Resend = Callable[[Origin, str, int], int | None]
"""(collector, spool, now_ms) → the number to send again from, if it is to be asked now."""


@dataclass(frozen=True, slots=True)
class Orders:
    """Makes the answers 200 to batches and heartbeats."""

    recorder: Recorder
    revisions: RevisionsFold
    resend_from: Resend
    clock: Clock

    async def answer(self, origin: Origin, spool: str, state: ConfigurationState | None = None) -> Answer:
        """Return the answer to a message of *origin*'s *spool*; heartbeats say how it is configured."""
        now_ms = self.clock.now_ms()
        return Answer(
            version=VERSION,
            time_ms=now_ms,
            resend_from=await self._resend(origin, spool, now_ms),
            configuration=self.recorder.state(self.revisions).due(origin, state),
        )

    async def _resend(self, origin: Origin, spool: str, now_ms: int) -> int | None:
        from_seq = self.resend_from(origin, spool, now_ms)
        if from_seq is None:
            return None
        payload = {
            "agency": origin.agency,
            "collector": origin.collector,
            "exercise": origin.exercise,
            "spool": spool,
            "from_seq": from_seq,
        }
        fact = Fact(
            type="ResendAsked",
            version=NEWEST["ResendAsked"],
            id=fact_id("ResendAsked", repr(origin), spool, str(from_seq), str(now_ms)),
            at_ms=now_ms,
            actor="machine:gateway",
            agency=origin.agency,
            exercise=origin.exercise,
            collector=origin.collector,
            payload=payload,
        )
        try:
            await self.recorder.decide(lambda: (fact,))
        except StoreBusy:
            return None  # what was delivered is durable all the same; it is asked again
        return from_seq
