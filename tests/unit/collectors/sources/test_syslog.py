"""Syslog over real datagrams: every message that reached us, in order, with its sender."""

import asyncio
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from support.sending import received, running

from collectors.reading import Stamp
from collectors.sources.listening import listen_udp
from collectors.sources.syslog import SyslogUdp
from soc.kernel.clock import ManualClock

STAMP = Stamp("net", "syslog", "UTC", ManualClock(datetime(2026, 11, 24, tzinfo=UTC)))


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
