"""Figures of a running collector in the text format of Prometheus, on loopback, written by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from collectors.lag import Lag
from soc.kernel.clock import Clock
from soc.kernel.errors import ConfigError
from soc.spool.journal import Journal

PATIENCE = timedelta(seconds=10)
"""With a visitor who does not say what is wanted."""
CONNECTIONS = 8
MAX_HEAD_BYTES = 8 << 10
_CONTENT = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Figures:
    """Where the figures come from."""

    journal: Journal
    lag: Lag
    clock: Clock

    def text(self) -> str:
        """Return every figure of this moment, one a line, with what it means."""
        return "".join(
            f"# HELP {name} {meaning}\n# TYPE {name} {kind}\n{lines}"
            for name, kind, meaning, lines in self._all()
        )

    def _all(self) -> Iterator[tuple[str, str, str, str]]:
        journal, now_ms = self.journal, self.clock.now_ms()
        numbers = (
            ("next_seq", "counter", "Number of the next record.", journal.next_seq),
            ("acked_seq", "counter", "Everything below was delivered.", journal.acked_seq),
            ("spool_bytes", "gauge", "What the spool takes on the disk.", journal.used_bytes),
            ("spool_limit_bytes", "gauge", "The most it may take.", journal.limit_bytes),
            ("shed_records", "counter", "Records let go since the start.", journal.shed_records),
            ("refused_records", "counter", "Records that no centre took.", journal.refused_records),
            ("quarantined_segments", "counter", "Damaged segments since the start.", journal.quarantined),
            ("spool_trouble", "gauge", "1 while the spool's disk fails.", int(bool(journal.trouble))),
        )
        for name, kind, meaning, value in numbers:
            full = f"soc_collector_{name}"
            yield full, kind, meaning, f"{full} {value}\n"
        name = "soc_collector_lag_seconds"
        lags = [
            f'{name}{{source="{state.source}"}} {max(0, now_ms - state.oldest_unacked_ms) / 1000}\n'
            for state in self.lag.states(now_ms)
        ]
        yield name, "gauge", "Age of the oldest record that is not delivered.", "".join(lags)


@asynccontextmanager
async def shown(
    address: tuple[str, int] | None, text: Callable[[], str], *, patience: timedelta = PATIENCE
) -> AsyncIterator[int]:
    """Answer every ``GET`` at *address* with *text* while the context lasts; yield the port, 0 without one.

    Raises:
        ConfigError: the address cannot be listened on.
    """
    if address is None:
        yield 0
        return
    places = asyncio.Semaphore(CONNECTIONS)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with places:
            await _answer(reader, writer, text, patience)

    try:
        server = await asyncio.start_server(serve, *address, limit=MAX_HEAD_BYTES)
    except OSError as error:
        raise ConfigError(f"collector.metrics: {address[0]}:{address[1]}: {error.strerror}") from error
    async with server:
        yield int(server.sockets[0].getsockname()[1])


async def _answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, text: Callable[[], str], patience: timedelta
) -> None:
    try:
        # Whoever asks in no whole request, slowly, or not to the end does not want to hear it.
        with suppress(TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(patience.total_seconds()):
                head = await reader.readuntil(b"\r\n\r\n")
                status, body = (
                    ("200 OK", text().encode())
                    if head.startswith(b"GET ")
                    else ("405 Method Not Allowed", b"")
                )
                lines = (
                    f"HTTP/1.1 {status}",
                    f"Content-Type: {_CONTENT}",
                    f"Content-Length: {len(body)}",
                    "Connection: close",
                )
                writer.write("\r\n".join((*lines, "", "")).encode() + body)
                await writer.drain()
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
