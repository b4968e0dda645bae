"""Syslog over real connections: every message that was read, in order, with its sender."""

import asyncio
import socket
from datetime import UTC, datetime

from support.sending import received, running, send

from collectors.reading import Stamp
from collectors.sources.listening import listen_tcp
from collectors.sources.seats import Seats
from collectors.sources.syslog_tcp import SyslogTcp
from soc.kernel.clock import ManualClock

STAMP = Stamp("net", "syslog", "UTC", ManualClock(datetime(2026, 11, 24, tzinfo=UTC)))


async def test_lines_and_counted_messages_come_over_one_connection() -> None:
    listener = listen_tcp("127.0.0.1", 0)
    async with running(SyslogTcp(listener, STAMP)) as out:
        await send(listener, b"<1>li", b"ne\n7 <2>a", b"\nbc<3>next\r\n")
        records = await received(out, 3)
    assert [record.raw for record in records] == [b"<1>line", b"<2>a\nbc", b"<3>next"]
    assert records[0].peer == "127.0.0.1"


async def test_what_a_connection_leaves_unfinished_is_kept_as_a_part() -> None:
    listener = listen_tcp("127.0.0.1", 0)
    async with running(SyslogTcp(listener, STAMP)) as out:
        await send(listener, b"<1>whole\n<1>unfini")
        records = await received(out, 2)
    assert [(record.raw, record.split) for record in records] == [(b"<1>whole", False), (b"<1>unfini", True)]


async def test_a_reset_connection_stops_no_other() -> None:
    listener = listen_tcp("127.0.0.1", 0)
    async with running(SyslogTcp(listener, STAMP)) as out:
        rude = socket.create_connection(listener.getsockname())
        rude.sendall(b"<1>kept\n")
        assert [record.raw for record in await received(out, 1)] == [b"<1>kept"]
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        rude.close()
        await send(listener, b"<1>other\n")
        assert [record.raw for record in await received(out, 1)] == [b"<1>other"]


async def test_an_endless_line_takes_no_endless_memory() -> None:
    listener = listen_tcp("127.0.0.1", 0)
    async with running(SyslogTcp(listener, STAMP, limit=1000)) as out:
        await send(listener, b"<1>" + b"x" * 4997 + b"\n")
        records = await received(out, 5)
    assert [len(record.raw) for record in records] == [1000] * 5
    assert all(record.split for record in records)


async def test_a_full_channel_stops_the_reading_and_loses_nothing() -> None:
    listener = listen_tcp("127.0.0.1", 0)
    lines = [f"<1>line {n} {'x' * 200}".encode() for n in range(20_000)]
    async with running(SyslogTcp(listener, STAMP), capacity=1) as out, asyncio.TaskGroup() as tasks:
        tasks.create_task(send(listener, b"\n".join(lines) + b"\n"))
        records = await received(out, len(lines))
    assert [record.raw for record in records] == lines


async def test_a_connection_that_never_says_a_word_is_let_go() -> None:
    listener = listen_tcp("127.0.0.1", 0)
    async with running(SyslogTcp(listener, STAMP, first_word_s=0.05)):
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()


async def test_a_device_with_too_many_connections_loses_its_own_silent_ones_only() -> None:
    listener = listen_tcp("127.0.0.1", 0)
    seats = Seats(total=8, of_one=2)
    async with running(SyslogTcp(listener, STAMP, seats=seats)) as out:
        spoken = await asyncio.open_connection(*listener.getsockname())
        spoken[1].write(b"<1>one\n<1>unfini")
        assert [record.raw for record in await received(out, 1)] == [b"<1>one"]
        mute = await asyncio.open_connection(*listener.getsockname())
        third = await asyncio.open_connection(*listener.getsockname())
        async with asyncio.timeout(5):
            assert await mute[0].read() == b""
        spoken[1].write(b"shed\n")
        third[1].write(b"<1>third\n")
        assert {record.raw for record in await received(out, 2)} == {b"<1>unfinished", b"<1>third"}
        for _, writer in (spoken, mute, third):
            writer.close()


async def test_a_connection_that_was_reset_in_a_message_keeps_what_came() -> None:
    listener = listen_tcp("127.0.0.1", 0)
    async with running(SyslogTcp(listener, STAMP)) as out:
        rude = socket.create_connection(listener.getsockname())
        rude.sendall(b"<1>whole\n<1>half")
        assert [record.raw for record in await received(out, 1)] == [b"<1>whole"]
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        rude.close()
        assert [(record.raw, record.split) for record in await received(out, 1)] == [(b"<1>half", True)]


async def test_a_connection_closed_on_one_side_is_read_to_its_end() -> None:
    listener = listen_tcp("127.0.0.1", 0)
    async with running(SyslogTcp(listener, STAMP)) as out:
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(b"<1>one\n<1>two")
        writer.write_eof()
        assert [record.raw for record in await received(out, 2)] == [b"<1>one", b"<1>two"]
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()


async def test_a_connection_that_waits_for_us_is_not_cut_off_for_silence() -> None:
    listener = listen_tcp("127.0.0.1", 0)
    seats = Seats(total=1, of_one=1)
    async with running(SyslogTcp(listener, STAMP, seats=seats, first_word_s=0.05), capacity=1) as out:
        lines = [f"<1>line {n} {'x' * 200}".encode() for n in range(5_000)]
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(send(listener, b"\n".join(lines) + b"\n"))
            first = await received(out, 1)
            await asyncio.sleep(0.1)
            reader, second = await asyncio.open_connection(*listener.getsockname())
            async with asyncio.timeout(5):
                assert await reader.read() == b""
            second.close()
            rest = await received(out, len(lines) - len(first))
    assert [record.raw for record in first + rest] == lines
