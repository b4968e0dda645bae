"""Readers in processes of their own: whatever becomes of them is told in words."""

from pathlib import Path

import pytest

from collectors.sources.apart import PROCESSOR_S, Item, reading_apart
from soc.kernel.errors import RecordError

PROGRAM = "import sys; from collectors.sources.apart import *; out = sys.stdout.buffer\n"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file that is the program ``reader``."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path / "reader.py"


def write(program: Path, text: str) -> None:
    program.write_text(PROGRAM + text)


async def read(program: Path, text: str, *, patience_s: float = 20) -> tuple[list[Item], list[str], str]:
    write(program, text)
    items: list[Item] = []
    async with reading_apart("reader", [], patience_s=patience_s) as child:
        async for portion in child.portions():
            items += portion
    return items, child.remarks, child.identity


async def test_records_remarks_and_identity_come_through(module: Path) -> None:
    items, remarks, identity = await read(
        module, "write_identity(out, 'd1'); write_record(out, 7, b'x\\n\\0'); write_remark(out, 'odd')"
    )
    assert [(item.number, item.raw) for item in items] == [(7, b"x\n\0")]
    assert (remarks, identity) == (["odd"], "d1")


async def test_a_record_that_is_too_long_is_cut(module: Path) -> None:
    items, _, _ = await read(module, "write_record(out, 1, b'x' * (2 << 20))")
    assert [len(item.raw) for item in items] == [1 << 20]


async def test_a_reader_that_fails_says_why(module: Path) -> None:
    with pytest.raises(RecordError, match="no such thing"):
        await read(module, "write_remark(out, 'no such thing'); out.flush(); sys.exit(1)")


async def test_a_reader_that_is_killed_is_said_to_be(module: Path) -> None:
    with pytest.raises(RecordError, match="ended by signal 9"):
        await read(module, "import os; os.kill(os.getpid(), 9)")


async def test_a_reader_that_runs_in_circles_is_said_to(module: Path) -> None:
    with pytest.raises(RecordError, match="60 s of processor time"):
        await read(
            module,
            "write_remark(out, 'odd'); out.flush(); import os, signal; os.kill(os.getpid(), signal.SIGXCPU)",
        )
    with pytest.raises(RecordError, match="status 3"):
        await read(module, "sys.exit(3)")


async def test_a_reader_that_says_nothing_is_given_up(module: Path) -> None:
    with pytest.raises(RecordError, match=r"nothing came within 0\.2 s"):
        await read(module, "import time; time.sleep(30)", patience_s=0.2)


async def test_what_a_broken_reader_prints_is_not_believed(module: Path) -> None:
    with pytest.raises(RecordError, match="something else than items"):
        await read(module, "out.write(b'\\x09' + b'\\0' * 40)")
    with pytest.raises(RecordError, match="bytes at once"):
        await read(module, "out.write(b'\\x01' + b'\\xff' * 40)")


async def test_a_reader_takes_no_more_memory_than_it_may(module: Path) -> None:
    with pytest.raises(RecordError, match="MemoryError"):
        await read(
            module,
            "limit_myself()\n"
            "try: bytearray(600 << 20)\n"
            "except MemoryError: write_remark(out, 'MemoryError'); out.flush(); sys.exit(1)",
        )


async def test_a_reader_takes_no_more_processor_time_than_it_may(module: Path) -> None:
    _, remarks, _ = await read(
        module,
        "limit_myself(); import resource; write_remark(out, str(resource.getrlimit(resource.RLIMIT_CPU)))",
    )
    assert remarks == [f"({PROCESSOR_S}, {PROCESSOR_S})"]


async def test_a_reader_ends_with_the_block(module: Path) -> None:
    write(module, "write_record(out, 1, b'x'); out.flush()\nimport time; time.sleep(60)")
    async with reading_apart("reader", []) as child:
        pass
    assert child.process.returncode == -9
