# ruff: noqa: ASYNC240 - these tests are about files
"""Rotated files that are compressed, at once, late or while nobody looks: each line comes, and comes once."""

import gzip
import os
import shutil
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from support.tailing import Watched

from collectors.cutting import Manner

DAY = timedelta(days=1)
SOON = timedelta(seconds=6)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


@pytest.fixture
def family(log: Path) -> Iterator[Watched]:
    """Watch app.log and its rotated kin."""
    found = Watched(f"{log}*")
    yield found
    found.close()


def add(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def squeeze(path: Path, *, keep: bool = False) -> Path:
    """Compress as gzip does: beside the file, which is removed last."""
    packed = Path(f"{path}.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    status = path.stat()
    os.utime(packed, ns=(status.st_atime_ns, status.st_mtime_ns))
    if not keep:
        path.unlink()
    return packed


async def test_compressing_a_file_that_was_read_repeats_nothing(log: Path, family: Watched) -> None:
    add(log, "one\ntwo\n")
    await family.poll()
    squeeze(log)
    add(log, "three\n")
    assert await family.poll() == ["three"]
    for _ in range(3):
        assert await family.poll(after=SOON) == []


async def test_compressing_a_day_later_repeats_nothing(log: Path, family: Watched) -> None:
    add(log, "one\n")
    await family.poll()
    log.rename(f"{log}.1")
    add(log, "two\n")
    assert await family.poll() == ["two"]
    for restart in (False, True):
        if restart:
            family.restart()
        assert await family.poll(after=DAY) == []
    squeeze(Path(f"{log}.1")).rename(f"{log}.2.gz")
    log.rename(f"{log}.1")
    add(log, "three\n")
    assert await family.poll() == ["three"]
    assert await family.poll(after=DAY) == []


async def test_a_position_waits_for_its_file_through_a_day_and_a_restart(log: Path, family: Watched) -> None:
    add(log, "one\n")
    await family.poll()
    away = log.parent / "elsewhere"
    log.rename(away)
    assert await family.poll(after=DAY) == []
    assert await family.poll(after=DAY) == []
    family.restart()
    assert await family.poll(after=DAY) == []
    add(away, "two\n")
    squeeze(away).rename(f"{log}.1.gz")
    assert await family.poll() == ["two"]


async def test_rotated_and_compressed_while_down_loses_nothing(log: Path, family: Watched) -> None:
    add(log, "one\n")
    await family.poll()
    family.restart()
    add(log, "two\nhalf")
    log.rename(f"{log}.1")
    squeeze(Path(f"{log}.1"))
    add(log, "three\n")
    assert sorted(await family.poll()) == ["half", "three", "two"]
    assert [record.split for record in family.records if record.raw == b"half"] == [True]
    family.restart()
    assert await family.poll() == []


async def test_compressed_while_down_to_a_name_nobody_watches_loses_nothing(log: Path) -> None:
    watched = Watched(log)
    add(log, "one\n")
    await watched.poll()
    watched.restart()
    add(log, "two\n")
    Path(f"{log}.1.gz").write_bytes(gzip.compress(b"much older\n"))
    log.rename(f"{log}.2")
    squeeze(Path(f"{log}.2"))
    add(log, "three\n")
    assert sorted(await watched.poll()) == ["three", "two"]
    watched.restart()
    assert await watched.poll() == []
    watched.close()


async def test_records_of_a_compressed_file_have_the_ids_of_the_plain_one(log: Path) -> None:
    text = "".join(f"line {n}\n" for n in range(500))
    plain, packed = Watched(log), Watched(f"{log}.1.gz")
    add(log, text)
    await plain.poll()
    log.rename(f"{log}.1")
    squeeze(Path(f"{log}.1"))
    await packed.poll()
    assert packed.ids == plain.ids
    plain.close()
    packed.close()


async def test_a_file_that_is_being_compressed_is_waited_for(log: Path, family: Watched) -> None:
    text = "".join(f"line {n} {os.urandom(20).hex()}\n" for n in range(2000))
    add(log, text)
    assert len(await family.poll()) == 2000
    data = gzip.compress(text.encode())
    growing = Path(f"{log}.1.gz")
    for end in (0, 5, 500, len(data) // 2, len(data) - 3, len(data)):
        growing.write_bytes(data[:end])
        assert await family.poll() == []
    log.unlink()
    assert await family.poll() == []
    assert await family.poll(after=SOON) == []
    assert await family.poll(after=SOON) == []


async def test_a_compressed_copy_of_a_file_that_stays_repeats_nothing(log: Path, family: Watched) -> None:
    add(log, "one\n")
    await family.poll()
    squeeze(log, keep=True)
    assert await family.poll() == []
    add(log, "two\n")
    assert await family.poll() == ["two"]
    log.unlink()
    assert await family.poll(after=SOON) == []
    assert await family.poll(after=SOON) == []


async def test_a_truncated_copy_that_is_compressed_repeats_and_loses_nothing(
    log: Path, family: Watched
) -> None:
    add(log, "one\n")
    await family.poll()
    add(log, "unread\n")
    shutil.copy(log, f"{log}.1")
    os.truncate(log, 0)
    squeeze(Path(f"{log}.1"))
    add(log, "two\n")
    found = await family.poll() + await family.poll() + await family.poll(after=SOON)
    assert sorted(found) == ["two", "unread"]


async def test_a_copy_before_a_truncation_repeats_nothing(log: Path, family: Watched) -> None:
    add(log, "one\ntwo\n")
    await family.poll()
    copy = Path(f"{log}.1")
    add(copy, "one\n")
    assert await family.poll() == []
    add(copy, "two\n")
    assert await family.poll() == []
    os.truncate(log, 0)
    add(log, "three\n")
    assert await family.poll() == ["three"]
    assert await family.poll(after=DAY) == []


async def test_half_a_line_at_truncation_goes_on_in_the_copy(log: Path, family: Watched) -> None:
    add(log, "one\nhalf")
    await family.poll()
    add(log, " a line\n")
    shutil.copy(log, f"{log}.1")
    os.truncate(log, 0)
    add(log, "two\n")
    found = await family.poll() + await family.poll()
    assert sorted(found) == ["half a line", "two"]
    assert await family.poll(after=DAY) == []
    assert not any(record.split for record in family.records)


async def test_copytruncate_during_a_burst_loses_only_what_came_between_copy_and_truncation(
    log: Path, family: Watched
) -> None:
    """With a copy that is watched, and a writer that stops for the moment of the truncation."""
    may_write = threading.Lock()
    written: list[str] = []

    def write() -> None:
        for number in range(3000):
            with may_write:
                add(log, f"line {number}\n")
                written.append(f"line {number}")

    writer = threading.Thread(target=write)
    writer.start()
    rotations = 0
    found: list[str] = []
    while writer.is_alive():
        found += await family.poll()
        with may_write:
            rotations += 1
            shutil.copy(log, f"{log}.{rotations}")
            os.truncate(log, 0)
    writer.join()
    for _ in range(3):
        found += await family.poll()
    assert rotations > 1
    assert sorted(found) == sorted(written)


async def test_many_old_compressed_files_are_read_once_and_never_again(log: Path, family: Watched) -> None:
    for number in range(300):
        Path(f"{log}.{number:03}.gz").write_bytes(gzip.compress(b"only %d\n" % number))
    assert len(await family.poll()) == 300
    family.restart()
    read = family.readings
    assert await family.poll() == []
    assert family.readings == read
    for number in reversed(range(300)):
        Path(f"{log}.{number:03}.gz").rename(f"{log}.{number + 1:03}.gz")
    assert await family.poll(after=DAY) == []


async def test_a_file_cut_short_for_good_is_read_as_far_as_it_goes(log: Path, family: Watched) -> None:
    cut = Path(f"{log}.1.gz")
    text = "".join(f"line {n} {os.urandom(20).hex()}\n" for n in range(3000))
    cut.write_bytes(gzip.compress(text.encode())[:40_000])
    found = await family.poll()
    assert found
    assert text.startswith("\n".join(found))


async def test_what_is_no_gzip_file_is_said_once_and_stops_no_other(log: Path, family: Watched) -> None:
    Path(f"{log}.1.gz").write_bytes(b"\x1f\x8bgarbage\n")
    add(log, "one\n")
    assert await family.poll() == ["one"]
    assert await family.poll(after=DAY) == []
    assert family.said.getvalue().count("damaged gzip file") == 1


async def test_compressed_files_can_be_left_alone(log: Path) -> None:
    watched = Watched(f"{log}*", manner=Manner(compressed=False))
    Path(f"{log}.1.gz").write_bytes(gzip.compress(b"one\n"))
    add(log, "two\n")
    assert await watched.poll() == ["two"]
    watched.close()


async def test_a_compressed_utf16_file_is_read_as_utf16(log: Path, family: Watched) -> None:
    Path(f"{log}.1.gz").write_bytes(gzip.compress("một\nhai\u0a0a\n".encode("utf-16")))
    await family.poll()
    assert [record.encoding for record in family.records] == ["utf-16-le"] * 2
    assert family.records[1].raw.decode("utf-16-le") == "hai\u0a0a"
