"""A ledger of a million facts: how long a start takes from a snapshot, and how much memory it holds."""

import asyncio
import subprocess
import sys
from functools import partial
from pathlib import Path

import msgspec
import pytest
from support.measured import save_result
from support.per_alert import PerAlert
from support.tally import comment

from soc.kernel.clock import SystemClock
from soc.ledger.fact import Fact, fact_id
from soc.pipeline.recorder import Recorder
from soc.stores.snapshots import FileSnapshots
from soc.stores.sqlite_log import SqliteLog

FACTS = 1_000_000
BEHIND_SNAPSHOT = 10_000
"""Facts written after the snapshot: what a start has to replay."""

START = """
import asyncio, json, resource, sys, time
from pathlib import Path
from support.per_alert import PerAlert
from soc.kernel.clock import SystemClock
from soc.pipeline.recorder import Recorder
from soc.stores.snapshots import FileSnapshots
from soc.stores.sqlite_log import SqliteLog

async def main(folder):
    log = SqliteLog.open(folder / "ledger.db")
    recorder = Recorder(log, (PerAlert(),), SystemClock(), snapshots=FileSnapshots(folder / "snapshot"))
    began = time.monotonic()
    await recorder.start()
    seconds = time.monotonic() - began
    log.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"facts": len(recorder.chain.decided), "seconds": seconds, "peak_rss_bytes": peak}))

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.mark.bench
@pytest.mark.timeout(900)
def test_a_million_facts_start_within_five_seconds_and_400_mb(tmp_path: Path) -> None:
    write_seconds = asyncio.run(write_ledger(tmp_path))
    environment = {"PYTHONPATH": str(Path(__file__).parents[1])}
    from_snapshot = start(tmp_path, environment)
    (tmp_path / "snapshot").unlink()
    replayed = start(tmp_path, environment)
    save_result(
        "ledger",
        {
            "facts": FACTS,
            "facts_behind_snapshot": BEHIND_SNAPSHOT,
            "write_seconds": write_seconds,
            "start_from_snapshot": from_snapshot,
            "start_by_replay": replayed,
        },
    )
    assert from_snapshot["facts"] == replayed["facts"] == FACTS
    assert from_snapshot["seconds"] <= 5
    assert from_snapshot["peak_rss_bytes"] <= 400_000_000


async def write_ledger(folder: Path) -> float:
    clock = SystemClock()
    log = SqliteLog.open(folder / "ledger.db")
    recorder = Recorder(log, (PerAlert(),), clock, snapshots=FileSnapshots(folder / "snapshot"))
    await recorder.start()
    began = clock.monotonic()
    for first in range(0, FACTS, 1000):
        if first == FACTS - BEHIND_SNAPSHOT:
            await recorder.snapshot()
        facts = [numbered(i) for i in range(first, first + 1000)]
        await recorder.decide(partial(list, facts))
    log.close()
    return clock.monotonic() - began


def numbered(i: int) -> Fact:
    return comment(f"Đã gọi cho đơn vị lần {i}", alert=f"alert-{i % 50_000}", id=fact_id("bench", str(i)))


def start(folder: Path, environment: dict[str, str]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", START, str(folder)],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    return msgspec.json.decode(done.stdout, type=dict[str, float])
