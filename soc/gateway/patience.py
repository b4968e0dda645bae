"""Patience: how long a connection may keep the gateway waiting before it is ended.

The HTTP server has no time limit between a connection and its first complete header. So each
connection's protocol stands behind a guard that knows whether a handler works on a request: while none
does, a header that was begun must be complete soon, and a connection that says nothing is not kept for
long. What a handler reads it limits by itself (``bodies``); what a peer does not read ends it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Patience:
    """The longest waits."""

    handshake: timedelta = timedelta(seconds=10)
    header: timedelta = timedelta(seconds=15)
    """From the first byte of a request, or from the handshake, to a handler."""
    idle: timedelta = timedelta(seconds=90)
    """Between requests, and for a peer that does not read its answer."""


class Guarded(asyncio.Protocol):
    """Hands everything on to the protocol *inner* and ends the connection when a wait is over."""

    def __init__(self, inner: asyncio.Protocol, patience: Patience) -> None:
        """Guard *inner*; made in a running loop."""
        self._inner = inner
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._quiet = False
        self.lost: asyncio.Future[None] = self._loop.create_future()
        """Done when the connection is no more."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for a first request."""
        self._transport = cast("asyncio.Transport", transport)
        self._await_within(self._patience.header)
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Hand on; the first byte after silence begins a header."""
        if self._quiet:
            self._quiet = False
            self._await_within(self._patience.header)
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """Hand on."""
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        """Bear it for a while that the peer does not read."""
        self._stalled = self._loop.call_later(self._patience.idle.total_seconds(), self._end)
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Go on: the peer reads its answer."""
        _cancel(self._stalled)
        if self._quiet:
            self._await_within(self._patience.idle)
        self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand on and tell whoever waits for the end."""
        _cancel(self._deadline)
        _cancel(self._stalled)
        self._inner.connection_lost(exc)
        if not self.lost.done():
            self.lost.set_result(None)

    def handling(self) -> None:
        """Wait no more: a handler has a request in hand."""
        self._quiet = False
        _cancel(self._deadline)

    def handled(self) -> None:
        """Wait for the next request."""
        if not self.lost.done():
            self._quiet = True
            self._await_within(self._patience.idle)

    def _await_within(self, wait: timedelta) -> None:
        _cancel(self._deadline)
        self._deadline = self._loop.call_later(wait.total_seconds(), self._end)

    def _end(self) -> None:
        if self._transport is not None:
            self._transport.abort()


@contextmanager
def in_hand(transport: asyncio.BaseTransport | None) -> Iterator[None]:
    """Let the guard of *transport*, if it has one, know that its request is being handled."""
    guarded = None if transport is None else transport.get_protocol()
    if not isinstance(guarded, Guarded):
        yield
        return
    guarded.handling()
    try:
        yield
    finally:
        guarded.handled()


@web.middleware
async def patient(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Handle *request* without the guard's deadline."""
    with in_hand(request.transport):
        return await handler(request)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
