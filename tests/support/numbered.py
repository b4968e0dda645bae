"""Numbered lines: what a sender is given to send, and how often each of them was stored."""

import asyncio
import re
from collections import Counter
from pathlib import Path

from soc.model.identity import province
from soc.ports.events import Query
from soc.stores.embedded import EmbeddedEventStore

COUNT = 1000
LINES = [f"number {number} {'x' * 60}" for number in range(COUNT)]


def sender_in(folder: Path) -> Path:
    """Make a folder for a sender, its thousand lines in ``lines.log``."""
    sender = folder / "sender"
    sender.mkdir()
    (sender / "lines.log").write_text("".join(line + "\n" for line in LINES))
    return sender


def each_once() -> Counter[int]:
    """Return what `stored` gives when nothing was lost and nothing repeated."""
    return Counter(range(COUNT))


def stored(centre: Path, source: str) -> Counter[int]:
    """Return how often each number of *source* lies in the store of a *centre* that has ended."""
    return asyncio.run(_stored(centre / "events", source))


async def _stored(folder: Path, source: str) -> Counter[int]:
    store = EmbeddedEventStore.open(folder)
    try:
        found = [
            re.search(r"number (\d+) ", event.original)
            async for event in store.stream(province(None), Query())
            if event.source == source
        ]
    finally:
        await store.close()
    return Counter(int(number[1]) for number in found if number)
