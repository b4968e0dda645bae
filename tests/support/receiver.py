"""A gateway in a process of its own: ``python -m support.receiver FOLDER RULES CACHE WORK``.

WORK is ``whole`` (parse, detect, store in memory, feed) or ``receive`` (decode alone). It prints its address,
and after each line on its input the processor seconds and events since the one before.
"""

import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from support.centre import Receiving, credential, listening, receiving

from soc.app.content import house_mappings, read_content
from soc.app.rule_cache import RuleCache
from soc.gateway.limits import Allowances, Rates
from soc.model.event import Event
from soc.model.identity import Origin
from soc.pipeline.intake import Intake
from soc.ports.events import Written
from soc.wire.feed import Receipt
from soc.wire.messages import Batch

ORIGIN = Origin("so-y-te", "c1")


@dataclass
class Counted:
    """A store in memory: it keeps what it needs to tell the new from the known."""

    keys: set[str] = field(default_factory=set[str])
    events: int = 0

    async def write(self, events: Sequence[Event]) -> Written:
        before = len(self.keys)
        self.keys.update(event.key for event in events)
        self.events += len(events)
        stored = len(self.keys) - before
        return Written(stored=stored, reread=0, known=len(events) - stored)

    async def refresh(self) -> None:
        """Nothing to do."""


@dataclass(slots=True)
class Receiver(Intake):
    """An intake that looks into nothing."""

    async def accept(self, batch: Batch, origin: Origin, **_: object) -> Receipt:
        assert isinstance(self.writer, Counted)
        self.writer.events += len(batch.records)
        return Receipt(origin, batch.boot, batch.first_seq, batch.last_seq, 0, 0, 0, 0, (), 0, 0, 0)


async def main(folder: Path, rules: str, cache: Path, work: str) -> None:
    os.sched_setaffinity(0, {0})
    store = Counted()
    centre = await receiving(folder, writer=store)
    centre.desk.allowances = Allowances(Rates(1e9, 1e12, 10))
    if work == "receive":
        intake = centre.intake
        centre.desk.intake = Receiver(intake.understanding, intake.writer, intake.feed, intake.clock)
    else:
        content = read_content(
            [Path(at) for at in rules.split(":")], house_mappings(), RuleCache(cache, print)
        )
        understanding = content.understanding()
        content.keep()
        centre.intake.understanding = lambda: understanding
    await credential(centre, ORIGIN)
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)  # as soc serve does
    await _serve(centre, store)


async def _serve(centre: Receiving, store: Counted) -> None:
    async with listening(centre) as url:
        print(url, flush=True)
        began, events = time.process_time(), 0
        while await asyncio.to_thread(sys.stdin.readline):
            now = time.process_time()
            print(json.dumps([now - began, store.events - events]), flush=True)
            began, events = now, store.events


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4]))
