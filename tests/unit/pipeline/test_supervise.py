"""A stage that meets a passing trouble begins again after a pause; a defect ends the process."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from soc.kernel.clock import ManualClock
from soc.kernel.errors import NcscUnavailable, StoreError
from soc.kernel.logs import open_log
from soc.pipeline.supervise import supervise


def failing(error: Exception, times: int, calls: list[int]) -> Callable[[], Awaitable[None]]:
    async def stage() -> None:
        calls.append(1)
        if len(calls) <= times:
            raise error

    return stage


async def supervised(stage: Callable[[], Awaitable[None]]) -> str:
    clock, stream = ManualClock(datetime(2026, 11, 24, tzinfo=UTC)), io.StringIO()
    running = supervise("report", stage, clock=clock, log=open_log(stream))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(running)
        for _ in range(40):
            await clock.advance(timedelta(seconds=30))
        assert task.done()
    return stream.getvalue()


async def test_a_stage_begins_again_while_its_error_passes() -> None:
    calls: list[int] = []
    said = await supervised(failing(NcscUnavailable("nobody answers"), 3, calls))
    assert len(calls) == 4
    assert said.count("stage_restarts") == 3
    assert "nobody answers" in said


@pytest.mark.parametrize("error", [StoreError("damaged"), KeyError("a defect")], ids=["for good", "defect"])
async def test_what_does_not_pass_is_told_and_ends(error: Exception) -> None:
    stream, calls = io.StringIO(), list[int]()
    clock = ManualClock(datetime(2026, 11, 24, tzinfo=UTC))
    with pytest.raises(type(error)):
        await supervise("s", failing(error, 1, calls), clock=clock, log=open_log(stream))
    assert (len(calls), "stage_failed" in stream.getvalue()) == (1, True)


async def test_cancellation_is_never_swallowed() -> None:
    async def stage() -> None:
        await asyncio.Event().wait()

    clock = ManualClock(datetime(2026, 11, 24, tzinfo=UTC))
    task = asyncio.ensure_future(supervise("s", stage, clock=clock, log=open_log(io.StringIO())))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
