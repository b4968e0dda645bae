"""The journal keeps every promise through damage, full disks and restarts."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.spooling import ALL, a_journal, a_record, everything, texts

from soc.kernel.errors import SpoolError
from soc.spool.chunk import LOST, Limits
from soc.spool.codec import encode_frame
from soc.spool.growth import SpoolFull
from soc.spool.journal import Journal, Shed
from soc.spool.segment import SegmentWriter
from soc.wire.messages import Gap


def filled(folder: Path, appends: int = 6) -> Journal:
    """Return a journal with two records an append and a segment for each."""
    journal = a_journal(folder, segment_bytes=1)
    for n in range(appends):
        journal.append([a_record(f"{2 * n}"), a_record(f"{2 * n + 1}")], {"file": b"%d" % n})
    return journal


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.seg"))


def gaps_of(journal: Journal) -> list[tuple[int, int]]:
    found, seq = [], journal.acked_seq
    while chunk := journal.peek(seq, ALL):
        found += [(gap.first_seq, gap.last_seq) for gap in chunk.gaps]
        seq = chunk.end_seq
    return found


def test_numbers_are_consecutive_from_one_across_restarts(tmp_path: Path) -> None:
    journal = a_journal(tmp_path)
    assert journal.append([a_record("a"), a_record("b")], {}) == 1
    assert journal.append([a_record("c")], {}) == 3
    journal.close()
    journal = a_journal(tmp_path)
    assert journal.append([a_record("d")], {}) == 4
    assert everything(journal) == [(1, "a"), (2, "b"), (3, "c"), (4, "d")]


def test_records_and_states_come_back_as_of_the_last_append(tmp_path: Path) -> None:
    journal = a_journal(tmp_path)
    journal.append([a_record("a")], {"x": b"1", "y": b"1"})
    journal.append([a_record("b")], {"x": b"2"})
    journal.append([], {"y": b""})
    journal.close()
    assert a_journal(tmp_path).states() == {"x": b"2"}


def test_a_chunk_keeps_to_its_limits_but_takes_at_least_one(tmp_path: Path) -> None:
    journal = a_journal(tmp_path)
    journal.append([a_record("x" * 50) for _ in range(5)], {})
    assert len(journal.peek(1, Limits(records=3)).records) == 3
    assert len(journal.peek(1, Limits(raw_bytes=120)).records) == 2
    assert len(journal.peek(1, Limits(raw_bytes=1)).records) == 1
    assert journal.peek(4, ALL).first_seq == 4
    assert not journal.peek(6, ALL)


def test_a_chunk_never_mixes_two_starts_of_the_collector(tmp_path: Path) -> None:
    journal = a_journal(tmp_path, boot="first")
    journal.append([a_record("a")], {})
    journal.close()
    journal = a_journal(tmp_path, boot="second")
    journal.append([a_record("b")], {})
    one = journal.peek(1, ALL)
    two = journal.peek(one.end_seq, ALL)
    assert [(c.boot, c.first_seq, texts(c)) for c in (one, two)] == [
        ("first", 1, ["a"]),
        ("second", 2, ["b"]),
    ]


def test_two_processes_on_one_spool_are_refused(tmp_path: Path) -> None:
    journal = a_journal(tmp_path)
    with pytest.raises(SpoolError, match="in use by another process"):
        a_journal(tmp_path)
    journal.close()
    a_journal(tmp_path).close()


def test_a_dead_process_leaves_no_lock(tmp_path: Path) -> None:
    code = (
        "import os; from pathlib import Path; from soc.spool.lock import FolderLock;"
        f"held = FolderLock(Path({str(tmp_path)!r})); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code], check=False, timeout=30)
    a_journal(tmp_path).close()


def test_acknowledged_segments_are_kept_a_while_and_then_deleted(tmp_path: Path) -> None:
    journal = a_journal(tmp_path, segment_bytes=1, limit_bytes=4000)
    for n in range(10):
        journal.append([a_record(f"{n}")], {})
    size = journal.used_bytes // 10
    journal.acknowledge(11)
    assert len(segments(tmp_path)) == 800 // size + 1
    assert journal.peek(11, ALL).records == ()


def test_a_segment_with_one_record_undelivered_is_kept(tmp_path: Path) -> None:
    filled(tmp_path).close()
    journal = a_journal(tmp_path, limit_bytes=1)
    journal.acknowledge(4)
    assert everything(journal) == [(n, f"{n - 1}") for n in range(4, 13)]
    assert len(segments(tmp_path)) == 5


def test_a_restored_centre_gets_what_is_still_kept_and_a_gap_for_the_rest(tmp_path: Path) -> None:
    journal = a_journal(tmp_path, segment_bytes=1, limit_bytes=4000)
    for n in range(10):
        journal.append([a_record(f"{n}")], {})
    journal.acknowledge(11)
    journal.rewind(1)
    chunk = journal.peek(1, ALL)
    assert chunk.gaps == (Gap("", 1, chunk.first_seq - 1, LOST, 77),)
    assert texts(chunk) == [f"{n}" for n in range(chunk.first_seq - 1, 10)]
    assert len(chunk.records) > 1


@pytest.mark.parametrize("content", [b"", b"nonsense", None], ids=["empty", "nonsense", "gone"])
def test_an_unreadable_marker_only_repeats(tmp_path: Path, content: bytes | None) -> None:
    journal = filled(tmp_path)
    journal.acknowledge(9)
    journal.close()
    marker = tmp_path / "acknowledged"
    marker.unlink() if content is None else marker.write_bytes(content)
    journal = a_journal(tmp_path)
    assert everything(journal) == [(n, f"{n - 1}") for n in range(1, 13)]
    assert journal.append([a_record("new")], {}) == 13


def test_a_crash_at_any_byte_of_an_append_keeps_what_was_before(tmp_path: Path) -> None:
    journal = a_journal(tmp_path / "whole")
    journal.append([a_record("a")], {"s": b"1"})
    before = segments(tmp_path / "whole")[0].stat().st_size
    journal.append([a_record("b")], {"s": b"2"})
    journal.close()
    data = segments(tmp_path / "whole")[0].read_bytes()
    for cut in range(len(data)):
        folder = tmp_path / f"{cut}"
        folder.mkdir()
        (folder / "spool").write_text(journal.spool + "\n")
        (folder / segments(tmp_path / "whole")[0].name).write_bytes(data[:cut])
        crashed = a_journal(folder)
        kept = [(1, "a")] if cut >= before else []
        assert crashed.append([a_record("new")], {}) == len(kept) + 1
        assert everything(crashed) == [*kept, (len(kept) + 1, "new")]
        assert crashed.states() == ({"s": b"1"} if kept else {})
        assert gaps_of(crashed) == []
        crashed.close()


def test_a_flipped_bit_in_an_old_segment_is_declared_and_the_rest_goes_on(tmp_path: Path) -> None:
    filled(tmp_path).close()
    damaged = segments(tmp_path)[2]
    data = bytearray(damaged.read_bytes())
    data[-1] ^= 1
    damaged.write_bytes(data)
    journal = a_journal(tmp_path)
    assert everything(journal) == [(n, f"{n - 1}") for n in range(1, 13) if n not in (5, 6)]
    assert gaps_of(journal) == [(5, 6)]
    assert journal.quarantined == 1
    assert damaged.with_suffix(".quarantine").read_bytes() == bytes(data)


def test_a_missing_segment_is_declared_and_the_rest_goes_on(tmp_path: Path) -> None:
    filled(tmp_path).close()
    segments(tmp_path)[3].unlink()
    journal = a_journal(tmp_path)
    assert gaps_of(journal) == [(7, 8)]
    assert [n for n, _ in everything(journal)] == [1, 2, 3, 4, 5, 6, 9, 10, 11, 12]
    assert journal.quarantined == 0


def test_a_gap_is_delivered_like_a_record(tmp_path: Path) -> None:
    filled(tmp_path).close()
    segments(tmp_path)[0].unlink()
    (tmp_path / "acknowledged").write_bytes(b"%020d %020d\n" % (1, 1))
    journal = a_journal(tmp_path)
    chunk = journal.peek(1, ALL)
    assert (chunk.gaps[0].first_seq, chunk.gaps[0].last_seq, chunk.first_seq) == (1, 2, 3)
    journal.acknowledge(chunk.end_seq)
    assert not journal.peek(journal.acked_seq, ALL)


def test_every_segment_lost_still_gives_fresh_numbers(tmp_path: Path) -> None:
    journal = filled(tmp_path)
    journal.acknowledge(9)
    journal.close()
    for path in segments(tmp_path):
        path.unlink()
    journal = a_journal(tmp_path)
    assert journal.append([a_record("new")], {}) == 13
    assert gaps_of(journal) == [(9, 12)]


@pytest.mark.parametrize("byte", [-1, 0], ids=["payload", "header"])
def test_damage_at_the_very_end_is_declared(tmp_path: Path, byte: int) -> None:
    filled(tmp_path).close()
    newest = segments(tmp_path)[-1]
    data = bytearray(newest.read_bytes())
    data[byte] ^= 1
    newest.write_bytes(data)
    journal = a_journal(tmp_path)
    assert journal.append([a_record("new")], {}) == 13
    assert gaps_of(journal) == [(11, 12)]
    assert journal.quarantined == 1


def test_a_segment_that_cannot_be_read_at_all_stops_nothing(tmp_path: Path) -> None:
    filled(tmp_path).close()
    for path in (segments(tmp_path)[2], segments(tmp_path)[-1]):
        path.unlink()
        path.mkdir()
    journal = a_journal(tmp_path)
    assert gaps_of(journal) == [(5, 6), (11, 12)]
    assert journal.append([a_record("new")], {}) == 13


def test_frames_of_a_later_version_are_never_overwritten(tmp_path: Path) -> None:
    journal = a_journal(tmp_path)
    journal.append([a_record("a")], {})
    journal.close()
    path = segments(tmp_path)[0]
    path.write_bytes(encode_frame(1, 1, b"what only a later version understands"))
    journal = a_journal(tmp_path)
    assert journal.append([a_record("b")], {}) == 2
    assert gaps_of(journal) == [(1, 1)]
    assert b"later version" in path.read_bytes()


def test_states_survive_damage_to_the_newest_segment(tmp_path: Path) -> None:
    filled(tmp_path).close()
    segments(tmp_path)[-1].write_bytes(bytes(100))
    assert a_journal(tmp_path).states() == {"file": b"4"}


def test_shed_records_have_numbers_and_are_named(tmp_path: Path) -> None:
    journal = a_journal(tmp_path)
    journal.append([a_record("a")], {}, [Shed("udp", 3, "receive buffer full", 5)])
    assert journal.append([a_record("b")], {}) == 5
    one = journal.peek(1, ALL)
    assert one.gaps == (Gap("udp", 2, 4, "receive buffer full", 5),)
    assert (texts(one), one.end_seq) == (["a"], 5)
    assert texts(journal.peek(5, ALL)) == ["b"]


def test_a_full_spool_refuses_until_something_is_delivered(tmp_path: Path) -> None:
    journal = a_journal(tmp_path, segment_bytes=1, limit_bytes=2000)
    while journal.used_bytes < 1700:
        journal.append([a_record("x")], {})
    taken = journal.next_seq - 1
    with pytest.raises(SpoolFull, match="of 2000 bytes"):
        journal.append([a_record("x" * 10), *(a_record(f"{n}") for n in range(200))], {})
    assert journal.next_seq == taken + 1
    journal.acknowledge(journal.next_seq)
    assert journal.append([a_record("y")], {}) == taken + 1


def test_the_disk_keeps_its_floor(tmp_path: Path) -> None:
    journal = a_journal(tmp_path, free_bytes=1100)
    with pytest.raises(SpoolFull, match="must stay"):
        journal.append([a_record("x")], {})


def test_a_segment_of_states_alone_is_gone_on_with(tmp_path: Path) -> None:
    journal = filled(tmp_path, 1)
    journal.append([], {"file": b"later"})
    journal.append([], {"file": b"latest"})
    journal.close()
    (tmp_path / f"{3:020d}.seg").write_bytes(segments(tmp_path)[-1].read_bytes() + b"SOCF torn")
    journal = a_journal(tmp_path)
    journal.acknowledge(journal.peek(1, ALL).end_seq)
    assert journal.states() == {"file": b"latest"}
    journal.append([a_record("new")], {})
    assert everything(journal) == [(3, "new")]
    journal.close()
    assert a_journal(tmp_path).states() == {"file": b"latest"}


class FailingDisk(SegmentWriter):
    """A disk whose trouble is switched on and off by what lies beside the segment."""

    def __init__(self, path: Path) -> None:
        def write(handle: int, data: bytes) -> int:
            if (path.parent / "full").exists():
                return os.write(handle, data[:10]) if len(data) > 20 else 0
            return os.write(handle, data)

        def sync(handle: int) -> None:
            trouble = path.parent / "eio"
            if trouble.exists():
                left = int(trouble.read_text()) - 1
                trouble.write_text(f"{left}") if left else trouble.unlink()
                raise OSError(errno.EIO, "Input/output error")
            os.fdatasync(handle)

        super().__init__(path, write=write, sync=sync)


@pytest.mark.parametrize("first", [True, False], ids=["new segment", "grown segment"])
def test_a_failed_sync_writes_the_same_again_into_a_new_segment(tmp_path: Path, *, first: bool) -> None:
    journal = a_journal(tmp_path, open_segment=FailingDisk)
    expected = []
    if not first:
        journal.append([a_record("a")], {"s": b"1"})
        expected = [(1, "a")]
    (tmp_path / "eio").write_text("1")
    assert journal.append([a_record("b")], {"s": b"2"}) == len(expected) + 1
    expected.append((len(expected) + 1, "b"))
    journal.close()
    journal = a_journal(tmp_path)
    assert everything(journal) == expected
    assert journal.states() == {"s": b"2"}


@pytest.mark.parametrize("first", [True, False], ids=["new segment", "grown segment"])
def test_what_a_failing_disk_refused_never_comes_back(tmp_path: Path, *, first: bool) -> None:
    journal = a_journal(tmp_path, open_segment=FailingDisk)
    expected = [] if first else [(journal.append([a_record("a")], {}), "a")]
    (tmp_path / "eio").write_text("2")
    with pytest.raises(SpoolError, match="Input/output"):
        journal.append([a_record("refused")], {})
    expected.append((journal.append([a_record("b")], {}), "b"))
    assert everything(journal) == expected
    journal.close()
    assert everything(a_journal(tmp_path)) == expected


def test_a_full_disk_refuses_and_goes_on_when_it_has_room(tmp_path: Path) -> None:
    journal = a_journal(tmp_path, open_segment=FailingDisk)
    journal.append([a_record("a")], {"s": b"1"})
    (tmp_path / "full").touch()
    with pytest.raises(SpoolFull):
        journal.append([a_record("b")], {"s": b"2"})
    assert journal.states() == {"s": b"1"}
    (tmp_path / "full").unlink()
    assert journal.append([a_record("c")], {"s": b"3"}) == 2
    assert everything(journal) == [(1, "a"), (2, "c")]


class ReadOnlyDisk(SegmentWriter):
    """A disk that the kernel makes read-only under an open file: half a frame stays, nothing is cut off."""

    def __init__(self, path: Path) -> None:
        read_only = path.parent / "read-only"

        def write(handle: int, data: bytes) -> int:
            if read_only.exists():
                os.write(handle, data[: len(data) // 2])
                only_reading = os.open(path, os.O_RDONLY)
                os.dup2(only_reading, handle)
                os.close(only_reading)
                raise OSError(errno.EROFS, "Read-only file system")
            return os.write(handle, data)

        if read_only.exists():
            raise OSError(errno.EROFS, "Read-only file system")
        super().__init__(path, write=write)


def test_a_disk_that_became_read_only_refuses_in_words_and_may_come_back(tmp_path: Path) -> None:
    journal = a_journal(tmp_path, open_segment=ReadOnlyDisk)
    journal.append([a_record("a")], {"s": b"1"})
    (tmp_path / "read-only").touch()
    for _ in range(2):
        with pytest.raises(SpoolError, match="Read-only"):
            journal.append([a_record("b")], {"s": b"2"})
    assert everything(journal) == [(1, "a")]
    (tmp_path / "read-only").unlink()
    assert journal.append([a_record("c")], {"s": b"3"}) == 2
    assert everything(journal) == [(1, "a"), (2, "c")]
    journal.close()
    assert everything(a_journal(tmp_path)) == [(1, "a"), (2, "c")]


class UncutDisk(SegmentWriter):
    """A disk that fails to sync what it wrote and cannot be cut: its file is elsewhere for a while."""

    def __init__(self, path: Path) -> None:
        def sync(handle: int) -> None:
            if (path.parent / "eio").exists():
                path.replace(path.with_suffix(".away"))
                raise OSError(errno.EIO, "Input/output error")
            os.fdatasync(handle)

        super().__init__(path, sync=sync)


@pytest.mark.parametrize("segment_bytes", [1, 1 << 20], ids=["new segment", "grown segment"])
def test_a_refused_frame_that_could_not_be_cut_off_is_not_read(tmp_path: Path, segment_bytes: int) -> None:
    journal = a_journal(tmp_path, open_segment=UncutDisk, segment_bytes=segment_bytes)
    journal.append([a_record("a")], {"s": b"1"})
    (tmp_path / "eio").touch()
    with pytest.raises(SpoolError):
        journal.append([a_record("refused"), a_record("refused too")], {"s": b"2"})
    (tmp_path / "eio").unlink()
    for path in tmp_path.glob("*.away"):
        path.replace(path.with_suffix(".seg"))
    assert everything(journal) == [(1, "a")]
    expected = [(1, "a")]
    for text in "bcd":
        expected.append((journal.append([a_record(text)], {"s": b"3"}), text))
        assert everything(journal) == expected
    journal.close()
    journal = a_journal(tmp_path)
    assert everything(journal) == expected == [(1, "a"), (2, "b"), (3, "c"), (4, "d")]
    assert (journal.states(), journal.next_seq) == ({"s": b"3"}, 5)


def test_a_state_that_was_forgotten_does_not_come_back_from_the_same_segment(tmp_path: Path) -> None:
    for states in ({"a": b"1"}, {"a": b"", "b": b"2"}):
        journal = a_journal(tmp_path)
        journal.append([], states)  # no number is used: both starts write into one segment
        journal.close()
    assert len(segments(tmp_path)) == 1
    assert a_journal(tmp_path).states() == {"b": b"2"}


def test_a_marker_that_cannot_be_written_is_trouble_and_the_note_holds(tmp_path: Path) -> None:
    journal = filled(tmp_path)
    (tmp_path / "acknowledged.tmp").mkdir()
    journal.acknowledge(9)
    assert journal.acked_seq == 9
    assert "directory" in journal.trouble
    journal.rewind(5)
    assert [n for n, _ in everything(journal)] == list(range(5, 13))
    journal.trim(0)
    assert "directory" in journal.trouble
    (tmp_path / "acknowledged.tmp").rmdir()
    journal.trim(0)
    assert journal.trouble == ""
    journal.close()
    assert a_journal(tmp_path).acked_seq == 5


def read_only(folder: Path) -> None:
    folder.write_text("a file where the folder should be")


def locked(folder: Path) -> None:
    (folder / "lock").mkdir(parents=True)


@pytest.mark.parametrize("spoil", [read_only, locked])
def test_a_folder_that_cannot_be_used_is_refused_in_words(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(tmp_path / "spool")
    with pytest.raises(SpoolError, match="spool"):
        a_journal(tmp_path / "spool")
