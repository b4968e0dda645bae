"""Leading a role: take the lease, say so in the ledger, keep it, and stop the moment it is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from soc.kernel.clock import Clock
from soc.kernel.errors import DeposedError, StoreBusy
from soc.ledger.catalogue import NEWEST
from soc.ledger.fact import Fact, fact_id
from soc.ledger.fold import LEADER_ELECTED
from soc.pipeline.recorder import Recorder
from soc.ports.lease import EXPIRES_AFTER, RENEW_EVERY, Held, Lease


@asynccontextmanager
async def lead(role: str, lease: Lease, recorder: Recorder, clock: Clock, holder: str) -> AsyncIterator[Held]:
    """Wait until *holder* leads *role*, then keep the lease while the body runs.

    The facts that the body decides carry ``role`` and ``held.term``; once another leads, the
    recorder refuses them. *holder* is unique to this process.

    Raises:
        DeposedError: another leads now, or the lease could not be renewed in time; the body was
            cancelled.
    """
    held = await _acquire(role, lease, clock, holder)
    try:
        await recorder.decide(lambda: (_elected(held, clock.now_ms()),))
        async with asyncio.TaskGroup() as group:
            renewal = group.create_task(_keep(lease, clock, held), name=f"renew {role}")
            yield held
            renewal.cancel()
    except BaseExceptionGroup as group:
        # One plain error, so that the supervisor can tell a busy store from a lost lease.
        raise (group.subgroup(DeposedError) or group).exceptions[0] from group
    finally:
        await lease.release(held)


async def _acquire(role: str, lease: Lease, clock: Clock, holder: str) -> Held:
    while (held := await lease.acquire(role, holder)) is None:
        await clock.sleep(RENEW_EVERY)
    return held


def _elected(held: Held, now_ms: int) -> Fact:
    return Fact(
        type=LEADER_ELECTED,
        version=NEWEST[LEADER_ELECTED],
        id=fact_id(LEADER_ELECTED, held.role, str(held.term)),
        at_ms=now_ms,
        actor=f"machine:{held.role}",
        agency=None,
        exercise=None,
        collector=None,
        payload={"role": held.role, "term": held.term, "holder": held.holder},
        role=held.role,
        term=held.term,
    )


async def _keep(lease: Lease, clock: Clock, held: Held) -> None:
    kept_at = clock.monotonic()
    while True:
        await clock.sleep(RENEW_EVERY)
        try:
            alive = await lease.renew(held)
        except StoreBusy as error:
            if timedelta(seconds=clock.monotonic() - kept_at) >= EXPIRES_AFTER:
                raise DeposedError(f"{held.role} of term {held.term} could not be renewed") from error
            continue
        if not alive:
            raise DeposedError(f"{held.role} of term {held.term}: another leads")
        kept_at = clock.monotonic()
