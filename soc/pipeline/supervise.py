"""Keeps a stage running: a retryable error restarts it after a pause, any other ends the process.

The one place that catches everything. A TaskGroup cancels all stages when one fails: right for a
defect, wrong for a national centre that does not answer tonight.
"""

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta

from soc.kernel.clock import Clock
from soc.kernel.errors import SocError
from soc.kernel.logs import Log, Said
from soc.kernel.retry import backoff

CALM_AFTER = timedelta(minutes=5)


async def supervise(name: str, stage: Callable[[], Awaitable[None]], *, clock: Clock, log: Log) -> None:
    """Run *stage* until it returns; restart it while its errors are retryable.

    Raises:
        Exception: whatever is not retryable, after saying so.
    """
    waits = backoff(random.random)
    while True:
        began = clock.monotonic()
        try:
            await stage()
        except Exception as error:
            if not (isinstance(error, SocError) and error.retryable):
                log.warning(Said.STAGE_FAILED, stage=name, error=repr(error))
                raise
            if clock.monotonic() - began > CALM_AFTER.total_seconds():
                waits = backoff(random.random)
            pause = next(waits)
            log.warning(Said.STAGE_RESTARTS, stage=name, error=str(error), pause_s=pause.total_seconds())
            await clock.sleep(pause)
        else:
            return
