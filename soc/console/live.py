"""Live: one stream of server-sent events a browser; it says that something changed, never what."""

import asyncio

from aiohttp import web

from soc.console.parts import PARTS

BEAT_S = 15


async def live(request: web.Request) -> web.StreamResponse:
    """Tell the browser each time the ledger has grown; ``Last-Event-ID`` goes on where it was."""
    parts = request.app[PARTS]
    answer = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
            "X-Content-Type-Options": "nosniff",
        }
    )
    await answer.prepare(request)
    given = request.headers.get("Last-Event-ID", "")
    seen = int(given) if given.isdecimal() and len(given) < 16 else parts.recorder.chain.next_n
    while not _leaving(request):
        try:
            async with asyncio.timeout(BEAT_S):
                seen = await parts.recorder.wait_beyond(seen)
            await answer.write(f"id: {seen}\nevent: changed\ndata: {seen}\n\n".encode())
        except TimeoutError:
            await answer.write(b": beat\n\n")
        except ConnectionResetError:
            break
    return answer


def _leaving(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()
