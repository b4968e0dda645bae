"""Bodies of requests: read within a size, a time and what all of them together may hold."""

import asyncio

from aiohttp import web

from soc.gateway.limits import Memory
from soc.kernel.errors import WireError

TIMEOUT_S = 60
MEMORY_BYTES = 256 << 20


async def read(request: web.Request, limit: int, memory: Memory | None = None) -> bytes:
    """Return the body as it was sent; while it comes it counts in *memory*.

    Raises:
        WireError: it is larger than *limit* bytes.
        StoreBusy: *memory* is full.
        TimeoutError: it did not arrive in time.
    """
    body, memory = bytearray(), memory or Memory(limit)
    try:
        async with asyncio.timeout(TIMEOUT_S):
            async for chunk in request.content.iter_any():
                if len(body) + len(chunk) > limit:
                    raise WireError(f"body larger than {limit} bytes")
                memory.take(len(chunk))
                body += chunk
    finally:
        memory.give(len(body))
    return bytes(body)
