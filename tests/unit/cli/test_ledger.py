import asyncio
import json
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from click.testing import CliRunner, Result
from support.tally import Tally, comment

from soc.cli.ledger import ledger
from soc.kernel.clock import ManualClock
from soc.pipeline.recorder import Recorder
from soc.stores.sqlite_log import SqliteLog


def record(folder: Path, *texts: str, redact: tuple[int, int] | None = None) -> None:
    """Write one entry a text; then redact one."""

    async def write() -> None:
        log = SqliteLog.open(folder / "ledger.db")
        recorder = Recorder(log, (Tally(),), ManualClock(datetime(2026, 1, 1, tzinfo=UTC)))
        await recorder.start()
        for text in texts:
            await recorder.decide(partial(list, [comment(text)]))
        if redact:
            await recorder.redact(*redact, "privacy", "user:lan")
        log.close()

    asyncio.run(write())


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(ledger, [*arguments, "--data-dir", str(folder)])


def harm(folder: Path, statement: str) -> None:
    connection = sqlite3.connect(folder / "ledger.db")
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_sound_ledger_verifies(tmp_path: Path) -> None:
    record(tmp_path, "x", "y", redact=(0, 0))
    result = run(tmp_path, "verify")
    assert result.exit_code == 0
    assert result.output.startswith("3 entries, 3 facts, 1 erased\nhead ")


def test_a_damaged_ledger_does_not(tmp_path: Path) -> None:
    record(tmp_path, "x", "y")
    harm(tmp_path, "UPDATE record SET head = x'00' WHERE n = 1")
    result = run(tmp_path, "verify")
    assert result.exit_code == 1
    assert "record 1 fails its check" in result.output


def test_a_payload_gone_without_a_word_and_one_still_there_are_told(tmp_path: Path) -> None:
    record(tmp_path, "x", "y", redact=(0, 0))

    async def tamper() -> None:
        log = SqliteLog.open(tmp_path / "ledger.db")
        await log.erase("ledger", 1, 0)
        log.close()

    asyncio.run(tamper())
    result = run(tmp_path, "verify")
    assert result.exit_code == 1
    assert "entry 1, fact 0: its payload is gone, and no fact says why" in result.output


def test_the_newest_facts_are_told_oldest_first(tmp_path: Path) -> None:
    record(tmp_path, "x", "y", "z")
    lines = [json.loads(line) for line in run(tmp_path, "tail", "-n", "2").output.splitlines()]
    assert [(line["n"], line["payload"]["text"]) for line in lines] == [(1, "y"), (2, "z")]
    assert lines[0]["at"] == "2026-01-01T00:00:00.000Z"


def test_a_folder_without_a_ledger_is_said_so(tmp_path: Path) -> None:
    result = run(tmp_path, "verify")
    assert result.exit_code == 1
    assert "the centre has not run here yet" in result.output


def test_following_tells_what_is_written_later(tmp_path: Path) -> None:
    record(tmp_path, "x")
    code = f"from soc.cli.ledger import ledger; ledger(['tail', '--follow', '--data-dir', {str(tmp_path)!r}])"
    with subprocess.Popen([sys.executable, "-u", "-c", code], stdout=subprocess.PIPE, text=True) as follower:
        assert follower.stdout is not None
        assert json.loads(follower.stdout.readline())["payload"]["text"] == "x"
        record(tmp_path, "y")
        assert json.loads(follower.stdout.readline())["payload"]["text"] == "y"
        follower.terminate()
