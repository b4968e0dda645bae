# ruff: noqa: ASYNC240 - these tests are about files
"""Files in other encodings, and events of several lines, through restarts and rotation."""

import gzip
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from support.tailing import Watched

from collectors.cutting import Manner

EVENTS = Manner(begins=r"^\d{4}-")
LONG = timedelta(minutes=6)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


@pytest.fixture
def events(log: Path) -> Iterator[Watched]:
    """Watch app.log and its kin, an event beginning with a date."""
    found = Watched(f"{log}*", manner=EVENTS)
    yield found
    found.close()


def add(path: Path, data: str | bytes) -> None:
    with path.open("ab") as file:
        file.write(data.encode() if isinstance(data, str) else data)


def splits(watched: Watched) -> list[bool]:
    return [record.split for record in watched.records]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
async def test_utf16_is_known_by_its_mark_and_cut_where_characters_begin(log: Path, encoding: str) -> None:
    watched = Watched(log)
    data = "\ufeffmột\r\n\u0a0a\u0d0ahai\nba".encode(encoding)
    for at in range(len(data)):
        add(log, data[at : at + 1])
        await watched.poll()
    found = [(record.raw.decode(encoding), record.encoding) for record in watched.records]
    assert found == [("\ufeffmột", encoding), ("\u0a0a\u0d0ahai", encoding)]
    watched.restart()
    add(log, "\n".encode(encoding))
    await watched.poll()
    assert watched.records[-1].raw == "ba".encode(encoding)
    assert watched.records[-1].encoding == encoding
    watched.close()


async def test_a_file_that_is_written_anew_in_another_encoding_is_read_in_it(log: Path) -> None:
    watched = Watched(log)
    add(log, "một\n".encode("utf-16"))
    await watched.poll()
    log.write_text("hai\n")
    assert (await watched.poll())[-1] == "hai"
    assert [record.encoding for record in watched.records] == ["utf-16-le", ""]
    watched.close()


async def test_a_code_page_is_told_to_the_centre(log: Path) -> None:
    watched = Watched(log, manner=Manner(encoding="cp1258"))
    add(log, b"Vi\xea\xf2t\n")
    await watched.poll()
    assert [(record.raw, record.encoding) for record in watched.records] == [(b"Vi\xea\xf2t", "cp1258")]
    watched.close()


async def test_the_last_line_without_its_end_waits_through_a_shutdown(log: Path) -> None:
    watched = Watched(log)
    add(log, "one\nno end")
    assert await watched.poll() == ["one"]
    watched.restart()
    assert await watched.poll(after=LONG) == []
    add(log, "\n")
    assert await watched.poll() == ["no end"]
    watched.close()


async def test_an_event_of_several_lines_is_one_record(log: Path, events: Watched) -> None:
    add(log, "2026-1 one\n at a\n at b\n2026-2 two\n")
    assert await events.poll() == ["2026-1 one\n at a\n at b"]
    assert [(record.offset, record.split) for record in events.records] == [(0, False)]


async def test_an_event_is_whole_once_nothing_came_for_long(log: Path, events: Watched) -> None:
    add(log, "2026-1 one\n at a\n")
    assert await events.poll() == []
    assert await events.poll() == []
    add(log, " at b\n")
    assert await events.poll() == []
    assert await events.poll(after=timedelta(seconds=4)) == []
    assert await events.poll(after=timedelta(seconds=1)) == ["2026-1 one\n at a\n at b"]
    assert await events.poll(after=LONG) == []
    add(log, " at c\n2026-2 two\n")
    assert await events.poll() == [" at c"]
    assert splits(events) == [False, True]


async def test_a_crash_in_the_middle_of_an_event_reads_it_again_from_its_beginning(
    log: Path, events: Watched
) -> None:
    add(log, "2026-1 one\n2026-2 two\n at a\n")
    assert await events.poll() == ["2026-1 one"]
    events.restart()
    assert await events.poll() == []
    add(log, " at b\n2026-3 three\n")
    assert await events.poll() == ["2026-2 two\n at a\n at b"]
    assert splits(events) == [False, False]


async def test_an_event_that_is_open_at_rotation_is_kept(log: Path, events: Watched) -> None:
    add(log, "2026-1 one\n at a\n half")
    await events.poll()
    log.rename(f"{log}.1")
    add(log, " a line\n2026-2 two\n2026-3 three\n")
    assert sorted(await events.poll()) == [" a line", "2026-2 two"]
    assert await events.poll(after=timedelta(seconds=5)) == ["2026-1 one\n at a", "2026-3 three"]
    assert await events.poll(after=LONG) == [" half"]
    assert [(record.raw, record.split) for record in events.records if record.split] == [
        (b" a line", True),
        (b" half", True),
    ]


async def test_an_event_that_is_open_at_truncation_is_kept(log: Path, events: Watched) -> None:
    add(log, "2026-1 one\n at a\n")
    await events.poll()
    log.write_text("2026-2 two\n2026-3 three\n")
    assert await events.poll() == ["2026-2 two"]
    assert await events.poll(after=timedelta(seconds=5)) == ["2026-1 one\n at a", "2026-3 three"]


async def test_an_event_that_is_open_when_its_file_is_deleted_is_kept(log: Path, events: Watched) -> None:
    add(log, "2026-1 one\n at a\n")
    await events.poll()
    log.unlink()
    assert await events.poll(after=timedelta(seconds=6)) == ["2026-1 one\n at a"]
    add(log, "2026-1 one\n at a\n")
    await events.poll(after=timedelta(seconds=6))
    assert await events.poll(after=LONG) == []


async def test_records_of_events_have_one_id_however_they_were_read(log: Path, events: Watched) -> None:
    text = "".join(f"2026-{n} event\n at a\n at b {'x' * n}\n" for n in range(300))
    for at in range(0, len(text), 997):
        add(log, text[at : at + 997])
        await events.poll(after=timedelta(milliseconds=250))
    await events.poll(after=timedelta(seconds=5))
    anew = Watched(log, manner=EVENTS)
    await anew.poll()
    await anew.poll(after=timedelta(seconds=5))
    assert events.ids == anew.ids
    assert len(set(events.ids)) == 300
    anew.close()


async def test_events_of_a_compressed_file_are_those_of_the_plain_one(log: Path, events: Watched) -> None:
    add(log, "2026-1 one\n at a\n2026-2 two\n at b\n")
    assert await events.poll() == ["2026-1 one\n at a"]
    events.restart()
    Path(f"{log}.1.gz").write_bytes(gzip.compress(log.read_bytes()))
    log.unlink()
    assert await events.poll() == ["2026-2 two\n at b"]
    assert splits(events) == [False, False]
