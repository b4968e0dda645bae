import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta

import pytest
from support.tally import Tally, comment

from soc.kernel.clock import ManualClock
from soc.kernel.errors import DeposedError, SocError, StoreBusy
from soc.pipeline.lead import lead
from soc.pipeline.recorder import Recorder
from soc.ports.lease import EXPIRES_AFTER, RENEW_EVERY, Held
from soc.stores.lease_row import LeaseRow
from soc.stores.memory_lease import MemoryLease
from soc.stores.memory_log import MemoryLog

ROLE = "correlator"


class Centre:
    """Two processes on one ledger and one lease."""

    def __init__(self) -> None:
        self.clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
        self.rows: dict[str, LeaseRow] = {}
        self.log = MemoryLog()

    def recorder(self) -> Recorder:
        return Recorder(self.log, (Tally(),), self.clock)

    def lease(self) -> MemoryLease:
        return MemoryLease(self.rows, self.clock)


async def outcome(work: Coroutine[None, None, None]) -> SocError | None:
    """Return the error of *work* rather than raise it: a group would wrap it."""
    try:
        await work
    except SocError as error:
        return error
    return None


class DeafLease(MemoryLease):
    """A lease whose store does not answer renewals."""

    async def renew(self, held: Held) -> bool:
        raise StoreBusy(f"{held.role}: no answer")


async def test_leading_is_a_fact_with_its_term() -> None:
    centre = Centre()
    recorder = centre.recorder()
    async with lead(ROLE, centre.lease(), recorder, centre.clock, "a") as held:
        assert held == Held(ROLE, "a", 1)
        assert recorder.chain.terms == {ROLE: 1}
    async with lead(ROLE, centre.lease(), centre.recorder(), centre.clock, "b") as held:
        assert held.term == 2, "the first gave it back"


async def test_a_leader_renews_and_others_wait() -> None:
    centre = Centre()
    async with lead(ROLE, centre.lease(), centre.recorder(), centre.clock, "a"):
        other = centre.lease()
        for _ in range(10):
            assert await other.acquire(ROLE, "b") is None
            await centre.clock.advance(RENEW_EVERY)


async def test_a_waiting_process_takes_over_within_twenty_seconds_of_a_silent_death() -> None:
    centre = Centre()
    await centre.lease().acquire(ROLE, "dead")
    leading = asyncio.Event()

    async def wait() -> None:
        async with lead(ROLE, centre.lease(), centre.recorder(), centre.clock, "b") as held:
            assert held.term == 2
            leading.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(wait())
        await centre.clock.advance(timedelta(seconds=20))
        assert leading.is_set()


async def test_a_deposed_leader_is_stopped_and_its_facts_are_refused() -> None:
    centre = Centre()
    old, new = centre.recorder(), centre.recorder()

    async def lose() -> None:
        async with lead(ROLE, centre.lease(), old, centre.clock, "a"):
            centre.rows[ROLE] = LeaseRow("b", term=2)
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        losing = group.create_task(outcome(lose()))
        await centre.clock.advance(RENEW_EVERY)
    assert str(losing.result()) == "correlator of term 1: another leads"
    async with lead(ROLE, centre.lease(), new, centre.clock, "b"):
        with pytest.raises(DeposedError, match="term 2 has begun"):
            await old.decide(lambda: [comment("late", role=ROLE, term=1)])


async def test_a_leader_that_cannot_renew_stops_when_others_may_take_over() -> None:
    centre = Centre()

    async def hold() -> None:
        async with lead(ROLE, DeafLease(centre.rows, centre.clock), centre.recorder(), centre.clock, "a"):
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        holding = group.create_task(outcome(hold()))
        await centre.clock.advance(EXPIRES_AFTER - timedelta(seconds=1))
        assert not holding.done()
        await centre.clock.advance(timedelta(seconds=1))
    assert isinstance(holding.result(), DeposedError)


async def test_an_error_of_the_body_comes_out_as_it_is_and_frees_the_role() -> None:
    centre = Centre()
    with pytest.raises(StoreBusy, match="later"):
        async with lead(ROLE, centre.lease(), centre.recorder(), centre.clock, "a"):
            raise StoreBusy("later")
    assert await centre.lease().acquire(ROLE, "b") == Held(ROLE, "b", 2)
