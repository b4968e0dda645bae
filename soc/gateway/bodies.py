"""Bodies of requests: read within a size and a time."""

import asyncio

from aiohttp import web

from soc.kernel.errors import WireError

TIMEOUT_S = 60


async def read(request: web.Request, limit: int) -> bytes:
    """Return the body as it was sent.

    Raises:
        WireError: it is larger than *limit* bytes.
        TimeoutError: it did not arrive in time.
    """
    body = bytearray()
    async with asyncio.timeout(TIMEOUT_S):
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > limit:
                raise WireError(f"body larger than {limit} bytes")
    return bytes(body)
