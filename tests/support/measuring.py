"""Measured in a process of its own: ``python -m support.measuring WHAT ARGUMENTS`` prints JSON.

    start RULES CACHE                       seconds until the engine is ready
    lines RULES CACHE FORMAT LINES          two passes over lines held in memory
    adversary RULES CACHE                   ever-new values against values seen before, parsed and matched
    memory RULES CACHE LINES                a million events, each unlike every other

RULES are folders joined by a colon.
"""

import gc
import json
import random
import re
import sys
import time
from pathlib import Path
from typing import Any

from soc.app.content import house_mappings, read_content
from soc.app.rule_cache import RuleCache
from soc.model.identity import Origin
from soc.model.record import Record
from soc.parsing.parse import parse
from soc.pipeline.intake import Understanding
from soc.pipeline.sighting import Sighting

_SHORT = "abcdefghijklmnopqrstuvwxyz0123456789"


def main(what: str, rules: str, cache: str, *more: str) -> dict[str, Any]:
    began = time.process_time()
    content = read_content(
        [Path(folder) for folder in rules.split(":")], house_mappings(), RuleCache(Path(cache), print)
    )
    reading = content.understanding()
    figures: dict[str, Any] = {
        "rules": len(content.rulebook.rules),
        "ready_cpu_seconds": round(time.process_time() - began, 3),
    }
    gc.freeze()
    gc.set_threshold(500_000, 20, 100)
    match what:
        case "lines":
            figures |= lines(reading, more[0], Path(more[1]))
            content.keep()
        case "adversary":
            figures |= adversary(reading)
        case "memory":
            figures |= memory(reading, Path(more[0]))
        case _:
            assert what == "start"
    figures["peak_rss_megabytes"] = peak_megabytes()
    return figures


def peak_megabytes() -> int:
    """This process's own peak; what getrusage says begins with its parent's."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) // 1024  # type: ignore[index]


def lines(reading: Understanding, format_: str, path: Path) -> dict[str, Any]:
    """Two passes over the lines of a file, reading it included; the first with nothing put together yet."""
    sighting = Sighting(reading, "UTC", "bench")
    figures: dict[str, Any] = {}
    for name in ("first", "second"):
        began = time.process_time()
        count, sighted = _pass(sighting, format_, path)
        seconds = time.process_time() - began
        figures[f"{name}_pass_events_per_second"] = round(count / seconds)
        figures[f"{name}_pass_megabytes_per_second"] = round(path.stat().st_size / 1e6 / seconds)
        figures |= {"events": count, "events_with_matches": sighted}
    return figures


def _pass(sighting: Sighting, format_: str, path: Path) -> tuple[int, int]:
    """Return how many lines there are, and in how many of them something was found."""
    count = sighted = 0
    with path.open("rb", buffering=1 << 20) as stream:
        for line in stream:
            count += 1
            if not sighting.is_nothing(line, format_):
                sighted += 1
    return count, sighted


def adversary(reading: Understanding) -> dict[str, Any]:
    """Process creations whose every value is new, against such as come again: parsed and matched."""
    drawn = random.Random(4)
    usual = [_record(_process(drawn)) for _ in range(1000)]
    return {
        "usual_microseconds": _micros(reading, [usual[n % 1000] for n in range(50_000)]),
        "ever_new_microseconds": _micros(reading, [_record(_process(drawn)) for _ in range(50_000)]),
    }


def _micros(reading: Understanding, held: list[Record]) -> float:
    for record in held[:1000]:
        _take(reading, record)
    began = time.process_time()
    for record in held:
        _take(reading, record)
    return round(1e6 * (time.process_time() - began) / len(held), 2)


def _take(reading: Understanding, record: Record) -> None:
    event = parse(record, Origin("a", "c"), received_at_ms=record.read_at_ms, sources=reading.sources)
    reading.engine.match(event)


def _record(fields: dict[str, Any]) -> Record:
    return Record("s", "windows_json", json.dumps(fields).encode(), 1_767_225_600_000, "2026-01-01", "UTC")


def _process(drawn: random.Random) -> dict[str, Any]:
    def word(length: int) -> str:
        return "".join(drawn.choices(_SHORT, k=length))

    image = rf"C:\Windows\{word(6)}\{word(8)}.exe"
    return {
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "EventID": 1,
        "Computer": "pc",
        "EventRecordID": drawn.randrange(10**9),
        "EventTime": "2026-01-01 00:00:00",
        "Image": image,
        "OriginalFileName": f"{word(8)}.exe",
        "Description": word(20),
        "Product": word(12),
        "Company": word(12),
        "CommandLine": f'"{image}" /{word(4)} {word(40)} --{word(10)}={word(20)}',
        "CurrentDirectory": rf"C:\Users\{word(8)}" + "\\",
        "User": rf"DOMAIN\{word(8)}",
        "IntegrityLevel": "High",
        "Hashes": f"MD5={word(32)},SHA256={word(64)},IMPHASH={word(32)}",
        "ParentImage": rf"C:\Windows\{word(8)}.exe",
        "ParentCommandLine": word(60),
        "ParentUser": rf"DOMAIN\{word(8)}",
    }


def memory(reading: Understanding, path: Path) -> dict[str, Any]:
    """A million records, the file's over and over, with some characters of each made new."""
    templates = path.read_bytes().splitlines()
    sighting = Sighting(reading, "UTC", "bench")
    count = 1_000_000
    began = time.process_time()
    for number in range(count):
        raw = templates[number % len(templates)]
        sighting.is_nothing(
            raw.replace(b".exe", b"%d.exe" % number).replace(b"S-1-5", b"S-%d" % number), "auto"
        )
    seconds = time.process_time() - began
    return {"events": count, "events_per_second": round(count / seconds)}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
