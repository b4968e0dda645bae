import os
import shutil
from pathlib import Path

import pytest
from support.stored import EVENTS, stored

from soc.kernel.errors import Corrupt, StoreBusy
from soc.stores.embedded.segments import FrameCache, Segments
from soc.stores.embedded.shard import MAX_FRAME_EVENTS, Position


def test_events_are_read_where_they_were_put(tmp_path: Path) -> None:
    segments = Segments(tmp_path)
    positions = segments.append(EVENTS)
    cache = FrameCache()
    assert tuple(segments.read(position, cache) for position in positions) == EVENTS
    assert list(segments.events_from(Position(0, 0, 0))) == list(zip(positions, EVENTS, strict=True))
    assert [event for _, event in segments.events_from(positions[3])] == list(EVENTS[3:])
    segments.close()


def test_a_large_batch_becomes_several_frames(tmp_path: Path) -> None:
    segments = Segments(tmp_path)
    events = [stored(str(i)) for i in range(MAX_FRAME_EVENTS + 1)]
    positions = segments.append(events)
    assert positions[-1].offset > positions[0].offset
    assert positions[-1].index == 0
    assert segments.read(positions[-1], FrameCache()) == events[-1]
    segments.close()


def test_a_long_event_has_a_frame_of_its_own(tmp_path: Path) -> None:
    segments = Segments(tmp_path)
    events = [stored("a"), stored("b", "x" * (5 << 20)), stored("c")]
    positions = segments.append(events)
    assert len({position.offset for position in positions}) == 3
    assert segments.read(positions[1], FrameCache()) == events[1]
    segments.close()


def test_a_new_process_goes_on_in_the_newest_file(tmp_path: Path) -> None:
    first = Segments(tmp_path)
    first.append(EVENTS[:2])
    first.close()
    second = Segments(tmp_path)
    second.append(EVENTS[2:])
    second.close()
    assert [event for _, event in second.events_from(Position(0, 0, 0))] == list(EVENTS)
    assert second.numbers() == [1]


def test_a_place_without_an_event_is_corrupt(tmp_path: Path) -> None:
    segments = Segments(tmp_path)
    (position,) = segments.append(EVENTS[:1])
    for wrong in (Position(1, position.offset, 1), Position(1, position.offset + 1, 0)):
        with pytest.raises(Corrupt):
            segments.read(wrong, FrameCache())
    segments.close()


def test_the_cache_forgets_what_was_not_asked_for_long(tmp_path: Path) -> None:
    segments = Segments(tmp_path)
    positions = [segments.append([event])[0] for event in EVENTS]
    cache = FrameCache(capacity=2)
    for position in positions:
        segments.read(position, cache)
    segments.close()
    shutil.rmtree(tmp_path)
    assert segments.read(positions[-1], cache) == EVENTS[-1]
    with pytest.raises(FileNotFoundError):
        segments.read(positions[0], cache)


class SmallDisk:
    """Takes so many bytes and then no more, until it is enlarged."""

    def __init__(self, room: int) -> None:
        self.room = room

    def write(self, handle: int, data: bytes) -> int:
        taken = min(self.room, len(data))
        self.room -= taken
        if not taken:
            raise OSError(28, "No space left on device")
        return os.write(handle, data[:taken])


def test_a_full_disk_is_busy_and_the_next_try_begins_a_new_file(tmp_path: Path) -> None:
    disk = SmallDisk(room=20)
    segments = Segments(tmp_path, write=disk.write)
    with pytest.raises(StoreBusy, match="No space left"):
        segments.append(EVENTS)
    assert list(segments.events_from(Position(0, 0, 0))) == []
    disk.room = 1 << 20
    positions = segments.append(EVENTS)
    assert {position.segment for position in positions} == {2}
    assert [event for _, event in segments.events_from(Position(0, 0, 0))] == list(EVENTS)
    segments.close()


def test_a_folder_that_is_gone_is_busy(tmp_path: Path) -> None:
    segments = Segments(tmp_path / "gone")
    with pytest.raises(StoreBusy):
        segments.append(EVENTS)
