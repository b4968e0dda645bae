"""The marker may be stale or unreadable, never wrong."""

from pathlib import Path

import pytest

from soc.spool.marker import Marker, read_marker, write_marker


def test_a_marker_is_read_back(tmp_path: Path) -> None:
    write_marker(tmp_path / "m", Marker(7, 8))
    write_marker(tmp_path / "m", Marker(941, 2207))
    assert read_marker(tmp_path / "m") == Marker(941, 2207)
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"941 941\n",
        bytes(42),
        b"%020d %020d" % (1, 2),
        b"%020d %020d\n" % (3, 2),
        b"%020d %020d\n" % (0, 2),
        b"0" * 500,
    ],
    ids=["empty", "short", "zeros", "torn", "turned", "none", "long"],
)
def test_a_marker_that_is_not_whole_is_not_trusted(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m").write_bytes(content)
    assert read_marker(tmp_path / "m") is None


def test_a_missing_marker_says_nothing(tmp_path: Path) -> None:
    assert read_marker(tmp_path / "m") is None
