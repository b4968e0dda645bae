"""Exports dropped into a folder: each finding once, whatever people do with the files."""

import codecs
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from support.rounds import Driven

from collectors.sources.findings import REMEMBERED, FindingsFolder
from soc.model.record import Record

CSV = "Host,Risk,Name\nweb1,High,Old TLS\nweb2,Low,Banner\n"


def watched(folder: Path, layout: str = "auto") -> Driven:
    return Driven(lambda stamp, log: FindingsFolder(str(folder), layout, stamp, log), "finding")


async def settled(driven: Driven) -> list[Record]:
    """Return what comes of files that were dropped and left alone."""
    return [*(await driven.round()), *(await driven.round())]


def objects(records: list[Record]) -> list[object]:
    return [msgspec.json.decode(record.raw) for record in records]


async def test_each_row_is_a_record_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "scan.csv").write_text(CSV)
    records = await settled(watched(tmp_path))
    assert objects(records) == [
        {"Host": "web1", "Risk": "High", "Name": "Old TLS"},
        {"Host": "web2", "Risk": "Low", "Name": "Banner"},
    ]
    assert [record.offset for record in records] == [1, 2]
    assert {(record.format, len(record.fingerprint)) for record in records} == {("finding", 32)}
    assert (tmp_path / "scan.csv").read_text() == CSV


async def test_a_file_that_still_grows_is_left_alone(tmp_path: Path) -> None:
    export = tmp_path / "scan.csv"
    driven = watched(tmp_path)
    export.write_text(CSV[:30])
    assert await driven.round() == []
    export.write_text(CSV)
    assert await driven.round() == []
    assert len(await driven.round()) == 2


@pytest.mark.parametrize("name", [".scan.csv", "scan.csv.part", "scan.csv.TMP", "scan.csv.crdownload"])
async def test_files_on_their_way_are_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(CSV)
    assert await settled(watched(tmp_path)) == []


async def test_the_same_content_under_another_name_gives_nothing_new(tmp_path: Path) -> None:
    driven = watched(tmp_path)
    (tmp_path / "a.csv").write_text(CSV)
    assert len(await settled(driven)) == 2
    driven.restart()
    (tmp_path / "copy of a.csv").write_text(CSV)
    assert await settled(driven) == []


async def test_a_new_export_under_the_old_name_is_read(tmp_path: Path) -> None:
    driven = watched(tmp_path)
    export = tmp_path / "a.csv"
    export.write_text(CSV)
    first = await settled(driven)
    export.write_text(CSV + "web3,Medium,Old PHP\n")
    second = await settled(driven)
    assert (len(first), len(second)) == (2, 3)
    assert first[0].fingerprint != second[0].fingerprint


async def test_a_kill_in_the_middle_of_an_export_loses_and_repeats_nothing(tmp_path: Path) -> None:
    rows = [f"web{n},High,Old TLS" for n in range(1200)]
    (tmp_path / "a.csv").write_text("Host,Risk,Name\n" + "\n".join(rows))
    driven = watched(tmp_path)
    assert await driven.round() == []
    await driven.lose(keep=1)
    kept = [record for reading in driven.readings for record in reading.records]
    assert 0 < len(kept) < 1200
    rest = await settled(driven)
    assert [record.offset for record in kept + rest] == list(range(1, 1201))
    driven.restart()
    assert await settled(driven) == []


async def test_a_broken_export_stops_no_other_and_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"severity": "high"')
    (tmp_path / "b.xml").write_text("<?xml version='1.0'?><NessusClientData_v2/>")
    (tmp_path / "c.csv").write_text(CSV)
    driven = watched(tmp_path)
    assert len(await settled(driven)) == 2
    await driven.round()
    said = driven.said.getvalue()
    assert said.count("not JSON") == said.count("XML; accepted: CSV, JSON, SARIF") == 1


async def test_the_oldest_of_many_exports_are_forgotten(tmp_path: Path) -> None:
    driven = watched(tmp_path)
    source = driven.source
    assert isinstance(source, FindingsFolder)
    source._progress = msgspec.structs.replace(
        source._progress, done=tuple(f"{n:032x}" for n in range(REMEMBERED))
    )
    (tmp_path / "a.csv").write_text(CSV)
    await settled(driven)
    assert len(source._progress.done) == REMEMBERED
    assert f"{0:032x}" not in source._progress.done


async def test_a_missing_folder_is_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "later [1]"
    driven = watched(folder)
    assert await driven.round() == []
    folder.mkdir()
    (folder / "a.csv").write_text(CSV)
    assert len(await settled(driven)) == 2


@pytest.mark.parametrize("state", [b"", b"\xc1", b"\x93"])
async def test_a_state_that_cannot_be_read_means_reading_again(tmp_path: Path, state: bytes) -> None:
    (tmp_path / "a.csv").write_text(CSV)
    driven = watched(tmp_path)
    driven.states = {"s/exports": state}
    driven.restart()
    assert len(await settled(driven)) == 2


async def test_an_export_of_excel_in_vietnamese_is_read(tmp_path: Path) -> None:
    text = "Máy chủ;Mức độ\ncổng thông tin;cao\n"
    (tmp_path / "utf16.csv").write_bytes(codecs.BOM_UTF16_LE + text.encode("utf-16-le"))
    (found,) = objects(await settled(watched(tmp_path)))
    assert found == {"Máy chủ": "cổng thông tin", "Mức độ": "cao"}


async def test_a_file_is_settled_by_how_long_it_was_watched_not_by_its_date(tmp_path: Path) -> None:
    driven = watched(tmp_path)
    (tmp_path / "a.csv").write_text(CSV)
    assert await driven.round(after=timedelta(seconds=1)) == []
    assert await driven.round(after=timedelta(seconds=9)) == []
    assert len(await driven.round(after=timedelta(seconds=1))) == 2
