"""Files of any known kind give their records, numbered; damage is named and the rest is read."""

import gzip
import json
import os
from pathlib import Path

import pytest
import zstandard

from soc.kernel.errors import RecordError
from soc.pipeline.files import Found, Reading, find, record_of, records

SYSLOG = b"Nov 24 08:00:00 h sshd[1]: one\nNov 24 08:00:01 h sshd[1]: two\n\nNov 24 08:00:02 h sshd[1]: four"
ACCESS = b'1.2.3.4 - - [24/Nov/2026:08:00:00 +0700] "GET / HTTP/1.1" 200 1 "-" "-"\n'


def read(folder: Path, data: bytes, format_: str | None = None) -> list[tuple[int, str, bytes]]:
    path = folder / "file"
    path.write_bytes(data)
    found = list(records(Reading(path, "UTC", format_)))
    assert all(isinstance(item, Found) for item in found), found
    return [(i.number, i.format, i.raw) for i in found if isinstance(i, Found)]


@pytest.mark.parametrize(
    "pack", [lambda d: d, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"]
)
def test_lines_are_numbered_as_an_editor_does(tmp_path: Path, pack: object) -> None:
    assert callable(pack)
    found = read(tmp_path, pack(SYSLOG))
    assert [(number, format_) for number, format_, _ in found] == [
        (1, "auto"),
        (2, "auto"),
        (4, "auto"),
    ]


def test_an_access_log_is_recognised(tmp_path: Path) -> None:
    assert read(tmp_path, ACCESS)[0][1] == "access"


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1}\n{"a": 2}\n',
        b'\xef\xbb\xbf{"a": 1}\n\n{"a": 2}',
        b'{\n "a": 1\n}\n{\n "a": 2\n}',
        b'[{"a": 1}, {"a": 2}]',
        b'{"Records": [{"a": 1},\n {"a": 2}]}',
        b'[[{"a": 1}],[{"a": 2}]]',
    ],
    ids=["a line each", "byte order mark", "in a row", "array", "cloudtrail", "arrays in an array"],
)
def test_json_objects_are_found_however_they_lie(tmp_path: Path, data: bytes) -> None:
    assert [json.loads(raw.removeprefix(b"\xef\xbb\xbf"))["a"] for _, _, raw in read(tmp_path, data)] == [
        1,
        2,
    ]


def test_a_broken_element_is_named_and_ends_the_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b'[{"a": 1}, {"a": ')
    first, second = records(Reading(path, "UTC", None))
    assert isinstance(first, Found)
    assert isinstance(second, RecordError)
    assert "element 2" in str(second)


def test_a_line_beyond_the_limit_is_split_and_keeps_its_number(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"<13>" + b"x" * (3 << 20) + b"\nshort\n")
    found = [item for item in records(Reading(path, "UTC", "syslog")) if isinstance(item, Found)]
    assert [item.number for item in found] == [1, 1, 1, 1, 2]
    assert [item.split for item in found] == [True, True, True, True, False]


@pytest.mark.parametrize(
    "data",
    [gzip.compress(SYSLOG)[:20], zstandard.compress(SYSLOG)[:20], b"ElfFile\x00nonsense"],
    ids=["gzip", "zstd", "evtx"],
)
def test_a_damaged_file_says_so(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(RecordError):
        list(records(Reading(path, "UTC", None)))


def test_folders_are_walked_in_order_without_hidden_files(tmp_path: Path) -> None:
    for name in ("b/two", "a", ".hidden/x", "b/.y"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [str(p.relative_to(tmp_path)) for p in find([tmp_path])] == ["a", "b/two"]


def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RecordError, match="not a regular file"):
        list(records(Reading(tmp_path / "pipe", "UTC", None)))


def test_a_file_that_goes_away_while_it_is_read_says_so(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(SYSLOG)
    reading = Reading(path, "UTC", None)
    found = next(records(reading))
    assert isinstance(found, Found)
    path.unlink()
    with pytest.raises(RecordError, match="No such file"):
        record_of(found, reading)
