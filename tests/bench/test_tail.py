"""Fifty files to which nothing is written: what following them costs."""

import asyncio
import time
from io import StringIO
from pathlib import Path

import pytest
from support.measured import save_result

from collectors.reading import Reading, Stamp
from collectors.sources.tail import Tail
from soc.kernel.channel import Channel
from soc.kernel.clock import SystemClock
from soc.kernel.logs import open_log

FILES = 50
SETTLING_S = 3
MEASURED_S = 15
MOST_PERCENT = 1.0


async def _idle_percent(groups: list[tuple[str, ...]]) -> float:
    out = Channel[Reading](1000)
    tails = [
        Tail(paths, Stamp(f"s{n}", "syslog", "UTC", SystemClock()), open_log(StringIO()))
        for n, paths in enumerate(groups)
    ]
    tasks = [asyncio.create_task(tail.run(out)) for tail in tails]
    await asyncio.sleep(SETTLING_S)
    assert len(out) == FILES
    began, cpu_began = time.monotonic(), time.process_time()
    await asyncio.sleep(MEASURED_S)
    percent = 100 * (time.process_time() - cpu_began) / (time.monotonic() - began)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for tail in tails:
        tail.close()
    return round(percent, 2)


@pytest.mark.bench
async def test_fifty_idle_files_cost_less_than_a_hundredth_of_a_core(tmp_path: Path) -> None:
    for number in range(FILES):
        (tmp_path / f"app{number}.log").write_text(f"a line of {number}\n" * 300)
    figures = {
        "files": FILES,
        "one_source_percent": await _idle_percent([(f"{tmp_path}/*.log",)]),
        "fifty_sources_percent": await _idle_percent([(f"{tmp_path}/app{n}.log",) for n in range(FILES)]),
        "fifty_sources_with_rotated_kin_percent": await _idle_percent(
            [(f"{tmp_path}/app{n}.log*",) for n in range(FILES)]
        ),
    }
    save_result("tail-idle", figures)
    assert max(value for key, value in figures.items() if key.endswith("percent")) <= MOST_PERCENT
