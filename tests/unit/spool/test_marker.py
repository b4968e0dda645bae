"""The marker may be stale or unreadable, never wrong."""

from pathlib import Path

import pytest

from soc.spool.marker import read_marker, write_marker


def test_a_marker_is_read_back(tmp_path: Path) -> None:
    write_marker(tmp_path / "m", 7)
    write_marker(tmp_path / "m", 941)
    assert read_marker(tmp_path / "m") == 941
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


@pytest.mark.parametrize(
    "content",
    [b"", b"941\n", b"\0" * 21, b"0000000000000000941", b"-0000000000000000941\n", b"0" * 500],
    ids=["empty", "short", "zeros", "torn", "negative", "long"],
)
def test_a_marker_that_is_not_whole_is_not_trusted(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m").write_bytes(content)
    assert read_marker(tmp_path / "m") is None


def test_a_missing_marker_says_nothing(tmp_path: Path) -> None:
    assert read_marker(tmp_path / "m") is None
