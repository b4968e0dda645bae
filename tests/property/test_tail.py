"""However a log is rotated, packed, read, lost and taken up again: every line is kept, and kept once."""

import asyncio
import gzip
import shutil
import tempfile
from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import count
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from support.tailing import Watched

from collectors.cutting import Manner


class Site:
    """A program that writes, a logrotate that rotates, and a collector."""

    def __init__(self, folder: Path, manner: Manner) -> None:
        self.log = folder / "app.log"
        self.watched = Watched(f"{self.log}*", manner=manner)
        self.written: list[str] = []
        self._numbers = count()
        self._half = ""

    def write(self) -> None:
        """Some whole lines; the first ends a line that was begun."""
        for _ in range(3):
            line = f"line {next(self._numbers)} {'x' * 40}"
            self._append(line.removeprefix(self._half) + "\n")
            self._half = ""
            self.written.append(line)

    def write_much(self) -> None:
        for _ in range(40):
            self.write()

    def begin_a_line(self) -> None:
        if not self._half:
            number = next(self._numbers)
            self._numbers = count(number)
            self._half = f"line {number}"
            self._append(self._half)

    def rename(self) -> None:
        self._finish()
        self._shift()
        if self.log.exists():
            self.log.rename(f"{self.log}.1")

    def copy_and_truncate(self) -> None:
        self._finish()
        self._shift()
        if self.log.exists():
            shutil.copy(self.log, f"{self.log}.1")
            self.log.write_bytes(b"")

    def pack(self) -> None:
        self._pack(1)

    def pack_late(self) -> None:
        self._pack(2)

    async def poll(self) -> None:
        await self.watched.poll()

    async def wait_long(self) -> None:
        await self.watched.poll(after=timedelta(minutes=6))

    async def restart(self) -> None:
        self.watched.restart()

    async def crash(self) -> None:
        """What was read last never became durable."""
        await self.watched.lose()
        self.watched.restart()

    async def settle(self) -> list[str]:
        self._finish()
        for _ in range(4):
            await self.watched.poll()
            await self.watched.poll(after=timedelta(minutes=6))
        self.watched.close()
        return [record.raw.decode() for record in self.watched.records]

    def _append(self, text: str) -> None:
        with self.log.open("a") as file:
            file.write(text)

    def _finish(self) -> None:
        if self._half:
            self.write()

    def _shift(self) -> None:
        for number in range(9, 0, -1):
            for suffix in ("", ".gz"):
                old = Path(f"{self.log}.{number}{suffix}")
                if old.exists():
                    old.rename(f"{self.log}.{number + 1}{suffix}")

    def _pack(self, number: int) -> None:
        plain = Path(f"{self.log}.{number}")
        if plain.exists():
            Path(f"{plain}.gz").write_bytes(gzip.compress(plain.read_bytes()))
            plain.unlink()


DONE: Mapping[str, Callable[[Site], object]] = {
    name: getattr(Site, name)
    for name in (
        "write",
        "write_much",
        "begin_a_line",
        "rename",
        "copy_and_truncate",
        "pack",
        "pack_late",
        "poll",
        "wait_long",
        "restart",
        "crash",
    )
}


async def _played(story: list[str], manner: Manner) -> tuple[list[str], list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder), manner)
        for name in story:
            done = DONE[name](site)
            if asyncio.iscoroutine(done):
                await done
        return await site.settle(), site.written


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(DONE)), max_size=25), st.sampled_from([Manner(), Manner(begins="^line")])
)
def test_every_line_is_kept_once(story: list[str], manner: Manner) -> None:
    kept, written = asyncio.run(_played(story, manner))
    assert sorted(kept) == sorted(written)
