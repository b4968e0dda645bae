"""The frame that every door is set into: one listener for all, opened with the process, closed in order."""

import asyncio
import logging
import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from soc.gateway.doors import Talks
from soc.gateway.listener import Listener, bind
from soc.gateway.patience import patient
from soc.gateway.refusals import Holding

GRACE = timedelta(seconds=5)
"""Requests in hand are given so long to end."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Opens doors; what *edges* closes in the end first refuses the new, then ends what is in hand."""

    edges: AsyncExitStack
    group: asyncio.TaskGroup
    listener: Listener
    holding: Holding

    async def http(self, listen: str, tls: ssl.SSLContext, app: web.Application) -> str:
        """Serve *app*, bodies as they were sent, at *listen*; return ``HOST:PORT``.

        Raises:
            ConfigError: the address cannot be listened on.
        """
        app.middlewares[:0] = [patient, self.holding.held]
        runner = web.AppRunner(
            app,
            access_log=None,
            logger=_defects_only(),
            shutdown_timeout=GRACE.total_seconds(),
            auto_decompress=False,
        )
        await runner.setup()
        self.edges.push_async_callback(runner.cleanup)
        assert runner.server is not None
        return await self._open(listen, tls, runner.server)

    async def stream(self, listen: str, tls: ssl.SSLContext, talks: Talks) -> str:
        """Let *talks* begin at *listen*; return ``HOST:PORT``.

        Raises:
            ConfigError: the address cannot be listened on.
        """
        await self.edges.enter_async_context(talks.ended_after())
        return await self._open(listen, tls, talks.protocol)

    async def _open(self, listen: str, tls: ssl.SSLContext, protocol: Callable[[], asyncio.Protocol]) -> str:
        door = self.edges.enter_context(await bind(listen))
        accepting = self.group.create_task(self.listener.accept(door, tls, protocol), name=f"accept {listen}")
        self.edges.push_async_callback(_cancelled, accepting)
        host, port = door.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def collectors_tls(certificate: Path, key: Path, client_ca: Path) -> ssl.SSLContext:
    """Return the collectors' TLS: 1.3, client certificates verified where given (enrolment has none)."""
    context = others_tls(certificate, key, client_ca, anonymous=True)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


def others_tls(certificate: Path, key: Path, client_ca: Path, *, anonymous: bool) -> ssl.SSLContext:
    """Return the TLS of other programs: 1.2 at least; *anonymous* ones must have an API key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(client_ca)
    context.verify_mode = ssl.CERT_OPTIONAL if anonymous else ssl.CERT_REQUIRED
    return context


def _defects_only() -> logging.Logger:
    """Return the HTTP server's logger: it says defects, not what any stranger can make it say for ever."""
    logger = logging.getLogger("aiohttp.server.gateway")
    logger.addFilter(_is_defect)
    return logger


def _is_defect(said: logging.LogRecord) -> bool:
    return said.exc_info is None or not isinstance(said.exc_info[1], HttpProcessingError)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
