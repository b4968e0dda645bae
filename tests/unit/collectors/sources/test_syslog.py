"""Syslog over real sockets: every message that reached us, in order, with its sender."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collectors.reading import Reading, Source, Stamp
from collectors.sources.syslog import SyslogTcp, SyslogUdp, listen_tcp, listen_udp
from soc.kernel.channel import Channel
from soc.kernel.clock import ManualClock
from soc.kernel.errors import ConfigError
from soc.model.record import Record

STAMP = Stamp("net", "syslog", "UTC", ManualClock(datetime(2026, 11, 24, tzinfo=UTC)))


@asynccontextmanager
async def running(source: Source, capacity: int = 1000) -> AsyncIterator[Channel[Reading]]:
    out = Channel[Reading](capacity)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(source.run(out))
        yield out
        task.cancel()
    source.close()


async def received(out: Channel[Reading], count: int) -> list[Record]:
    records: list[Record] = []
    async with asyncio.timeout(5):
        async for reading in out:
            records += reading.records
            if len(records) >= count:
                break
    return records


async def send(listener: socket.socket, *chunks: bytes) -> None:
    _, writer = await asyncio.open_connection(*listener.getsockname())
    for chunk in chunks:
        writer.write(chunk)
        await writer.drain()
        await asyncio.sleep(0)
    writer.close()
    await writer.wait_closed()


async def test_a_datagram_is_a_message() -> None:
    listener = listen_udp("127.0.0.1", 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        async with running(SyslogUdp(listener, STAMP)) as out:
            for data in (b"<13>one\n", b"", b"\0\r\n", b"<13>two\nlines"):
                sender.sendto(data, listener.getsockname())
            records = await received(out, 2)
    assert [record.raw for record in records] == [b"<13>one", b"<13>two\nlines"]
    assert {(record.peer, record.offset, record.fingerprint) for record in records} == {("127.0.0.1", -1, "")}


async def test_datagrams_the_kernel_dropped_are_counted() -> None:
    listener = listen_udp("127.0.0.1", 0)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    clock = ManualClock(datetime(2026, 11, 24, tzinfo=UTC))
    await clock.advance(timedelta(seconds=10))
    source = SyslogUdp(listener, replace(STAMP, clock=clock))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for n in range(300):
            sender.sendto(b"<1>message %d" % n, listener.getsockname())
        async with running(source) as out, asyncio.timeout(5):
            readings = []
            async for reading in out:
                readings.append(reading)
                if not len(out):
                    break
            await clock.advance(timedelta(seconds=2))
            sender.sendto(b"<1>last", listener.getsockname())
            async for reading in out:
                readings.append(reading)
                if reading.records and reading.records[0].raw == b"<1>last":
                    break
    kept = sum(len(reading.records) for reading in readings)
    shed = sum(item.count for reading in readings for item in reading.shed)
    assert kept + shed == 301
    assert shed > 0


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


@pytest.mark.parametrize("listen", [listen_tcp, listen_udp])
def test_an_address_in_use_is_said_in_words(listen: type) -> None:
    first = listen("127.0.0.1", 0)
    with pytest.raises(ConfigError, match="in use"):
        listen("127.0.0.1", first.getsockname()[1])
    first.close()


def test_an_address_that_does_not_exist_is_said_in_words() -> None:
    with pytest.raises(ConfigError, match=r"listen 192\.0\.2\.1:5514"):
        listen_tcp("192.0.2.1", 5514)
