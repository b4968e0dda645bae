"""What no centre takes is copied and declared, and stands in nobody's way."""

import os
from pathlib import Path

import pytest
from support.spooling import ALL, a_journal, a_record, everything, texts

from soc.kernel.errors import SpoolError
from soc.spool.chunk import Limits
from soc.spool.journal import Journal
from soc.spool.refused import REFUSED, read_refused
from soc.spool.segment import SegmentWriter
from soc.wire.messages import Gap

WHY = "refused by the centre: body"


def five(folder: Path) -> Journal:
    journal = a_journal(folder)
    journal.append([a_record(word) for word in "abcde"], {})
    return journal


def test_a_record_set_aside_is_a_gap_from_then_on_and_the_rest_goes_out(tmp_path: Path) -> None:
    journal = five(tmp_path)
    gap = journal.set_aside(3, WHY)
    assert gap == Gap("file", 3, 3, WHY, 77)
    first = journal.peek(1, ALL)
    assert (texts(first), first.gaps, first.end_seq) == (["a", "b"], (gap,), 4)
    assert texts(journal.peek(4, ALL)) == ["d", "e"]
    assert journal.refused_records == 1


def test_it_is_still_a_gap_after_a_restart_and_its_copy_is_whole(tmp_path: Path) -> None:
    five(tmp_path).close()
    journal = a_journal(tmp_path)
    journal.set_aside(1, WHY)
    journal.set_aside(2, WHY)
    journal.close()
    journal = a_journal(tmp_path)
    chunk = journal.peek(1, ALL)
    assert (texts(chunk), chunk.first_seq) == (["c", "d", "e"], 3)
    assert [(gap.first_seq, gap.last_seq) for gap in chunk.gaps] == [(1, 1), (2, 2)]
    copies = [(aside.boot, aside.record) for aside in read_refused(tmp_path)]
    assert copies == [("boot", a_record("a")), ("boot", a_record("b"))]


def test_copies_keep_to_their_share_and_the_oldest_go_first(tmp_path: Path) -> None:
    journal = a_journal(tmp_path, limit_bytes=200_000)
    journal.append([a_record(f"{n}") for n in range(40)], {})
    for seq in range(1, 41):
        journal.set_aside(seq, WHY)
        assert (tmp_path / REFUSED).stat().st_size <= 2000
    copies = [aside.gap.first_seq for aside in read_refused(tmp_path)]
    assert copies == list(range(copies[0], 41))
    assert 1 < len(copies) < 40
    assert everything(journal) == []


def test_a_copy_larger_than_its_share_is_kept_alone(tmp_path: Path) -> None:
    journal = a_journal(tmp_path, limit_bytes=5_000)
    journal.append([a_record("a"), a_record("b")], {})
    journal.set_aside(1, WHY)
    journal.set_aside(2, WHY)
    assert [aside.gap.first_seq for aside in read_refused(tmp_path)] == [2]


def test_numbers_of_an_earlier_spool_mean_nothing_to_this_one(tmp_path: Path) -> None:
    journal = five(tmp_path)
    journal.set_aside(3, WHY)
    journal.close()
    for path in [*tmp_path.glob("0*.seg"), tmp_path / "acknowledged"]:
        path.unlink(missing_ok=True)
    journal = five(tmp_path)
    assert [n for n, _ in everything(journal)] == [1, 2, 3, 4, 5]
    assert len(list(read_refused(tmp_path))) == 1


def test_a_number_once_set_aside_is_never_given_again(tmp_path: Path) -> None:
    journal = a_journal(tmp_path)
    journal.append([a_record("a")], {})
    path = next(tmp_path.glob("0*.seg"))
    size = path.stat().st_size
    journal.append([a_record(word) for word in "bcde"], {})
    journal.set_aside(4, WHY)
    journal.close()
    os.truncate(path, size)  # a disk that lied
    journal = a_journal(tmp_path)
    assert journal.append([a_record("new")], {}) == 5
    assert everything(journal) == [(1, "a"), (5, "new")]


def test_a_number_that_is_not_there_can_be_set_aside_too(tmp_path: Path) -> None:
    journal = five(tmp_path)
    assert journal.set_aside(9, WHY) == Gap("", 9, 9, WHY, 77)
    assert [aside.record for aside in read_refused(tmp_path)] == [None]


@pytest.mark.parametrize("damage", [b"SOCF nonsense", b"\0" * 80], ids=["nonsense", "zeros"])
def test_a_torn_copy_is_cut_off_by_the_next(tmp_path: Path, damage: bytes) -> None:
    journal = five(tmp_path)
    journal.set_aside(1, WHY)
    with (tmp_path / REFUSED).open("ab") as file:
        file.write(damage)
    journal.set_aside(2, WHY)
    assert [aside.gap.first_seq for aside in read_refused(tmp_path)] == [1, 2]


class FullForCopies(SegmentWriter):
    """A disk that takes segments but no copies as long as its reserve is held."""

    def __init__(self, path: Path) -> None:
        def write(handle: int, data: bytes) -> int:
            return (
                0 if path.name == REFUSED and (path.parent / "reserve").exists() else os.write(handle, data)
            )

        super().__init__(path, write=write)


def test_a_full_disk_gives_its_reserve_so_that_the_rest_can_go(tmp_path: Path) -> None:
    journal = a_journal(tmp_path, reserve_bytes=4096, open_segment=FullForCopies)
    journal.append([a_record("a"), a_record("b")], {})
    assert (tmp_path / "reserve").exists()
    journal.set_aside(1, WHY)
    assert everything(journal) == [(2, "b")]
    assert not (tmp_path / "reserve").exists()


class NoCopies(SegmentWriter):
    """A disk that takes segments but never a copy."""

    def __init__(self, path: Path) -> None:
        if path.name == REFUSED:
            raise OSError(5, "Input/output error")
        super().__init__(path)


def test_without_a_copy_the_record_stays_as_it_was(tmp_path: Path) -> None:
    journal = a_journal(tmp_path, open_segment=NoCopies)
    journal.append([a_record("a"), a_record("b")], {})
    with pytest.raises(SpoolError, match="Input/output"):
        journal.set_aside(1, WHY)
    assert everything(journal) == [(1, "a"), (2, "b")]


def test_two_lanes_read_side_by_side(tmp_path: Path) -> None:
    journal = a_journal(tmp_path, segment_bytes=1)
    for n in range(6):
        journal.append([a_record(f"{n}")], {})
    assert journal.newest_seq == 6
    one = Limits(records=1)
    seen = [(texts(journal.peek(n, one)), texts(journal.peek(n + 3, one, lane=1))) for n in range(1, 4)]
    assert seen == [(["0"], ["3"]), (["1"], ["4"]), (["2"], ["5"])]
