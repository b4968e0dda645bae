"""One file, whole transactions."""

import sqlite3
from pathlib import Path

import pytest

from soc.ncsc_stub.database import Database, tally


def count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(sum(n), 0) FROM tally").fetchone()[0])


def fail(connection: sqlite3.Connection) -> None:
    tally(connection, "x")
    message = "no"
    raise ValueError(message)


async def test_what_raises_leaves_nothing(tmp_path: Path) -> None:
    async with Database(tmp_path / "new" / "ncsc.sqlite") as database:
        await database.run(lambda connection: tally(connection, "x"))
        with pytest.raises(ValueError, match="no"):
            await database.run(fail)
        assert await database.run(count) == 1


async def test_commits_are_flushed_to_the_disk(tmp_path: Path) -> None:
    async with Database(tmp_path / "ncsc.sqlite") as database:
        asked = await database.run(
            lambda connection: (
                connection.execute("PRAGMA journal_mode").fetchone()[0],
                connection.execute("PRAGMA synchronous").fetchone()[0],
            )
        )
    assert asked == ("wal", 2)


async def test_data_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ncsc.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(sqlite3.DatabaseError, match="version 99"):
        Database(path)
