"""Apart: a file that may hold anything is read by a process of its own, with bounded memory and time.

    child: limits itself, reads the file ──► pipe: kind, number, length, bytes ──► items here

What breaks the reader, makes it run in circles or eat all memory ends that process and nothing else.
"""

import asyncio
import signal
import struct
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import IntEnum
from typing import BinaryIO, NamedTuple, assert_never

from soc.kernel.errors import RecordError
from soc.wire.codec import MAX_RECORD_BYTES

MEMORY_BYTES = 512 << 20
PROCESSOR_S = 60
PATIENCE_S = 120
"""Longest wait for the next item: the file may lie on a share that does not answer."""
MAX_REMARKS = 8
MAX_REMARK_BYTES = 300
PORTION_RECORDS = 500
PORTION_BYTES = 64 << 10
"""As much as a file is read at once: what waits to be kept stays small."""
GRACE_S = 5
"""For a killed reader to be gone; one that hangs in a share's driver is left to the system."""
_HEAD = struct.Struct(">BQI")


class Kind(IntEnum):
    """What an item is."""

    RECORD = 1
    IDENTITY = 2
    """Digest of what was read."""
    REMARK = 3
    """Words about what could not be read."""


class Item(NamedTuple):
    """One piece of what the child found."""

    kind: Kind
    number: int
    """Of a record, unique in its file and rising; 0 for everything else."""
    raw: bytes
    """At most ``MAX_RECORD_BYTES``; a record of just that size was cut."""


@dataclass(slots=True)
class Apart:
    """The process, and what it has told so far."""

    process: asyncio.subprocess.Process
    patience_s: float
    identity: str = ""
    """Digest of what is read; known with the first records, or after the last."""
    remarks: list[str] = field(default_factory=list[str])

    async def portions(self) -> AsyncIterator[list[Item]]:
        """Yield the records, a handful at a time.

        Raises:
            RecordError: the reader failed; with its last remark.
        """
        portion: list[Item] = []
        size = 0
        async for item in self._items():
            if portion and (len(portion) >= PORTION_RECORDS or size + len(item.raw) > PORTION_BYTES):
                yield portion
                portion, size = [], 0
            portion.append(item)
            size += len(item.raw)
        if portion:
            yield portion
        status = await self.process.wait()
        if status:
            raise RecordError(self.remarks[-1] if self.remarks and status > 0 else _ending(status))

    async def _items(self) -> AsyncIterator[Item]:
        """Yield the records; keep the rest."""
        try:
            while self.process.stdout is not None:
                async with asyncio.timeout(self.patience_s):
                    item = await _next(self.process.stdout)
                if item is None:
                    return
                match item.kind:
                    case Kind.RECORD:
                        yield item
                    case Kind.IDENTITY:
                        self.identity = item.raw.decode("ascii", "replace")
                    case Kind.REMARK:
                        self.remarks = [*self.remarks, item.raw.decode("utf-8", "replace")][-MAX_REMARKS:]
                    case _:
                        assert_never(item.kind)
        except TimeoutError as error:
            raise RecordError(f"nothing came within {self.patience_s:g} s") from error


@asynccontextmanager
async def reading_apart(
    module: str, arguments: Sequence[str], *, patience_s: float = PATIENCE_S
) -> AsyncIterator[Apart]:
    """Run *module* as a program, which ends with the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", module, *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield Apart(process, patience_s)
    finally:
        if process.returncode is None:
            process.kill()
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_S):
                await process.wait()


def _ending(status: int) -> str:
    if status > 0:
        return f"its reader ended with status {status}"
    if status == -signal.SIGXCPU:
        return f"its reader took more than {PROCESSOR_S} s of processor time"
    return f"its reader was ended by signal {-status}"


async def _next(stream: asyncio.StreamReader) -> Item | None:
    try:
        kind, number, size = _HEAD.unpack(await stream.readexactly(_HEAD.size))
        if size > MAX_RECORD_BYTES:
            raise RecordError(f"its reader gave {size} bytes at once")
        return Item(Kind(kind), number, await stream.readexactly(size))
    except asyncio.IncompleteReadError:
        return None
    except ValueError as error:
        raise RecordError("its reader gave something else than items") from error


def limit_myself() -> None:
    """Take no more memory and processor time than a reader may; in the child."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - there is none on Windows

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_S, PROCESSOR_S))


def write_record(stream: BinaryIO, number: int, raw: bytes) -> None:
    """Hand over a record, cut where it is too long; in the child."""
    _write(stream, Item(Kind.RECORD, number, raw[:MAX_RECORD_BYTES]))


def write_identity(stream: BinaryIO, digest: str) -> None:
    """Hand over what the file is known by; in the child."""
    _write(stream, Item(Kind.IDENTITY, 0, digest.encode()))


def write_remark(stream: BinaryIO, text: str) -> None:
    """Hand over words for the log; in the child."""
    _write(stream, Item(Kind.REMARK, 0, text.encode("utf-8", "replace")[:MAX_REMARK_BYTES]))


def _write(stream: BinaryIO, item: Item) -> None:
    stream.write(_HEAD.pack(item.kind, item.number, len(item.raw)))
    stream.write(item.raw)
