"""The crash proof: lines are written while either side is killed at random instants."""

import asyncio
import random
import threading
import time
from pathlib import Path

from support.system import System, eventually

from soc.model.identity import province
from soc.ports.events import Query
from soc.stores.embedded import EmbeddedEventStore


class Writer(threading.Thread):
    """Appends numbered lines to a file, without looking at what is killed meanwhile."""

    def __init__(self, path: Path, seed: int) -> None:
        super().__init__(daemon=True)
        self.written: list[str] = []
        self.done = threading.Event()
        self._path = path
        self._random = random.Random(seed)

    def run(self) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            while not self.done.wait(self._random.uniform(0.001, 0.02)):
                for _ in range(self._random.randint(1, 5)):
                    line = f"Nov 24 08:00:00 host app[1]: marker {len(self.written)} {'x' * 50}"
                    file.write(line + "\n")
                    self.written.append(line)
                file.flush()


def prove(folder: Path, *, rounds: int, seed: int) -> dict[str, int]:
    """Kill either side *rounds* times while lines are written; fail unless each is stored exactly once."""
    chance = random.Random(seed)
    print(f"crash proof: {rounds} rounds, seed {seed}")
    system = System(folder)
    writer = Writer(system.lines, seed)
    try:
        system.start_centre()
        system.enrol()
        system.start_collector()
        writer.start()
        for _ in range(rounds):
            time.sleep(chance.uniform(0.05, 0.8))
            victim = chance.choice(["centre", "collector"])
            system.kill(victim)
            {"centre": system.start_centre, "collector": system.start_collector}[victim]()
        writer.done.set()
        writer.join()
        total = len(writer.written)
        eventually(
            lambda: system.account().get("received", 0) >= total, within_s=60, what=f"{total} lines received"
        )
        account = system.account()
        system.stop("collector")
        system.stop("centre")
    finally:
        writer.done.set()
        system.stop_all()
    stored = asyncio.run(_stored(folder / "centre" / "events"))
    assert sorted(stored) == sorted(writer.written), _difference(stored, writer.written)
    assert account["unexplained_gap"] == 0
    assert account["declared_gap"] == 0
    assert account["received"] == account["stored"] + account["reread"] + account["known"] == len(stored)
    return {"rounds": rounds, "seed": seed, "lines": len(stored), "known": account["known"]}


async def _stored(folder: Path) -> list[str]:
    store = EmbeddedEventStore.open(folder)
    try:
        return [
            event.original async for event in store.stream(province(None), Query()) if event.source == "file"
        ]
    finally:
        await store.close()


def _difference(stored: list[str], written: list[str]) -> str:
    missing = set(written) - set(stored)
    return f"{len(written)} written, {len(stored)} stored, {len(missing)} missing: {sorted(missing)[:3]}"
