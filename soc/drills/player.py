"""The player sends injects at their time through real files, sockets and the national centre."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from soc.drills.scenario import Inject, LogInject, Scenario, WarningInject
from soc.kernel.clock import Clock

Sender = Callable[[str], Awaitable[None]]
"""Hands one line to a source: appends to its file, or sends to its socket."""
Warner = Callable[[WarningInject], Awaitable[None]]
"""Publishes a warning at the national centre."""
Told = Callable[[Inject], None]


async def play(
    scenario: Scenario, *, senders: Mapping[str, Sender], warn: Warner, clock: Clock, zone: str, told: Told
) -> int:
    """Play *scenario* in order of time and return the number of lines sent.

    Lines carry the wall time of *zone*, that of the sources; *told* hears of each inject when it begins.

    Raises:
        KeyError: an inject names a source that the stage does not have.
    """
    began = clock.monotonic()
    sent = 0
    for inject in sorted(scenario.injects, key=lambda i: i.at_s):
        await clock.sleep(timedelta(seconds=max(0.0, inject.at_s - (clock.monotonic() - began))))
        told(inject)
        match inject:
            case LogInject():
                sent += await _send(inject, senders[inject.source], clock, ZoneInfo(zone))
            case WarningInject():
                await warn(inject)
            case _:
                assert_never(inject)
    return sent


def rendered(template: str, at: datetime) -> str:
    """Return *template* with the time of sending; other braces stay as they are."""
    day = f"{at.day:2d}"
    syslog = f"{_MONTHS[at.month - 1]} {day} {at:%H:%M:%S}"
    access = f"{at.day:02d}/{_MONTHS[at.month - 1]}/{at:%Y:%H:%M:%S %z}"
    text = template.replace("{syslog}", syslog).replace("{access}", access)
    return text.replace("{iso}", at.isoformat(timespec="milliseconds"))


async def _send(inject: LogInject, send: Sender, clock: Clock, zone: ZoneInfo) -> int:
    lines = [line for _ in range(inject.repeat) for line in inject.lines]
    for line in lines:
        await send(rendered(line, clock.now().astimezone(zone)))
        if inject.every_s:
            await clock.sleep(timedelta(seconds=inject.every_s))
    await asyncio.sleep(0)
    return len(lines)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
