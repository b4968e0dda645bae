"""Files read side by side give what they give one after the other."""

import os
import signal
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
    found = scan_files(files, understanding(), MANNER, Tally(), jobs=2)
    next(found)
    found.close()  # type: ignore[attr-defined]
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_process_that_is_killed_is_told(files: list[Path], tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)  # whoever reads it waits for ever
    found = scan_files([files[0], pipe], understanding(), MANNER, Tally(), jobs=2)
    next(found)
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    for child in children:
        os.kill(int(child), signal.SIGKILL)
    with pytest.raises(WorkerLost, match="pipe"):
        next(found)
