"""A stream door's conversations: each in TLS under a certificate, each failing alone, all cut in the end."""

import asyncio
import io
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.centre import credential, framed, receiving, server_files, trusting

from soc.gateway.desk import Door
from soc.gateway.doors import Talks
from soc.gateway.frame import others_tls
from soc.gateway.limits import Crowd
from soc.kernel.errors import WireError
from soc.kernel.logs import open_log
from soc.model.identity import Origin

ORIGIN = Origin("so-y-te", "rsyslog-1")


@dataclass
class Echo:
    """Says back what it hears; refuses the word "no"."""

    ended: list[str] = field(default_factory=list[str])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                if line == b"no\n":
                    raise WireError("this word is not taken")
                writer.write(line)
                await writer.drain()
        finally:
            self.ended.append("one")


async def connect(at: str, tls: ssl.SSLContext) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", int(at.rsplit(":", 1)[1]), ssl=tls)


async def test_conversations_are_led_until_the_sender_ends_them(tmp_path: Path) -> None:
    centre, echo, crowd, said = await receiving(tmp_path), Echo(), Crowd(10, 10), io.StringIO()
    shown = await credential(centre, ORIGIN)
    async with framed(centre, crowd=crowd) as frame:
        tls = others_tls(*server_files(centre), anonymous=False)
        at = await frame.stream("127.0.0.1:0", tls, Talks(Door.RELP, echo, open_log(said)))
        both = [await connect(at, shown) for _ in range(2)]
        for reader, writer in both:
            writer.write(b"xin chao\n")
            assert await reader.readline() == b"xin chao\n"
        assert crowd.inside == 2
        both[0][1].write(b"no\n")
        assert await both[0][0].read() == b""
        both[1][1].write(b"still here\n")
        assert await both[1][0].readline() == b"still here\n"
        for _, writer in both:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
    assert echo.ended == ["one", "one"]
    assert "this word is not taken" in said.getvalue()
    assert crowd.inside == 0


async def test_without_a_certificate_no_conversation_begins(tmp_path: Path) -> None:
    centre, echo = await receiving(tmp_path), Echo()
    async with framed(centre) as frame:
        tls = others_tls(*server_files(centre), anonymous=False)
        at = await frame.stream("127.0.0.1:0", tls, Talks(Door.RELP, echo, centre.desk.log))
        reader, writer = await connect(at, trusting(tmp_path))
        with pytest.raises((OSError, EOFError)):  # in TLS 1.3 a client learns of it when it reads
            await reader.readexactly(1)
        writer.close()
    assert echo.ended == []


async def test_what_still_talks_when_the_centre_ends_is_cut(tmp_path: Path) -> None:
    centre, echo = await receiving(tmp_path), Echo()
    shown = await credential(centre, ORIGIN)
    async with framed(centre) as frame:
        tls = others_tls(*server_files(centre), anonymous=False)
        at = await frame.stream("127.0.0.1:0", tls, Talks(Door.RELP, echo, centre.desk.log))
        reader, writer = await connect(at, shown)
        writer.write(b"hello\n")
        assert await reader.readline() == b"hello\n"
    assert echo.ended == ["one"]
    with suppress(OSError):
        assert await reader.read() == b""
    writer.close()
