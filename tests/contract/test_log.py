"""Port ``Log``: what every adapter promises, and what the SQLite one does when its file is damaged."""

# ruff: noqa: ASYNC220, ASYNC240 - nothing else runs on the loop of a test that harms files

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from soc.kernel.errors import Conflict, Corrupt, StoreError
from soc.ports.log import Log, LogRecord, StreamEnd
from soc.stores.memory_log import MemoryLog
from soc.stores.sqlite_log import SqliteLog

OpenLog = Callable[[], Log]


@pytest.fixture(params=["memory", "sqlite"])
def connect(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenLog]:
    """Opens one more connection to the same streams."""
    opened: list[SqliteLog] = []
    memory = MemoryLog()

    def sqlite_log() -> Log:
        opened.append(SqliteLog.open(tmp_path / "ledger.db"))
        return opened[-1]

    yield sqlite_log if request.param == "sqlite" else lambda: memory
    for log in opened:
        log.close()


async def read_all(log: Log, stream: str, start: int = 0) -> list[LogRecord]:
    return [record async for record in log.read(stream, start)]


async def test_records_come_back_in_order_from_where_one_asks(connect: OpenLog) -> None:
    log = connect()
    for n in range(200):
        await log.append("a", n, b"head %d" % n, [b"x", b""])
    assert [record.n for record in await read_all(log, "a")] == list(range(200))
    assert await read_all(log, "a", 198) == [
        LogRecord(198, b"head 198", (b"x", b"")),
        LogRecord(199, b"head 199", (b"x", b"")),
    ]
    assert await read_all(log, "a", 200) == []
    assert await read_all(log, "nowhere") == []


async def test_another_connection_sees_what_was_appended(connect: OpenLog) -> None:
    await connect().append("a", 0, b"seen")
    assert await read_all(connect(), "a") == [LogRecord(0, b"seen", ())]


async def test_a_taken_number_is_a_conflict_and_changes_nothing(connect: OpenLog) -> None:
    first, second = connect(), connect()
    await first.append("a", 0, b"first", [b"p"])
    with pytest.raises(Conflict, match="record 0 exists"):
        await second.append("a", 0, b"second")
    assert await read_all(second, "a") == [LogRecord(0, b"first", (b"p",))]


async def test_a_hole_is_refused(connect: OpenLog) -> None:
    log = connect()
    with pytest.raises(StoreError, match="hole") as refused:
        await log.append("a", 1, b"early")
    assert not isinstance(refused.value, Conflict)
    assert await log.streams("") == []


async def test_streams_are_listed_by_prefix_and_name(connect: OpenLog) -> None:
    log = connect()
    for name in ("feed/2026-01-02/b", "feed/2026-01-02/a", "ledger", "feed_/x", "feed/%"):
        await log.append(name, 0, b"h")
    await log.append("feed/2026-01-02/a", 1, b"h")
    assert await log.streams("feed/") == [
        StreamEnd("feed/%", 1),
        StreamEnd("feed/2026-01-02/a", 2),
        StreamEnd("feed/2026-01-02/b", 1),
    ]


async def test_an_erased_payload_is_gone_and_its_record_stays(connect: OpenLog) -> None:
    log = connect()
    await log.append("a", 0, b"h", [b"keep", b"secret"])
    await log.erase("a", 0, 1)
    await log.erase("a", 0, 1)
    assert await read_all(connect(), "a") == [LogRecord(0, b"h", (b"keep", None))]


@pytest.mark.parametrize(("n", "part"), [(0, 1), (1, 0), (0, -1), (-1, 0)])
async def test_erasing_what_is_not_there_is_an_error(connect: OpenLog, n: int, part: int) -> None:
    log = connect()
    await log.append("a", 0, b"h", [b"keep"])
    with pytest.raises(StoreError, match="no payload"):
        await log.erase("a", n, part)
    assert await read_all(log, "a") == [LogRecord(0, b"h", (b"keep",))]


async def test_a_dropped_stream_is_gone_and_its_name_is_free(connect: OpenLog) -> None:
    log = connect()
    await log.append("a", 0, b"h")
    await log.append("b", 0, b"h")
    await log.drop("a")
    await log.drop("a")
    assert await log.streams("") == [StreamEnd("b", 1)]
    await log.append("a", 0, b"again")
    assert await read_all(log, "a") == [LogRecord(0, b"again", ())]


async def test_a_reading_ends_where_the_stream_ended_when_it_began(connect: OpenLog) -> None:
    log = connect()
    for n in range(3):
        await log.append("a", n, b"h")
    seen = []
    async for record in log.read("a", 0):
        seen.append(record.n)
        await log.append("a", 3 + record.n, b"later")
    assert seen == [0, 1, 2]


async def test_of_writers_racing_for_a_number_one_wins(connect: OpenLog) -> None:
    logs = [connect() for _ in range(4)]
    wins: list[tuple[int, bytes]] = []

    async def compete(log: Log, name: bytes) -> None:
        for n in range(20):
            try:
                await log.append("a", n, name)
            except Conflict:
                continue
            wins.append((n, name))

    async with asyncio.TaskGroup() as group:
        for i, log in enumerate(logs):
            group.create_task(compete(log, b"writer %d" % i))
    assert sorted(wins) == [(record.n, record.head) for record in await read_all(logs[0], "a")]
    assert len(wins) == 20


WRITER = """
import asyncio, sys
from soc.kernel.errors import Conflict
from soc.stores.sqlite_log import SqliteLog

async def main(path, name):
    log, n, won = SqliteLog.open(path), 0, 0
    print("ready", flush=True)
    sys.stdin.readline()
    while won < 50:
        try:
            await log.append("a", n, name.encode())
            won += 1
        except Conflict:
            pass
        n += 1

asyncio.run(main(*sys.argv[1:]))
"""


async def test_writers_in_other_processes_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two", "three")
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.communicate("go\n", timeout=30)
        assert writer.returncode == 0
    log = SqliteLog.open(path)
    heads = [record.head for record in await read_all(log, "a")]
    log.close()
    assert {name: heads.count(name) for name in set(heads)} == {b"one": 50, b"two": 50, b"three": 50}


@pytest.fixture
async def damaged(tmp_path: Path) -> Path:
    """A closed file of five records, ready to be harmed."""
    path = tmp_path / "ledger.db"
    log = SqliteLog.open(path)
    for n in range(5):
        await log.append("a", n, b"head-%d" % n, [b"payload-%d" % n])
    log.close()
    return path


def harm(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE record SET head = CAST('Head-3' AS BLOB) WHERE n = 3",
        "UPDATE record SET parts = x'91c40178' WHERE n = 3",
        "UPDATE record SET sum = x'00' WHERE n = 3",
        "UPDATE record SET head = 7 WHERE n = 3",
        "UPDATE record SET head = (SELECT head FROM record WHERE n = 2) WHERE n = 3",
    ],
)
async def test_a_changed_record_is_corrupt(damaged: Path, statement: str) -> None:
    harm(damaged, statement)
    log = SqliteLog.open(damaged)
    with pytest.raises(Corrupt, match="record 3"):
        await read_all(log, "a")
    assert await anext(log.read("a", 0)) == LogRecord(0, b"head-0", (b"payload-0",))
    log.close()


@pytest.mark.parametrize(("lost", "expected"), [(0, 0), (2, 2), (4, 4)])
async def test_a_deleted_record_is_corrupt_even_at_the_end(damaged: Path, lost: int, expected: int) -> None:
    harm(damaged, f"DELETE FROM record WHERE n = {lost}")
    log = SqliteLog.open(damaged)
    with pytest.raises(Corrupt, match=f"record {expected} is missing"):
        await read_all(log, "a")
    log.close()


async def test_a_flipped_byte_in_the_file_is_corrupt(damaged: Path) -> None:
    data = damaged.read_bytes()
    place = data.index(b"payload-2")
    damaged.write_bytes(data[:place] + b"P" + data[place + 1 :])
    log = SqliteLog.open(damaged)
    with pytest.raises(Corrupt, match="record 2 fails its check"):
        await read_all(log, "a")
    log.close()


async def test_a_file_that_is_no_database_is_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"not a database " * 1000)
    with pytest.raises(Corrupt):
        SqliteLog.open(path)


async def test_a_truncated_file_is_an_error_and_never_a_shorter_ledger(damaged: Path) -> None:
    damaged.write_bytes(damaged.read_bytes()[:-4096])
    with pytest.raises(StoreError):  # noqa: PT012 - SQLite finds it while opening or while reading
        log = SqliteLog.open(damaged)
        try:
            await read_all(log, "a")
        finally:
            log.close()


@pytest.mark.parametrize("cut", [1, 500, 4096])
async def test_a_write_torn_by_a_crash_never_happened(tmp_path: Path, cut: int) -> None:
    path, copy = tmp_path / "ledger.db", tmp_path / "copy.db"
    log = SqliteLog.open(path)
    for n in range(3):
        await log.append("a", n, b"h%d" % n, [b"x" * 3000])
    journal = Path(f"{path}-wal").read_bytes()
    shutil.copy(path, copy)
    log.close()
    Path(f"{copy}-wal").write_bytes(journal[:-cut])
    survivor = SqliteLog.open(copy)
    assert [record.n for record in await read_all(survivor, "a")] == [0, 1]
    await survivor.append("a", 2, b"again")
    survivor.close()


async def test_an_erased_payload_is_in_no_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    log = SqliteLog.open(path)
    await log.append("a", 0, b"h", [b"the patient's name"])
    await log.erase("a", 0, 0)
    for file in tmp_path.iterdir():
        assert b"patient" not in file.read_bytes()
    log.close()


async def test_a_read_only_log_writes_nothing(damaged: Path) -> None:
    log = SqliteLog.open(damaged, read_only=True)
    assert len(await read_all(log, "a")) == 5
    with pytest.raises(StoreError):
        await log.append("a", 5, b"h")
    log.close()
