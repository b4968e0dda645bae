"""A segment keeps whole frames, whatever the disk does."""

import errno
import os
from pathlib import Path

import pytest

from soc.kernel.errors import Corrupt, SpoolError
from soc.spool.codec import encode_frame
from soc.spool.segment import SegmentWriter, read_frame, read_segment

FRAMES = [encode_frame(n, 1, b"x" * n) for n in range(1, 6)]
WHOLE = b"".join(FRAMES)


def seqs(path: Path, *, past_damage: bool = False) -> list[int]:
    return [frame.first_seq for _, frame in read_segment(path, past_damage=past_damage)]


def test_what_was_appended_is_read_back_by_place(tmp_path: Path) -> None:
    path = tmp_path / "1.seg"
    writer = SegmentWriter(path)
    places = [writer.append(frame) for frame in FRAMES]
    writer.sync()
    writer.close()
    assert seqs(path) == [1, 2, 3, 4, 5]
    assert read_frame(path, places[3]).payload == b"xxxx"
    with pytest.raises(Corrupt):
        read_frame(path, places[3] + 1)


def test_a_file_cut_at_any_byte_is_cut_back_to_whole_frames_and_goes_on(tmp_path: Path) -> None:
    for cut in range(len(WHOLE) + 1):
        path = tmp_path / f"{cut}.seg"
        path.write_bytes(WHOLE[:cut])
        kept = len(seqs(path))
        writer = SegmentWriter(path)
        assert writer.size + writer.repaired_bytes == cut
        writer.append(encode_frame(99, 1, b"new"))
        writer.close()
        assert seqs(path) == [*range(1, kept + 1), 99]


def test_a_tail_of_zeros_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "1.seg"
    path.write_bytes(WHOLE + bytes(5000))
    writer = SegmentWriter(path)
    assert writer.repaired_bytes == 5000
    writer.close()
    assert path.stat().st_size == len(WHOLE)


def test_reading_past_damage_loses_only_the_damaged_frame(tmp_path: Path) -> None:
    path = tmp_path / "1.seg"
    damaged = bytearray(WHOLE)
    damaged[len(FRAMES[0]) + len(FRAMES[1]) - 1] ^= 1
    path.write_bytes(damaged)
    assert seqs(path) == [1]
    assert seqs(path, past_damage=True) == [1, 3, 4, 5]


def test_a_frame_inside_a_damaged_payload_is_never_taken_for_ours(tmp_path: Path) -> None:
    path = tmp_path / "1.seg"
    outer = bytearray(encode_frame(1, 1, b"an attacker's line " + encode_frame(7, 1, b"forged")))
    outer[30] ^= 1
    path.write_bytes(bytes(outer) + FRAMES[1])
    assert seqs(path, past_damage=True) == [2]


def test_a_short_write_on_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    room = [len(FRAMES[0]) + 10]

    def write(handle: int, data: bytes) -> int:
        taken = data[: room[0]]
        room[0] -= len(taken)
        return os.write(handle, taken)

    path = tmp_path / "1.seg"
    writer = SegmentWriter(path, write=write)
    writer.append(FRAMES[0])
    with pytest.raises(SpoolError, match="No space left"):
        writer.append(FRAMES[1])
    assert path.stat().st_size == len(FRAMES[0])
    room[0] = 1000
    assert writer.append(FRAMES[1]) == len(FRAMES[0])
    writer.close()
    assert seqs(path) == [1, 2]


def test_after_a_failed_sync_the_segment_takes_no_more(tmp_path: Path) -> None:
    def fail(_handle: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    writer = SegmentWriter(tmp_path / "1.seg", sync=fail)
    writer.append(FRAMES[0])
    with pytest.raises(SpoolError, match="fdatasync"):
        writer.sync()
    with pytest.raises(SpoolError, match="takes no more"):
        writer.append(FRAMES[1])
    writer.close()
