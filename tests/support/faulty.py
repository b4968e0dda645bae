"""A bad line: a TCP proxy that cuts or delays the connections through it as its script says, and counts."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

PIECE = 65536
AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER of a connection that ends with a reset."""


@dataclass(frozen=True, slots=True)
class Fate:
    """How one connection goes; what is None never happens."""

    sent: int | None = None
    """Bytes that reach the receiver; then the connection is cut."""
    answers: int | None = None
    """Answers that come back; the next one is swallowed and the connection is cut.

    An answer is whatever the receiver says between two words of the sender.
    """
    delay_s: float = 0.0
    """How long each piece is held, there and back."""


class BadLine:
    """Passes connections on to *target*; the first ones after *script*, all others whole."""

    def __init__(self, target: int, script: Sequence[Fate]) -> None:
        self.port = 0
        self.connections = self.cuts = self.answers = self.bytes_sent = 0
        self.opened = threading.Event()
        self._target = target
        self._script = list(script)
        self._links: set[_Link] = set()
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()

    def run(self) -> None:
        """Serve until `end` is called from another thread."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._listen())

    def end(self) -> None:
        """Cut whatever is open and listen no more."""
        self._loop.call_soon_threadsafe(self._over.set)

    async def _listen(self) -> None:
        async with await asyncio.start_server(self._take, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            self.opened.set()
            await self._over.wait()
            server.close()
            while self._links:
                for link in self._links:
                    link.cut()
                await asyncio.sleep(0.01)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        fate = self._script.pop(0) if self._script else Fate()
        try:
            there, away = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        link = _Link(self, fate, writer, away)
        self._links.add(link)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(link.pass_on(reader))
                group.create_task(link.pass_back(there))
        finally:
            link.close()
            self._links.remove(link)


class _Link:
    """One connection through the line."""

    def __init__(
        self, line: BadLine, fate: Fate, sender: asyncio.StreamWriter, receiver: asyncio.StreamWriter
    ) -> None:
        self._line, self._fate = line, fate
        self._sender, self._receiver = sender, receiver
        self._sent = self._answers = 0
        self._spoken = False

    async def pass_on(self, source: asyncio.StreamReader) -> None:
        """Carry the sender's words, as many as its fate allows."""
        while piece := await self._piece(source):
            allowed = len(piece) if self._fate.sent is None else min(len(piece), self._fate.sent - self._sent)
            self._spoken = True
            self._sent += allowed
            self._line.bytes_sent += allowed
            await self._write(self._receiver, piece[:allowed])
            if self._sent == self._fate.sent:
                self.cut()
                self._line.cuts += 1
                return
        _end(self._receiver)

    async def pass_back(self, source: asyncio.StreamReader) -> None:
        """Carry the receiver's answers, as many as its fate allows."""
        while piece := await self._piece(source):
            if self._spoken and self._answers == self._fate.answers:
                self.cut()
                self._line.cuts += 1
                return
            if self._spoken:
                self._spoken = False
                self._answers += 1
                self._line.answers += 1
            await self._write(self._sender, piece)
        _end(self._sender)

    def cut(self) -> None:
        """Reset the sender's connection; the receiver's ends after what was passed on."""
        raw = self._sender.get_extra_info("socket")
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self._sender.transport.abort()
        self._receiver.close()

    def close(self) -> None:
        """End both connections."""
        self._sender.close()
        self._receiver.close()

    async def _piece(self, source: asyncio.StreamReader) -> bytes:
        try:
            piece = await source.read(PIECE)
        except ConnectionError:
            return b""
        await asyncio.sleep(self._fate.delay_s)
        return piece

    async def _write(self, sink: asyncio.StreamWriter, piece: bytes) -> None:
        with contextlib.suppress(ConnectionError):
            sink.write(piece)
            await sink.drain()


def _end(sink: asyncio.StreamWriter) -> None:
    """Say that nothing more comes, unless the other side has gone already."""
    with contextlib.suppress(OSError):
        sink.write_eof()


@contextlib.contextmanager
def bad_line(target: int, *script: Fate) -> Iterator[BadLine]:
    """Yield a line to the loopback port *target* whose first connections go as *script* says."""
    line = BadLine(target, script)
    thread = threading.Thread(target=line.run, name="bad line")
    thread.start()
    try:
        assert line.opened.wait(5), "the line does not open"
        yield line
    finally:
        line.end()
        thread.join(10)
