"""Port ``Lease``: one holder at a time, by the reader's own clock."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from soc.kernel.clock import ManualClock
from soc.ports.lease import EXPIRES_AFTER, Held, Lease
from soc.stores.lease_row import LeaseRow
from soc.stores.memory_lease import MemoryLease
from soc.stores.sqlite_lease import SqliteLease

OpenLease = Callable[[ManualClock], Lease]
ROLE = "correlator"
SHORT = timedelta(seconds=5)


def new_clock() -> ManualClock:
    return ManualClock(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture(params=["memory", "sqlite"])
def connect(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenLease]:
    """Opens one more reader of the same leases, with its own clock."""
    opened: list[SqliteLease] = []
    rows: dict[str, LeaseRow] = {}

    def sqlite_lease(clock: ManualClock) -> Lease:
        opened.append(SqliteLease.open(tmp_path / "ledger.db", clock))
        return opened[-1]

    yield sqlite_lease if request.param == "sqlite" else lambda clock: MemoryLease(rows, clock)
    for lease in opened:
        lease.close()


async def test_a_free_role_is_taken_once(connect: OpenLease) -> None:
    mine, other = connect(new_clock()), connect(new_clock())
    assert await mine.acquire(ROLE, "a") == Held(ROLE, "a", 1)
    assert await other.acquire(ROLE, "b") is None
    assert await other.acquire("responder", "b") == Held("responder", "b", 1)


async def test_its_holder_may_take_it_again_in_the_same_term(connect: OpenLease) -> None:
    lease = connect(new_clock())
    await lease.acquire(ROLE, "a")
    assert await lease.acquire(ROLE, "a") == Held(ROLE, "a", 1)


async def test_a_renewed_lease_never_expires(connect: OpenLease) -> None:
    clock = new_clock()
    mine, other = connect(new_clock()), connect(clock)
    held = await mine.acquire(ROLE, "a")
    assert held is not None
    for _ in range(10):
        assert await other.acquire(ROLE, "b") is None
        await clock.advance(SHORT)
        assert await mine.renew(held)
    assert await other.acquire(ROLE, "b") is None


async def test_a_silent_holder_is_replaced_after_the_expiry_seen_by_the_reader(connect: OpenLease) -> None:
    clock = new_clock()
    mine, other = connect(new_clock()), connect(clock)
    held = await mine.acquire(ROLE, "a")
    assert held is not None
    await clock.advance(timedelta(days=1))
    assert await other.acquire(ROLE, "b") is None, "the reader has only now seen it"
    await clock.advance(EXPIRES_AFTER - timedelta(seconds=1))
    assert await other.acquire(ROLE, "b") is None
    await clock.advance(timedelta(seconds=1))
    assert await other.acquire(ROLE, "b") == Held(ROLE, "b", 2)
    assert not await mine.renew(held)


async def test_of_two_that_wait_one_takes_over(connect: OpenLease) -> None:
    clock = new_clock()
    mine, second, third = connect(clock), connect(clock), connect(clock)
    await mine.acquire(ROLE, "a")
    assert await second.acquire(ROLE, "b") is None
    assert await third.acquire(ROLE, "c") is None
    await clock.advance(EXPIRES_AFTER)
    assert await third.acquire(ROLE, "c") == Held(ROLE, "c", 2)
    assert await second.acquire(ROLE, "b") is None


async def test_a_released_role_is_free_and_its_terms_go_on(connect: OpenLease) -> None:
    mine, other = connect(new_clock()), connect(new_clock())
    held = await mine.acquire(ROLE, "a")
    assert held is not None
    await mine.release(held)
    assert not await mine.renew(held)
    assert await other.acquire(ROLE, "b") == Held(ROLE, "b", 2)
    await mine.release(held)
    assert await mine.acquire(ROLE, "a") is None


async def test_the_same_holder_after_a_takeover_gets_a_new_term(connect: OpenLease) -> None:
    mine, other = connect(new_clock()), connect(new_clock())
    first = await mine.acquire(ROLE, "a")
    assert first is not None
    await mine.release(first)
    second = await other.acquire(ROLE, "b")
    assert second is not None
    await other.release(second)
    third = await mine.acquire(ROLE, "a")
    assert third == Held(ROLE, "a", 3)
    assert not await mine.renew(first)
