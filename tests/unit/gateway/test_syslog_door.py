"""Syslog in TLS: what was read is stored, whoever cuts the line; who sends is said by the certificate."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from support.centre import Receiving, receiving
from support.doors import (
    ORIGIN,
    Caller,
    Faulty,
    call,
    certified,
    doorway,
    moved_until,
    open_stream_door,
    receipts,
    revoked,
    stored,
)

from soc.gateway.desk import Door
from soc.gateway.syslog_door import Syslog
from soc.kernel.errors import AuthError
from soc.model.event import Mark

LINE = b"<13>Nov 24 08:00:00 host app: "


@asynccontextmanager
async def syslog(
    folder: Path, writer: Faulty | None = None
) -> AsyncIterator[tuple[Receiving, Caller, list[Exception | None]]]:
    """Yield a centre, a sender that is connected, and how conversations ended."""
    centre = await receiving(folder, writer=writer)
    await certified(centre)
    serve = Syslog(doorway(centre, Door.SYSLOG, "syslog")).serve
    async with open_stream_door(centre, serve) as door, call(centre, door.port) as caller:
        yield centre, caller, door.ended


def counted(message: bytes) -> bytes:
    return b"%d %b" % (len(message), message)


async def test_lines_and_counted_messages_are_stored_mixed_as_they_come(tmp_path: Path) -> None:
    async with syslog(tmp_path) as (centre, caller, ended):
        await caller.say(LINE + b"1\n" + counted(LINE + b"2\n2") + LINE + b"3\r\n\n" + counted(LINE + b"4\n"))
        caller.writer.close()
        await moved_until(centre.clock, lambda: bool(ended))
        events = await stored(centre)
        assert [event.original for event in events] == [
            (LINE + end).decode() for end in (b"1", b"2\n2", b"3", b"4")
        ]
        assert {(event.origin, event.source) for event in events} == {(ORIGIN, "syslog")}


async def test_equal_lines_are_as_many_events(tmp_path: Path) -> None:
    async with syslog(tmp_path) as (centre, caller, ended):
        await caller.say((LINE + b"\n") * 2500)
        caller.writer.close()
        await moved_until(centre.clock, lambda: bool(ended))
        assert sum(receipt.stored for receipt in await receipts(centre)) == 2500


async def test_what_a_cut_line_leaves_is_kept_as_a_part(tmp_path: Path) -> None:
    async with syslog(tmp_path) as (centre, caller, ended):
        await caller.say(LINE + b"1\n" + LINE + b"2")
        caller.writer.close()
        await moved_until(centre.clock, lambda: bool(ended))
        whole, part = await stored(centre)
        assert [Mark.SPLIT in event.marks for event in (whole, part)] == [False, True]
        assert ended == [None]


async def test_a_busy_centre_is_waited_for_and_nothing_that_was_read_is_lost(tmp_path: Path) -> None:
    faulty = Faulty()
    faulty.busy(times=200)
    async with syslog(tmp_path, faulty) as (centre, caller, ended):
        await caller.say(LINE + b"1\n")
        await faulty.asked.wait()
        await caller.reset()
        await moved_until(centre.clock, lambda: bool(ended))
        assert ended == [None]
        assert len(await stored(centre, faulty.store)) == 1


async def test_a_busy_centre_reads_no_further(tmp_path: Path) -> None:
    faulty = Faulty()
    async with syslog(tmp_path, faulty) as (centre, caller, _):
        blocked = False
        for _ in range(1000):
            caller.writer.write((LINE + b"x" * 1000 + b"\n") * 1000)
            try:
                async with asyncio.timeout(0.2):
                    await caller.writer.drain()
            except TimeoutError:
                blocked = True
                break
        assert blocked
        caller.writer.transport.abort()
        faulty.may_go_on.set()
        await faulty.asked.wait()
        assert centre.clock.monotonic() == 0


async def test_a_revoked_certificate_ends_a_conversation_at_its_next_message(tmp_path: Path) -> None:
    centre = await receiving(tmp_path)
    serial = await certified(centre)
    serve = Syslog(doorway(centre, Door.SYSLOG, "syslog")).serve
    async with open_stream_door(centre, serve) as door, call(centre, door.port) as caller:
        await caller.say(LINE + b"1\n")
        while not await stored(centre):  # noqa: ASYNC110 - the protocol answers nothing
            await asyncio.sleep(0)
        await revoked(centre, serial)
        await caller.say(LINE + b"2\n")
        assert await caller.hear_end() == b""
        assert [type(error) for error in door.ended] == [AuthError]
        assert len(await stored(centre)) == 1
