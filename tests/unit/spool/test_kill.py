"""A process that dies at any step leaves a spool that keeps every promise it made."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from support.spooling import ALL, a_journal, a_record, accounted

from soc.spool.chunk import Limits
from soc.spool.growth import OpenSegment
from soc.spool.journal import Journal, Shed
from soc.spool.refused import read_refused
from soc.spool.segment import SegmentWriter

IN_A_YEAR_MS = 4_000_000_000_000
DONE = 7


class Steps:
    """Counts what a process does to its disk and ends it, without a word, at step *last*."""

    def __init__(self, folder: Path, last: int) -> None:
        self._folder, self._left = str(folder), last

    def step(self) -> None:
        """Count one; the last one is not done any more."""
        self._left -= 1
        if self._left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def seen(self, event: str, arguments: tuple[object, ...]) -> None:
        """Count what the interpreter is about to do to a file of the folder."""
        named = event in {"open", "os.rename", "os.remove", "os.truncate", "os.link", "os.utime"}
        if named and any(str(argument).startswith(self._folder) for argument in arguments):
            self.step()

    def open_segment(self, path: Path) -> SegmentWriter:
        """Open a segment whose writes are two steps and whose syncs are two more."""

        def write(handle: int, data: bytes) -> int:
            self.step()
            written = os.write(handle, data[: len(data) // 2 + 1])
            self.step()
            return written

        def sync(handle: int) -> None:
            self.step()
            os.fdatasync(handle)
            self.step()

        return SegmentWriter(path, write=write, sync=sync)


def opened(folder: Path, open_segment: OpenSegment = SegmentWriter) -> Journal:
    return a_journal(folder, segment_bytes=500, reserve_bytes=2000, open_segment=open_segment)


def an_earlier_day(folder: Path) -> None:
    """Leave a spool whose newest segment holds nothing but states."""
    journal = opened(folder)
    journal.append([a_record("old")], {})
    journal.close()
    journal = opened(folder)
    journal.append([], {"old": b"1", "file": b""})
    journal.close()


def a_day(journal: Journal, promise: Callable[[str], object]) -> None:
    """Do everything a journal can, saying each promise as soon as it is made."""
    promise(f"spool {journal.spool}")
    promise("record 1 old")
    for n in range(4):
        first = journal.append([a_record(f"{n}a"), a_record(f"{n}b")], {"file": b"%d" % n})
        promise(f"record {first} {n}a")
        promise(f"record {first + 1} {n}b")
        promise(f"state {n}")
    journal.append([], {"gone": b"1"})
    promise(f"gap {journal.reserve_shed([Shed('udp', 2, 'full', 1)])}")
    journal.acknowledge(4)
    journal.set_aside(5, "refused")
    promise("gap 5")
    journal.acknowledge(journal.peek(4, Limits(records=1)).end_seq)
    journal.trim(IN_A_YEAR_MS)
    promise(f"record {journal.append([a_record('last')], {'file': b'9'})} last")
    promise("state 9")


def dies_at(step: int, folder: Path, said: Path) -> bool:
    """Run a day in a process that ends at *step*; return whether it did."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != DONE
    out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    an_earlier_day(folder)
    steps = Steps(folder, step)
    sys.addaudithook(steps.seen)
    a_day(opened(folder, steps.open_segment), lambda promise: os.write(out, f"{promise}\n".encode()))
    os._exit(DONE)


def breaks(folder: Path, promises: list[list[str]]) -> list[list[str]]:
    """Return those *promises* that the spool in *folder* does not keep."""
    journal = opened(folder)
    found = accounted(journal)
    refused = {aside.gap.first_seq for aside in read_refused(folder)}

    def keeps(kind: str, what: str, text: str = "") -> bool:
        match kind:
            case "spool":
                return journal.spool == what and journal.states()["old"] == b"1"
            case "state":
                return journal.states()["file"] >= what.encode()
            case "gap":
                return found.get(int(what)) is None and int(what) < journal.next_seq
            case _:
                seq = int(what)
                return seq < journal.acked_seq or found[seq] == text or seq in refused

    broken = [promise for promise in promises if not keeps(*promise)]
    if list(found) != list(range(journal.acked_seq, journal.next_seq)):
        broken.append(["every number is a record or a gap"])
    if journal.append([a_record("goes on")], {}) != journal.peek(journal.next_seq - 1, ALL).first_seq:
        broken.append(["it goes on"])
    journal.close()
    return broken


def test_killed_at_every_step_of_a_day_the_spool_keeps_what_it_promised(tmp_path: Path) -> None:
    step, deaths = 0, 0
    while dies_at(step, tmp_path / f"{step}" / "spool", tmp_path / f"{step}.said"):
        said = tmp_path / f"{step}.said"
        promises = [line.split(" ") for line in said.read_text().splitlines()] if said.exists() else []
        assert breaks(tmp_path / f"{step}" / "spool", promises) == [], f"killed at step {step}"
        deaths += 1
        step += 1
    assert deaths > 60
    assert len((tmp_path / f"{step}.said").read_text().splitlines()) == 18
