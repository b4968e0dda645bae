"""Vital signs of a process that runs, and of the files it keeps, as the kernel tells them."""

import os
import re
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def processor_seconds(pid: int) -> float:
    """Return the processor time that *pid* has used, its own and the kernel's for it, to 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def resident_mib(pid: int, what: str = "VmRSS") -> float:
    """Return the memory of *pid*: ``VmRSS``, ``RssAnon`` (without mapped files) or ``VmHWM`` (the peak)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(rf"{what}:\s*(\d+) kB", status)
    assert found is not None, what
    return round(int(found[1]) / 1024, 1)


def descriptors(pid: int) -> int:
    """Return how many files and sockets *pid* holds open."""
    return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - pathlib would only wrap the names


def kib_of(*paths: Path) -> int:
    """Return what *paths*, with all that lies below folders, hold in KiB; files may go meanwhile."""
    return sum(_size(file) for path in paths for file in (path, *path.rglob("*"))) // 1024


def database(path: Path) -> tuple[Path, Path]:
    """Return the files that a SQLite database at *path* keeps its content in."""
    return path, path.with_name(f"{path.name}-wal")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0
