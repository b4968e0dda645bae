# ruff: noqa: ASYNC240 - these tests are about files
"""Every way a log file is rotated: each line comes, and comes with one id."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from support.tailing import Watched

from collectors.cutting import Manner
from collectors.reading import Reading, Stamp
from collectors.sources.recognition import REMEMBERED
from collectors.sources.tail import Tail
from soc.kernel.channel import Channel
from soc.kernel.clock import ManualClock
from soc.kernel.logs import open_log

LONG = timedelta(minutes=6)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


@pytest.fixture
def watched(log: Path) -> Iterator[Watched]:
    """Watch app.log and nothing else."""
    found = Watched(log)
    yield found
    found.close()


@pytest.fixture
def family(log: Path) -> Iterator[Watched]:
    """Watch app.log and its rotated kin."""
    found = Watched(f"{log}*")
    yield found
    found.close()


def add(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def held_open(name: str) -> list[str]:
    targets = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            targets.append(str(descriptor.readlink()))
    return [target for target in targets if name in target]


async def test_lines_come_once_in_order_as_a_file_grows(log: Path, watched: Watched) -> None:
    assert await watched.poll() == []
    add(log, "one\ntwo\r\n\nth")
    assert await watched.poll() == ["one", "two"]
    assert await watched.poll() == []
    add(log, "ree\n")
    assert await watched.poll() == ["three"]
    assert [record.offset for record in watched.records] == [0, 4, 10]


async def test_a_record_carries_where_when_and_how_it_was_read(log: Path, watched: Watched) -> None:
    add(log, "one\n")
    await watched.poll()
    record = watched.records[0]
    assert (record.source, record.format, record.zone) == ("file", "syslog", "Asia/Ho_Chi_Minh")
    assert (record.day, record.read_at_ms % 1000, record.split) == ("2026-11-24", 0, False)
    add(log, "two\n")
    await watched.poll(after=timedelta(minutes=1))
    assert watched.records[1].day == "2026-11-25"


async def test_reading_goes_on_where_it_was_after_a_restart(log: Path, watched: Watched) -> None:
    add(log, "one\ntwo\nhal")
    await watched.poll()
    watched.restart()
    add(log, "f\nthree\n")
    assert await watched.poll() == ["half", "three"]


async def test_a_restart_in_the_middle_of_a_line_far_into_a_file(log: Path, watched: Watched) -> None:
    add(log, "a line\n" * 500 + "hal")
    assert len(await watched.poll()) == 500
    watched.restart()
    add(log, "f\n")
    assert await watched.poll() == ["half"]


async def test_what_never_reached_the_spool_is_read_again_with_the_same_ids(
    log: Path, watched: Watched
) -> None:
    add(log, "one\ntwo\n")
    await watched.lose()
    watched.restart()
    assert await watched.poll() == ["one", "two"]
    ids = watched.ids
    watched.states.clear()
    watched.restart()
    add(log, "three\n" * 500)
    await watched.poll()
    assert watched.ids[2:4] == ids


async def test_rename_and_create(log: Path, watched: Watched) -> None:
    add(log, "one\n")
    await watched.poll()
    add(log, "two\n")
    log.rename(log.with_suffix(".old"))
    add(log, "three\n")
    assert sorted(await watched.poll()) == ["three", "two"]
    add(log.with_suffix(".old"), "late writer\n")
    assert await watched.poll() == ["late writer"]


async def test_rename_to_a_watched_name_repeats_nothing(log: Path, family: Watched) -> None:
    add(log, "one\n")
    await family.poll()
    log.rename(f"{log}.1")
    add(log, "two\n")
    assert await family.poll() == ["two"]


async def test_half_a_line_at_rotation_is_kept_as_a_part(log: Path, watched: Watched) -> None:
    add(log, "one\nhalf a li")
    await watched.poll()
    log.rename(log.with_suffix(".old"))
    assert await watched.poll() == []
    assert await watched.poll(after=LONG) == ["half a li"]
    assert watched.records[-1].split
    assert await watched.poll(after=LONG) == []


async def test_half_a_line_waits_as_long_as_its_file_has_its_name(log: Path, watched: Watched) -> None:
    add(log, "half")
    assert await watched.poll(after=LONG) == []
    add(log, " whole\n")
    assert await watched.poll() == ["half whole"]


async def test_copytruncate(log: Path, watched: Watched) -> None:
    add(log, "one\ntwo\n")
    await watched.poll()
    shutil.copy(log, log.with_suffix(".old"))
    os.truncate(log, 0)
    add(log, "three\n")
    assert await watched.poll() == ["three"]


async def test_copytruncate_to_a_watched_name_loses_and_repeats_nothing(log: Path, family: Watched) -> None:
    add(log, "one\ntwo\n")
    await family.poll()
    add(log, "unread\n")
    shutil.copy(log, f"{log}.1")
    os.truncate(log, 0)
    add(log, "three\n")
    await family.poll()
    await family.poll()
    texts = [record.raw.decode() for record in family.records]
    assert sorted(texts) == ["one", "three", "two", "unread"]


async def test_truncation_to_a_smaller_size_with_other_content(log: Path, watched: Watched) -> None:
    add(log, "a long first line\n")
    await watched.poll()
    log.write_text("short\n")
    assert await watched.poll() == ["short"]


async def test_truncation_behind_the_first_thousand_bytes(log: Path, watched: Watched) -> None:
    head = "h" * 1200
    add(log, head + "\none\ntwo\n")
    await watched.poll()
    os.truncate(log, 1201)
    add(log, "new\n")
    assert await watched.poll() == [head, "new"]


async def test_other_content_of_more_than_the_old_size_is_noticed(log: Path, watched: Watched) -> None:
    add(log, "first\n")
    await watched.poll()
    log.write_text("something else and longer\n")
    assert await watched.poll() == ["something else and longer"]


async def test_half_a_line_at_truncation_is_kept_as_a_part(log: Path, watched: Watched) -> None:
    add(log, "one\nhalf")
    await watched.poll()
    log.write_text("new\n")
    assert await watched.poll() == ["new"]
    assert await watched.poll(after=timedelta(seconds=5)) == ["half"]
    assert [record.split for record in watched.records] == [False, False, True]


async def test_truncation_while_down(log: Path, watched: Watched) -> None:
    add(log, "one\ntwo\n")
    await watched.poll()
    watched.restart()
    log.write_text("new\n")
    assert await watched.poll() == ["new"]


async def test_copytruncate_while_down_with_the_same_first_line(log: Path, watched: Watched) -> None:
    header = "#Fields: " + "x" * 1100 + "\n"
    add(log, header + "one\ntwo\n")
    await watched.poll()
    watched.restart()
    log.write_text(header + "six\nseven\neight\n")
    assert await watched.poll() == [header.strip(), "six", "seven", "eight"]


async def test_delete_while_open_reads_to_the_end_and_lets_go(log: Path, watched: Watched) -> None:
    add(log, "one\n")
    await watched.poll()
    with log.open("a") as writer:
        log.unlink()
        writer.write("two\n")
        writer.flush()
        assert await watched.poll() == ["two"]
    await watched.poll(after=timedelta(seconds=6))
    assert not held_open("app.log")


async def test_a_late_word_in_a_deleted_file_is_read_before_it_is_let_go(log: Path, watched: Watched) -> None:
    add(log, "one\n")
    await watched.poll()
    with log.open("a") as writer:
        log.unlink()
        assert await watched.poll() == []
        writer.write("two\n")
        writer.flush()
        assert await watched.poll(after=timedelta(seconds=6)) == ["two"]


async def test_a_reused_inode_is_a_new_file(log: Path, watched: Watched) -> None:
    add(log, "one\n")
    await watched.poll()
    watched.restart()
    log.unlink()
    log.write_text("completely different\n")
    assert await watched.poll() == ["completely different"]


async def test_rotation_twice_while_down(log: Path, family: Watched) -> None:
    add(log, "one\n")
    await family.poll()
    family.restart()
    add(log, "two\n")
    log.rename(f"{log}.2")
    log.with_name("app.log.1").write_text("three\n")
    add(log, "four\n")
    assert sorted(await family.poll()) == ["four", "three", "two"]


async def test_rotation_while_down_to_a_name_nobody_watches(log: Path, watched: Watched) -> None:
    add(log, "one\n")
    await watched.poll()
    watched.restart()
    add(log, "two\n")
    log.rename(log.with_suffix(".old"))
    add(log, "three\n")
    assert sorted(await watched.poll()) == ["three", "two"]


async def test_an_unwatched_file_that_took_over_the_inode_is_never_read(log: Path, watched: Watched) -> None:
    add(log, "one\n")
    await watched.poll()
    watched.restart()
    log.rename(log.with_suffix(".secret"))
    log.with_suffix(".secret").write_text("not ours\n")
    assert await watched.poll() == []


async def test_compressed_while_down_is_passed_over(log: Path, family: Watched) -> None:
    add(log, "one\n")
    await family.poll()
    family.restart()
    log.unlink()
    Path(f"{log}.1.gz").write_bytes(b"\x1f\x8bgarbage\n")
    assert await family.poll() == []


async def test_a_file_moved_across_file_systems_is_taken_up_where_it_was(log: Path, family: Watched) -> None:
    add(log, "one\ntwo\n")
    await family.poll()
    family.restart()
    shutil.copy(log, f"{log}.1")
    log.unlink()
    add(Path(f"{log}.1"), "three\n")
    assert await family.poll() == ["three"]


async def test_two_files_with_the_same_first_thousand_bytes_are_both_read(log: Path, family: Watched) -> None:
    head = "h" * 1200 + "\n"
    add(log, head + "one\n")
    await family.poll()
    add(Path(f"{log}.2"), head + "two\n")
    assert await family.poll() == [head.strip(), "two"]


async def test_files_of_one_byte_and_of_none(log: Path, family: Watched) -> None:
    log.touch()
    add(Path(f"{log}.1"), "x")
    assert await family.poll() == []
    add(Path(f"{log}.1"), "\n")
    assert await family.poll() == ["x"]


async def test_a_symbolic_link_that_is_turned_to_another_file(
    tmp_path: Path, log: Path, watched: Watched
) -> None:
    add(tmp_path / "first", "one\n")
    log.symlink_to(tmp_path / "first")
    assert await watched.poll() == ["one"]
    add(tmp_path / "second", "two\n")
    log.unlink()
    log.symlink_to(tmp_path / "second")
    add(tmp_path / "first", "last words\n")
    assert sorted(await watched.poll()) == ["last words", "two"]


async def test_nuls_before_a_line_do_not_stop_it(log: Path, watched: Watched) -> None:
    log.write_bytes(bytes(5000) + b"one\n" + bytes(10) + b"\n" + b"two\n")
    found = await watched.poll()
    assert [text.strip("\0") for text in found] == ["one", "two"]


async def test_a_five_megabyte_line_comes_in_flagged_parts(log: Path, watched: Watched) -> None:
    add(log, "x" * (5 << 20) + "\nnext\n")
    await watched.poll()
    assert [len(record.raw) for record in watched.records] == [1 << 20] * 5 + [4]
    assert [record.split for record in watched.records] == [True] * 5 + [False]


async def test_a_restart_within_a_long_line_goes_on_with_its_parts(log: Path) -> None:
    watched = Watched(log, manner=Manner(limit=100))
    add(log, "x" * 250)
    assert await watched.poll() == ["x" * 100, "x" * 100]
    watched.restart()
    add(log, "yz\nnext\n")
    assert await watched.poll() == ["x" * 50 + "yz", "next"]
    assert [record.split for record in watched.records] == [True, True, True, False]
    watched.close()


async def test_a_burst_larger_than_any_buffer(log: Path, watched: Watched) -> None:
    lines = [f"line {n} {'x' * (n % 300)}" for n in range(20_000)]
    add(log, "\n".join(lines) + "\n")
    assert await watched.poll() == lines


async def test_what_is_no_file_is_passed_over(log: Path, family: Watched) -> None:
    log.mkdir()
    (log.parent / "app.log.loop").symlink_to("app.log.loop")
    os.mkfifo(log.parent / "app.log.fifo")
    add(log.parent / "app.log.good", "one\n")
    assert await family.poll() == ["one"]


async def test_a_file_that_cannot_be_read_is_said_once_and_stops_no_other(log: Path) -> None:
    watched = Watched("/proc/self/mem", log)
    add(log, "one\n")
    assert await watched.poll() == ["one"]
    add(log, "two\n")
    assert await watched.poll() == ["two"]
    assert watched.said.getvalue().count("Input/output error") == 1
    watched.close()


async def test_a_position_that_cannot_be_read_means_from_the_beginning(log: Path, watched: Watched) -> None:
    add(log, "one\n")
    await watched.poll()
    watched.states = dict.fromkeys(watched.states, b"\xff\x00")
    watched.restart()
    assert await watched.poll() == ["one"]


async def test_positions_of_the_newest_files_that_vanished_are_kept_however_long(
    log: Path, family: Watched
) -> None:
    for number in range(REMEMBERED + 10):
        add(Path(f"{log}.{number:03}"), f"one {number}\n")
    await family.poll()
    log.parent.joinpath("app.log.265").write_text("other now\n")
    await family.poll()
    for path in log.parent.glob("app.log.*"):
        path.unlink()
    await family.poll()
    await family.poll(after=timedelta(seconds=6))
    await family.poll(after=timedelta(days=30))
    assert len(family.states) == REMEMBERED
    add(log, "one 200\n")
    assert await family.poll() == []
    add(log, "two\n")
    assert await family.poll() == ["two"]


async def test_a_deleted_file_is_let_go_and_declared_when_its_disk_is_full_and_the_spool_as_well(
    log: Path,
) -> None:
    clock = ManualClock(datetime(2026, 11, 24, tzinfo=UTC))
    stamp = Stamp("file", "syslog", "UTC", clock)
    manner = Manner(floor_bytes=1 << 62)
    tail = Tail((str(log),), stamp, open_log(StringIO()), manner, relief=timedelta(milliseconds=1))
    out = Channel[Reading](1)
    add(log, "".join(f"line {n} {'x' * 100}\n" for n in range(30_000)))
    reading = asyncio.create_task(tail.round(out))
    taken = aiter(out)
    first = await anext(taken)
    log.unlink()
    await clock.advance(timedelta(seconds=2))
    rest = [first] + [await anext(taken) for _ in range(15)]
    await reading
    assert held_open("app.log")
    again = asyncio.create_task(tail.round(out))
    async with asyncio.timeout(5):
        while held_open("app.log"):  # noqa: ASYNC110 - what a descriptor is open on tells nobody
            await asyncio.sleep(0.001)
    reader = asyncio.create_task(_all(out))
    await again
    await tail.round(out)
    await out.close()
    readings = rest + await reader
    shed = [item for reading in readings for item in reading.shed]
    assert [(item.source, item.why) for item in shed] == [
        ("file", "deleted before it was read, on a disk that is full")
    ]
    assert sum(len(reading.records) for reading in readings) + shed[0].count == 30_000
    tail.close()


async def _all(channel: Channel[Reading]) -> list[Reading]:
    return [reading async for reading in channel]


class _Counted(ManualClock):
    """Tells how long it was asked to sleep."""

    def __init__(self) -> None:
        super().__init__(datetime(2026, 11, 24, tzinfo=UTC))
        self.slept: list[float] = []
        self.asked = asyncio.Event()

    async def sleep(self, duration: timedelta) -> None:
        self.slept.append(duration.total_seconds())
        self.asked.set()
        await super().sleep(duration)


async def test_files_are_looked_at_once_a_second_while_nothing_happens(log: Path) -> None:
    clock = _Counted()
    tail = Tail((str(log),), Stamp("file", "syslog", "UTC", clock), open_log(StringIO()))
    add(log, "one\n")
    running = asyncio.create_task(tail.run(Channel[Reading](10)))
    for round_ in range(1, 12):
        async with asyncio.timeout(5):
            await clock.asked.wait()
        if round_ == 8:
            add(log, "two\n")
        clock.asked.clear()
        await clock.advance(timedelta(seconds=clock.slept[-1]))
    assert clock.slept[:11] == [0.25, 0.5, 1, 1, 1, 1, 1, 1, 0.25, 0.5, 1]
    running.cancel()
    await asyncio.wait([running])
    tail.close()
