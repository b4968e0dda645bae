"""The accounts go on where they were saved: nothing counts twice, and old feeds are not needed any more."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from support.accounts import balanced
from support.centre import Receiving, receiving
from support.delivered import a_batch, a_record

from soc.health.fleet import Condition, Row
from soc.kernel.errors import StoreBusy
from soc.model.heartbeat import Heartbeat
from soc.pipeline.accounts import Accounts, open_accounts
from soc.stores.snapshots import MemorySnapshots
from soc.wire.messages import Beat

SPOOL = "s"


async def opened(centre: Receiving, snapshots: MemorySnapshots) -> Accounts:
    return await open_accounts(centre.feeds, snapshots, centre.clock)


async def deliver(centre: Receiving, first: int, last: int, *, acked_seq: int = 1) -> None:
    batch = a_batch(first, [a_record(n) for n in range(first, last + 1)], spool=SPOOL, acked_seq=acked_seq)
    await centre.intake.accept(batch, batch.origin)


async def beat(centre: Receiving, acked_seq: int) -> None:
    origin = a_batch(1, []).origin
    await centre.intake.beat(Beat(1, origin, "boot", 0, 1, acked_seq, (), 0, "0.1", SPOOL), origin)


async def row_of(accounts: Accounts, centre: Receiving) -> Row:
    await accounts.read()
    (row,) = accounts.fleet.rows(centre.clock.now_ms(), days=9)
    return row


async def drop_feeds(centre: Receiving) -> None:
    for stream in await centre.feeds.streams("feed/"):
        await centre.feeds.drop(stream.name)


async def test_a_start_goes_on_where_the_snapshot_ends(tmp_path: Path) -> None:
    centre, snapshots = await receiving(tmp_path), MemorySnapshots()
    await deliver(centre, 1, 10)
    await (await opened(centre, snapshots)).save()
    await deliver(centre, 11, 20)
    row = await row_of(await opened(centre, snapshots), centre)
    balanced(row, 20)
    assert row.received == 20


async def test_a_restart_after_the_feeds_were_dropped_shows_no_gap(tmp_path: Path) -> None:
    centre, snapshots = await receiving(tmp_path), MemorySnapshots()
    await deliver(centre, 1, 10)
    await (await opened(centre, snapshots)).save()
    await drop_feeds(centre)
    await centre.clock.advance(timedelta(days=9))
    await deliver(centre, 11, 12, acked_seq=11)
    await beat(centre, 13)
    row = await row_of(await opened(centre, snapshots), centre)
    balanced(row, 12)
    assert row.conditions == ()


async def test_without_a_snapshot_old_feeds_do_not_reach_back_to_the_first_number(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    await deliver(centre, 501, 510, acked_seq=501)
    await centre.clock.advance(timedelta(days=8))
    await beat(centre, 511)
    row = await row_of(await opened(centre, MemorySnapshots()), centre)
    assert (row.received, row.unexplained_gap) == (10, 0)


async def test_a_new_centre_misses_what_was_acknowledged_before_it(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    accounts = await opened(centre, MemorySnapshots())
    await deliver(centre, 501, 510, acked_seq=501)
    row = await row_of(accounts, centre)
    assert (row.condition, row.unexplained_gap) == (Condition.GAP, 500)


@pytest.mark.parametrize("data", [b"\xc1", msgspec.msgpack.encode({"cursor": {}, "fleet": b""})])
async def test_a_damaged_snapshot_is_said_and_raises_no_false_gap(tmp_path: Path, data: bytes) -> None:
    centre, snapshots = await receiving(tmp_path), MemorySnapshots()
    snapshots.data = data
    await deliver(centre, 501, 510, acked_seq=501)
    accounts = await opened(centre, snapshots)
    assert accounts.damaged
    assert (await row_of(accounts, centre)).unexplained_gap == 0


async def test_reading_again_counts_nothing_again(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    accounts = await opened(centre, MemorySnapshots())
    await deliver(centre, 1, 10)
    assert await row_of(accounts, centre) == await row_of(accounts, centre)


async def test_accounts_that_no_snapshot_can_hold_are_kept_and_only_saving_fails(tmp_path: Path) -> None:
    centre, snapshots = await receiving(tmp_path), MemorySnapshots()
    accounts = await opened(centre, snapshots)
    await deliver(centre, 1, 10)
    origin = a_batch(1, []).origin
    accounts.fleet.heartbeat(Heartbeat(origin, "boot", -(2**64), 0, 1, 1, (), 0, "0.1", SPOOL))
    with pytest.raises(StoreBusy, match="accounts"):
        await accounts.save()
    assert snapshots.data is None
    assert (await row_of(accounts, centre)).received == 10
