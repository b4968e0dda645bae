"""A collector from end to end: file → spool → mutual TLS → gateway that parses and matches → memory.

The collector is a process of its own, measured from outside; the gateway is this one. Processor time counts.
"""

import asyncio
import random
import time
from pathlib import Path

import pytest
from support.collecting import collecting
from support.measured import save_result
from support.vitals import processor_seconds, resident_mib

pytestmark = pytest.mark.bench
LINE_BYTES = 600
BACKLOG = 100_000
STEADY_PER_SECOND = 2000
STEADY_S = 20
TICKS_PER_SECOND = 10
FILES, LINES = 50, 20
SETTLING_S = 5
IDLE_S = 20
MOST_RSS_MIB = 80.0
MOST_IDLE_PERCENT = 1.0

NOISE = random.Random(5).randbytes(1 << 16).hex()
"""What no compression makes much smaller than its half."""


def _line(number: int) -> str:
    text = (
        f"<13>Nov 24 08:00:00 pc-{number % 40} sshd[{number % 30000}]: session {number} opened for user lan "
    )
    start = number * 37 % (len(NOISE) - LINE_BYTES)
    return text + NOISE[start : start + LINE_BYTES - 1 - len(text)] + "\n"


def _tail(id_: str, path: str) -> str:
    return f'[[source]]\nid = "{id_}"\nkind = "tail"\nformat = "syslog"\npaths = ["{path}"]\n'


async def test_a_backlog_is_shipped_at_the_speed_that_is_said(tmp_path: Path) -> None:
    lines = tmp_path / "lines.log"
    lines.write_text("".join(map(_line, range(BACKLOG))))
    async with collecting(tmp_path, _tail("file", str(lines))) as running:
        began, here_began, there_began = time.monotonic(), time.process_time(), processor_seconds(running.pid)
        await running.ids.hold(BACKLOG, within_s=120)
        here, there = time.process_time() - here_began, processor_seconds(running.pid) - there_began
        wall = time.monotonic() - began
        peak = resident_mib(running.pid, "VmHWM")
    megabytes = BACKLOG * LINE_BYTES / 1e6
    figures = {
        "events": BACKLOG,
        "event_bytes": LINE_BYTES,
        "collector_events_per_core_second": round(BACKLOG / there),
        "collector_megabytes_per_core_second": round(megabytes / there, 1),
        "gateway_events_per_core_second": round(BACKLOG / here),
        "gateway_megabytes_per_core_second": round(megabytes / here, 1),
        "both_events_per_core_second": round(BACKLOG / (here + there)),
        "events_per_second_on_two_cores": round(BACKLOG / wall),
        "collector_peak_rss_mib": peak,
    }
    save_result("collector-backlog", figures)


async def test_two_thousand_events_a_second_take_less_than_eighty_megabytes(tmp_path: Path) -> None:
    lines, count = tmp_path / "lines.log", STEADY_PER_SECOND * STEADY_S
    lines.touch()
    async with collecting(tmp_path, _tail("file", str(lines))) as running:
        before, cpu_began = resident_mib(running.pid), processor_seconds(running.pid)
        began = time.monotonic()
        await _write(lines, count)
        await running.ids.hold(count, within_s=30)
        wall, cpu = time.monotonic() - began, processor_seconds(running.pid) - cpu_began
        peak = resident_mib(running.pid, "VmHWM")
    figures = {
        "events_per_second": round(count / wall),
        "event_bytes": LINE_BYTES,
        "collector_core_percent": round(100 * cpu / wall, 1),
        "rss_mib_before": before,
        "peak_rss_mib": peak,
    }
    save_result("collector-steady", figures)
    assert figures["events_per_second"] >= 0.9 * STEADY_PER_SECOND
    assert peak <= MOST_RSS_MIB


async def test_fifty_files_to_which_nothing_is_written_take_a_hundredth_of_a_core(tmp_path: Path) -> None:
    one, fifty = tmp_path / "one", tmp_path / "fifty"
    for folder in (one, fifty):
        folder.mkdir()
        for number in range(FILES):
            (folder / f"app{number}.log").write_text(
                "".join(map(_line, range(number * LINES, (number + 1) * LINES)))
            )
    figures = {
        "files": FILES,
        "one_source_percent": await _idle_percent(one, _tail("app", f"{one}/*.log")),
        "fifty_sources_percent": await _idle_percent(
            fifty, "".join(_tail(f"app{n}", f"{fifty}/app{n}.log") for n in range(FILES))
        ),
    }
    save_result("collector-idle", figures)
    assert max(figures["one_source_percent"], figures["fifty_sources_percent"]) <= MOST_IDLE_PERCENT


async def _write(lines: Path, count: int) -> None:
    """Append *count* lines at a steady pace."""
    began, at_once = time.monotonic(), STEADY_PER_SECOND // TICKS_PER_SECOND
    with lines.open("a") as file:
        for tick in range(count // at_once):
            file.writelines(_line(tick * at_once + n) for n in range(at_once))
            file.flush()
            await asyncio.sleep(max(0, began + (tick + 1) / TICKS_PER_SECOND - time.monotonic()))


async def _idle_percent(folder: Path, sources: str) -> float:
    async with collecting(folder, sources) as running:
        await running.ids.hold(FILES * LINES, within_s=30)
        await asyncio.sleep(SETTLING_S)
        began, cpu_began = time.monotonic(), processor_seconds(running.pid)
        await asyncio.sleep(IDLE_S)
        used = processor_seconds(running.pid) - cpu_began
        return round(100 * used / (time.monotonic() - began), 2)
