"""Refusals: why something was not taken, in one plain line, and nothing a guesser could learn from.

Busy is ``503 text/plain`` with ``Retry-After``: the one refusal on which no known shipper loses data; so
every fault that passes is answered with it. Whoever fails to prove who it is waits for the answer as long
as anybody who fails, however far the proof went, and hears less after twenty failures in a minute.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import ClientError, web

from soc.gateway.bodies import TIMEOUT_S
from soc.gateway.limits import Failures
from soc.kernel.clock import Clock
from soc.kernel.errors import AuthError, StoreBusy, StoreError, WireError
from soc.model.event import Fields

MANY = 20
"""Failures of one address in a minute; further ones are answered ``429`` and the connection is closed."""
ANSWERED_AFTER = timedelta(milliseconds=100)
WAIT = timedelta(seconds=2)
LOOKED_EVERY = timedelta(seconds=15)
HOUR_MS = 3_600_000
NOT_PROVED = frozenset({401, 403})

Emit = Callable[[str, str, Fields], Awaitable[None]]
"""Says kind, what about and fields, as ``SelfReport.emit`` does."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Holding:
    """Holds back answers to failed proofs of identity, on every HTTP door."""

    failures: Failures
    clock: Clock

    @web.middleware
    async def held(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer *request*; a failed proof at a time that says nothing of why it failed."""
        loop = asyncio.get_running_loop()
        due = loop.time() + ANSWERED_AFTER.total_seconds()
        response = await handler(request)
        if response.status not in NOT_PROVED:
            return response
        await asyncio.sleep(due - loop.time())
        if self.failures.of(request.remote or "", self.clock.monotonic()) > MANY:
            wait_s = round(self.failures.window_s)
            response = web.Response(
                status=429, text="too many failures from this address\n", headers={"Retry-After": f"{wait_s}"}
            )
            response.force_close()
        return response


@web.middleware
async def refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer *request*; errors as their refusals."""
    try:
        return await handler(request)
    except WireError as error:
        return web.Response(status=400, text=f"{error}\n")
    except AuthError as error:
        return web.Response(status=403, text=f"{error}\n")
    except StoreError as error:
        return _busy(str(error), error.wait if isinstance(error, StoreBusy) else WAIT)
    except (TimeoutError, ConnectionError, ClientError):
        return _busy(f"the body did not arrive whole within {TIMEOUT_S} s", WAIT)


async def report_failures(failures: Failures, emit: Emit, clock: Clock) -> None:
    """Say for ever, once an hour and address, who failed many times within a minute.

    Raises:
        StoreBusy: begin again; what was said is not said twice.
    """
    said, hour = set[str](), 0
    while True:
        await clock.sleep(LOOKED_EVERY)
        if clock.now_ms() // HOUR_MS != hour:
            said, hour = set(), clock.now_ms() // HOUR_MS
        for address, count in failures.many(MANY, clock.monotonic()).items():
            if address not in said:
                await emit("auth_failures", f"{address}/{hour}", {"address": address, "count": count})
                said.add(address)


def _busy(why: str, wait: timedelta) -> web.Response:
    headers = {"Retry-After": str(math.ceil(wait.total_seconds()))}
    return web.Response(status=503, text=f"busy: {why}\n", headers=headers)
