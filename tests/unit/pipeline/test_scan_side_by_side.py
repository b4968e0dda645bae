"""Files read side by side give what they give one after the other."""

import os
import signal
import time
from pathlib import Path

import pytest
from support.rulings import loaded, rule_text

from soc.app.content import house_mappings
from soc.detection.engine import Engine
from soc.parsing.mapping import load_mappings
from soc.pipeline.intake import Understanding
from soc.pipeline.scan import Hit, Manner, Tally
from soc.pipeline.scan_side_by_side import WorkerLost, scan_files

MANNER = Manner("UTC")


def understanding() -> Understanding:
    texts = {path.name: path.read_text(encoding="utf-8") for path in house_mappings().glob("*.yml")}
    rules = loaded(rule_text("{s: {a|contains: evil}, condition: s}"), known=lambda _: False).rules
    return Understanding(load_mappings(texts), Engine(rules))


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    found = []
    for number in range(12):
        path = tmp_path / f"{number:02}.ndjson"
        lines = [f'{{"a": "{"evil" if n % 5 == 0 else "good"} {number}"}}\n' for n in range(number * 7)]
        path.write_text("".join(lines) + "nonsense\n")
        found.append(path)
    return found


def scanned(files: list[Path], jobs: int) -> tuple[list[tuple[Path, list[Hit]]], Tally]:
    tally = Tally()
    found = scan_files(files, understanding(), MANNER, tally, jobs=jobs)
    return [(path, list(hits)) for path, hits in found], tally


def test_hits_and_counts_are_the_same_and_in_the_same_order(files: list[Path]) -> None:
    one, three = scanned(files, 1), scanned(files, 3)
    assert one == three
    assert [path for path, _ in three[0]] == files
    assert three[1].events == sum(number * 7 + 1 for number in range(12))
    assert len(three[1].quarantined) == 12


def test_who_stops_early_leaves_no_process_behind(files: list[Path]) -> None:
    others = children(os.getpid())
    found = scan_files(files, understanding(), MANNER, Tally(), jobs=2)
    next(found)
    assert len(children(os.getpid())) > len(others)
    found.close()  # type: ignore[attr-defined]
    assert children(os.getpid()) == others


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def large(tmp_path: Path) -> list[Path]:
    """Files that each give more hits than a pipe holds: who reads one waits until it is asked."""
    found = [tmp_path / f"large{number}.ndjson" for number in range(4)]
    for path in found:
        path.write_text('{"a": "evil"}\n' * 2000)
    return found


def test_a_process_that_is_killed_is_told(files: list[Path], large: list[Path]) -> None:
    others = children(os.getpid())
    found = scan_files([files[0], *large], understanding(), MANNER, Tally(), jobs=2)
    next(found)
    for child in set(children(os.getpid())).difference(others):
        os.kill(child, signal.SIGKILL)
    with pytest.raises(WorkerLost, match="large"):
        list(found)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_processes_end_with_their_parent(large: list[Path], how: signal.Signals) -> None:
    parent = os.fork()
    if not parent:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        next(scan_files(large, understanding(), MANNER, Tally(), jobs=3))
        signal.pause()
    deadline = time.monotonic() + 8
    while len(workers := children(parent)) < 3:
        assert time.monotonic() < deadline
    os.kill(parent, how)
    os.waitpid(parent, 0)
    while (left := [worker for worker in workers if alive(worker)]) and time.monotonic() < deadline:
        pass
    for worker in left:
        os.kill(worker, signal.SIGKILL)
    assert not left


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_file_that_is_gone_is_one_fault_and_the_rest_is_read(files: list[Path], jobs: int) -> None:
    files[3].unlink()
    found, tally = scanned(files, jobs)
    assert tally.faults == [f"{files[3]}: No such file or directory"]
    assert [path for path, _ in found] == files
    assert len(tally.quarantined) == 11
