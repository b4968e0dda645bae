"""Stage retain: old days leave the event store, old feeds leave the log; holds stay."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from soc.kernel.clock import Clock
from soc.model.identity import RetentionClass
from soc.pipeline.feeds import PREFIX
from soc.ports.events import Retention
from soc.ports.log import Log

EVERY = timedelta(hours=1)
FEED_LIFE = timedelta(days=8)
"""At least seven days after the feed's last entry."""


async def run_retain(
    *,
    events: Retention,
    feeds: Log,
    keep_days: dict[RetentionClass, int],
    account: Callable[[], Awaitable[None]],
    clock: Clock,
) -> None:
    """Apply retention once an hour, for ever; *account* takes in what feeds hold before any is dropped."""
    while True:
        today = clock.now()
        await events.apply(keep_days, today.strftime("%Y-%m-%d"))
        await account()
        oldest = PREFIX + (today - FEED_LIFE).strftime("%Y-%m-%d")
        for stream in await feeds.streams(PREFIX):
            if stream.name < oldest:
                await feeds.drop(stream.name)
        await clock.sleep(EVERY)
