"""An answer asks for what is missing, with a fact of it, and brings what the collector has not heard of."""

import asyncio
from datetime import timedelta
from pathlib import Path

from soc.gateway.orders import Orders
from soc.gateway.revisions import RevisionsFold, revise
from soc.gateway.signing import open_signer
from soc.kernel.clock import ManualClock, from_ms
from soc.kernel.errors import StoreBusy
from soc.ledger.fact import Fact
from soc.model.heartbeat import ConfigurationState, Fate
from soc.model.identity import Origin
from soc.pipeline.recorder import Recorder
from soc.stores.memory_log import MemoryLog

ORIGIN = Origin("so-y-te", "c1")
NOW = 1_000_000_000_000


class Busy(MemoryLog):
    """Takes nothing."""

    async def append(self, *_: object, **__: object) -> None:
        raise StoreBusy("busy")


async def orders(
    from_seq: int | None = None, log: MemoryLog | None = None, clock: ManualClock | None = None
) -> Orders:
    clock, fold = clock or ManualClock(from_ms(NOW)), RevisionsFold()
    recorder = Recorder(log or MemoryLog(), [fold], clock)
    await recorder.start()
    return Orders(recorder, fold, lambda _origin, _spool, _now_ms: from_seq, clock)


async def facts_of(orders: Orders) -> list[Fact]:
    return [fact async for _, fact in orders.recorder.facts_from(0)]


async def test_an_ordinary_answer_says_the_time_alone() -> None:
    answer = await (await orders()).answer(ORIGIN, "s")
    assert (answer.time_ms, answer.resend_from, answer.configuration) == (NOW, None, None)


async def test_what_is_asked_again_is_a_fact() -> None:
    asking = await orders(11)
    assert (await asking.answer(ORIGIN, "s")).resend_from == 11
    (fact,) = await facts_of(asking)
    assert fact.payload is not None
    assert (fact.type, fact.payload["spool"], fact.payload["from_seq"]) == ("ResendAsked", "s", 11)


async def test_a_ledger_that_is_busy_does_not_hold_up_what_is_durable() -> None:
    clock = ManualClock(from_ms(NOW))
    asking = asyncio.create_task((await orders(11, Busy(), clock)).answer(ORIGIN, "s"))
    while not asking.done():
        await clock.advance(timedelta(seconds=5))
    assert (await asking).resend_from is None


async def test_a_heartbeat_is_answered_with_the_settings_it_does_not_know(tmp_path: Path) -> None:
    asking = await orders()
    signer = open_signer(tmp_path)
    state = asking.recorder.state(asking.revisions)
    facts = revise(state, ORIGIN, "a = 1", signer, actor="user:an", now_ms=NOW)
    await asking.recorder.decide(lambda: facts)
    told = (await asking.answer(ORIGIN, "s", ConfigurationState(0, Fate.APPLIED))).configuration
    assert told is not None
    assert told.body == b"a = 1"
    refused = ConfigurationState(1, Fate.REFUSED, why="no")
    assert (await asking.answer(ORIGIN, "s", refused)).configuration is None
