"""EVTX files as they grow, wrap around, are cleared, copied, renamed and damaged: every record once."""

from datetime import timedelta
from pathlib import Path

import pytest
from support.evtx_files import HEADER_BYTES, corpus, in_use, with_chunks
from support.rounds import Driven

from collectors.sources.evtx import EvtxFolder
from soc.model.record import Record

SAMPLE = "Lateral Movement/LM_5145_Remote_FileCopy.evtx"
RECORDS = 869
CHUNKS = 17


@pytest.fixture(scope="module")
def sample() -> bytes:
    return (corpus() / SAMPLE).read_bytes()


def watched(folder: Path) -> Driven:
    return Driven(lambda stamp, log: EvtxFolder((str(folder / "*.evtx"),), stamp, log), "evtx_json")


def numbers(records: list[Record]) -> list[int]:
    return [record.offset for record in records]


async def test_every_record_comes_once_with_its_number(tmp_path: Path, sample: bytes) -> None:
    (tmp_path / "a.evtx").write_bytes(sample)
    driven = watched(tmp_path)
    records = await driven.round()
    assert numbers(records) == list(range(1, RECORDS + 1))
    assert {(record.format, record.fingerprint, record.split) for record in records} == {
        ("evtx_json", "evtx", False)
    }
    assert await driven.round() == []
    assert driven.said.getvalue() == ""


async def test_a_log_that_grew_is_read_on_where_it_was_left(tmp_path: Path, sample: bytes) -> None:
    log = tmp_path / "a.evtx"
    log.write_bytes(with_chunks(sample, list(range(5))))
    driven = watched(tmp_path)
    first = await driven.round()
    driven.restart()
    log.write_bytes(sample)
    assert numbers(first + await driven.round()) == list(range(1, RECORDS + 1))


async def test_a_log_that_wrapped_around_is_read_from_old_to_new(tmp_path: Path, sample: bytes) -> None:
    log = tmp_path / "a.evtx"
    log.write_bytes(with_chunks(sample, [0, 1, 2, 3, 4, 5]))
    driven = watched(tmp_path)
    before = await driven.round()
    log.write_bytes(with_chunks(sample, [6, 7, 2, 3, 4, 5]))
    after = await driven.round()
    assert numbers(before + after) == list(range(1, numbers(after)[-1] + 1))
    assert after


async def test_a_wrapped_log_met_for_the_first_time_comes_by_rising_number(
    tmp_path: Path, sample: bytes
) -> None:
    (tmp_path / "a.evtx").write_bytes(with_chunks(sample, [6, 7, 2, 3, 4, 5]))
    found = numbers(await watched(tmp_path).round())
    assert found == sorted(set(found))
    assert found == list(range(found[0], found[-1] + 1))


async def test_a_cleared_log_is_read_from_its_start(tmp_path: Path, sample: bytes) -> None:
    log = tmp_path / "a.evtx"
    log.write_bytes(sample)
    driven = watched(tmp_path)
    await driven.round()
    other = (corpus() / "Defense Evasion/DE_1102_security_log_cleared.evtx").read_bytes()
    log.write_bytes(other)
    records = await driven.round()
    assert numbers(records) == list(range(1, 113))


async def test_a_copy_or_a_renamed_archive_is_not_read_twice(tmp_path: Path, sample: bytes) -> None:
    log = tmp_path / "Security.evtx"
    log.write_bytes(with_chunks(sample, list(range(5))))
    driven = watched(tmp_path)
    first = await driven.round()
    log.rename(tmp_path / "Archive-Security.evtx")
    (tmp_path / "Security-export.evtx").write_bytes(sample)
    rest = await driven.round()
    assert numbers(first + rest) == list(range(1, RECORDS + 1))
    assert await driven.round() == []


async def test_a_kill_in_the_middle_of_a_file_loses_and_repeats_nothing(
    tmp_path: Path, sample: bytes
) -> None:
    (tmp_path / "a.evtx").write_bytes(sample)
    driven = watched(tmp_path)
    await driven.lose(keep=1)
    kept = [record for reading in driven.readings for record in reading.records]
    assert 0 < len(kept) < RECORDS
    assert numbers(kept + await driven.round()) == list(range(1, RECORDS + 1))


async def test_a_damaged_chunk_costs_its_own_records_only_and_is_said_once(
    tmp_path: Path, sample: bytes
) -> None:
    damaged = bytearray(sample)
    start = HEADER_BYTES + 3 * 65_536
    damaged[start : start + 600] = b"\xff" * 600
    log = tmp_path / "a.evtx"
    log.write_bytes(damaged)
    driven = watched(tmp_path)
    found = numbers(await driven.round())
    assert found[-1] == RECORDS
    assert 0 < RECORDS - len(found) < 120
    log.touch()
    assert await driven.round() == []
    assert driven.said.getvalue().count("source_state") == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"no log at all", b"ElfFile\x00" + b"\xff" * 5000],
)
async def test_a_file_that_is_no_log_stops_no_other(tmp_path: Path, sample: bytes, content: bytes) -> None:
    (tmp_path / "a.evtx").write_bytes(content)
    (tmp_path / "b.evtx").write_bytes(sample)
    driven = watched(tmp_path)
    assert len(await driven.round()) == RECORDS
    assert "a.evtx" in driven.said.getvalue()
    assert await driven.round() == []


async def test_a_log_in_use_is_looked_at_although_nothing_says_that_it_changed(
    tmp_path: Path, sample: bytes
) -> None:
    live, closed = tmp_path / "a.evtx", tmp_path / "b.evtx"
    for log, content in ((live, in_use(sample)), (closed, sample)):
        log.write_bytes(content)
    driven = watched(tmp_path)
    await driven.round()
    source = driven.source
    assert isinstance(source, EvtxFolder)
    await driven.clock.advance(timedelta(minutes=6))
    assert [Path(file.path).name for file in source._changed()] == ["a.evtx"]


async def test_a_log_that_takes_long_to_read_is_left_alone_for_longer(tmp_path: Path, sample: bytes) -> None:
    log = tmp_path / "a.evtx"
    log.write_bytes(sample)
    driven = watched(tmp_path)
    await driven.round()
    source = driven.source
    assert isinstance(source, EvtxFolder)
    source._seen[str(log)] = source._seen[str(log)]._replace(took=2.0)
    log.write_bytes(with_chunks(sample, list(range(5))))
    await driven.clock.advance(timedelta(seconds=99))
    assert source._changed() == []
    await driven.clock.advance(timedelta(seconds=1))
    assert [file.path for file in source._changed()] == [str(log)]


async def test_states_that_cannot_be_read_mean_reading_again(tmp_path: Path, sample: bytes) -> None:
    (tmp_path / "a.evtx").write_bytes(sample)
    driven = watched(tmp_path)
    driven.states = {"s/x": b"\xc1", "s/y": b"", "other/z": b"\x93"}
    driven.restart()
    assert len(await driven.round()) == RECORDS
