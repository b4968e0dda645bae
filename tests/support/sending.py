"""A source that runs beside the test, what comes out of it, and a device that sends to it."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from collectors.reading import Reading, Source
from soc.kernel.channel import Channel
from soc.model.record import Record


@asynccontextmanager
async def running(source: Source, capacity: int = 1000) -> AsyncIterator[Channel[Reading]]:
    out = Channel[Reading](capacity)
    try:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(source.run(out))
            yield out
            task.cancel()
    finally:
        source.close()


async def received(out: Channel[Reading], count: int) -> list[Record]:
    records: list[Record] = []
    async with asyncio.timeout(5):
        async for reading in out:
            records += reading.records
            if len(records) >= count:
                break
    return records


async def send(listener: socket.socket, *chunks: bytes, tls: ssl.SSLContext | None = None) -> None:
    _, writer = await asyncio.open_connection(*listener.getsockname(), ssl=tls)
    for chunk in chunks:
        writer.write(chunk)
        await writer.drain()
        await asyncio.sleep(0)
    writer.close()
    await writer.wait_closed()
