"""Delivered segments stay a day or a fifth of the limit; a disk that runs short comes first."""

import os
import time
from datetime import timedelta
from pathlib import Path

from support.spooling import ALL, a_journal, a_record, everything

from soc.spool.journal import Journal
from soc.spool.shelf import Shelf

DAY_MS = timedelta(days=1) // timedelta(milliseconds=1)


def segments(folder: Path) -> list[int]:
    return sorted(int(path.stem) for path in folder.glob("0*.seg"))


def five(folder: Path, limit_bytes: int = 1 << 30) -> Journal:
    journal = a_journal(folder, segment_bytes=1, limit_bytes=limit_bytes)
    for n in range(5):
        journal.append([a_record(f"{n}")], {"file": b"%d" % n})
    return journal


def test_what_was_delivered_a_day_ago_goes_and_nothing_before(tmp_path: Path) -> None:
    journal = five(tmp_path)
    journal.acknowledge(4)
    journal.trim(time.time_ns() // 1_000_000 + DAY_MS - 60_000)
    assert segments(tmp_path) == [1, 2, 3, 4, 5]
    journal.trim(time.time_ns() // 1_000_000 + DAY_MS + 1)
    assert segments(tmp_path) == [4, 5]
    assert everything(journal) == [(4, "3"), (5, "4")]


def test_the_day_begins_when_it_is_delivered_not_when_it_was_read(tmp_path: Path) -> None:
    journal = five(tmp_path)
    for path in tmp_path.glob("0*.seg"):
        os.utime(path, (1_000, 1_000))
    journal.acknowledge(3)
    now_ms = time.time_ns() // 1_000_000
    journal.trim(now_ms)
    assert segments(tmp_path) == [1, 2, 3, 4, 5]
    journal.rewind(1)
    assert len(journal.peek(1, ALL).records) == 5


def test_a_restart_does_not_begin_the_day_anew(tmp_path: Path) -> None:
    journal = five(tmp_path)
    journal.acknowledge(6)
    journal.append([a_record("5")], {})
    journal.close()
    journal = a_journal(tmp_path, segment_bytes=1)
    journal.append([a_record("6")], {})
    journal.trim(time.time_ns() // 1_000_000 + DAY_MS + 1)
    assert segments(tmp_path) == [6, 7]


def test_a_disk_below_its_floor_takes_what_is_delivered_at_once(tmp_path: Path) -> None:
    five(tmp_path).close()
    free = [1 << 40]
    journal = a_journal(tmp_path, segment_bytes=1, free_bytes=lambda: free[0])
    journal.append([a_record("5")], {})
    journal.acknowledge(4)
    journal.trim(time.time_ns() // 1_000_000)
    assert segments(tmp_path) == [1, 2, 3, 4, 5, 6]
    free[0] = 1
    journal.trim(time.time_ns() // 1_000_000)
    assert segments(tmp_path) == [4, 5, 6]


def test_the_states_are_never_trimmed_before_a_newer_segment_holds_them(tmp_path: Path) -> None:
    five(tmp_path).close()
    (tmp_path / f"{6:020d}.seg").touch()  # a crash before the first frame was whole
    journal = a_journal(tmp_path)
    journal.acknowledge(6)
    journal.trim(time.time_ns() // 1_000_000 + 2 * DAY_MS)
    journal.close()
    assert a_journal(tmp_path).states() == {"file": b"4"}


def test_an_empty_segment_is_deleted_once_it_is_delivered(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.path(1).touch()
    shelf.put(1, 0)
    shelf.put(5, 10)
    shelf.stated = 5
    assert [shelf.trim(5, 0), shelf.trim(5, 0)] == [1, 0]
    assert list(tmp_path.iterdir()) == []
