"""Connections are counted before their first byte: too many, in all or from one address, are let go."""

import asyncio
import io
from pathlib import Path

import pytest
from support.centre import crowd_is, listening, receiving

from soc.gateway.limits import Crowd
from soc.gateway.listener import bind
from soc.kernel.errors import ConfigError
from soc.kernel.logs import open_log


@pytest.mark.parametrize("crowd", [Crowd(3, 9), Crowd(9, 3)], ids=["in all", "from one address"])
async def test_one_connection_too_many_is_let_go_and_its_place_given_back(
    tmp_path: Path, crowd: Crowd
) -> None:
    centre = await receiving(tmp_path)
    async with listening(centre, crowd=crowd) as url:
        port = int(url.rsplit(":", 1)[1])
        three = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b""
        writer.close()
        three[0][1].transport.abort()
        await crowd_is(crowd, 2)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await crowd_is(crowd, 3)
        for _, other in [*three[1:], (reader, writer)]:
            other.transport.abort()


async def test_a_stranger_fills_no_log(tmp_path: Path) -> None:
    centre, said, crowd = await receiving(tmp_path), io.StringIO(), Crowd(1, 1)
    centre.desk.log = open_log(said)
    async with listening(centre, crowd=crowd) as url:
        port = int(url.rsplit(":", 1)[1])
        for _ in range(5):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            await crowd_is(crowd, 1)
            writer.transport.abort()
            await crowd_is(crowd, 0)
    (line,) = said.getvalue().splitlines()
    assert "127.0.0.1" in line


async def test_an_address_that_cannot_be_listened_on_is_named(tmp_path: Path) -> None:
    with await bind("127.0.0.1:0") as taken:
        at = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ConfigError, match=at):
            await bind(at)


async def test_addresses_of_the_sixth_version_are_written_in_brackets(tmp_path: Path) -> None:
    with await bind("[::1]:0") as door:
        assert door.getsockname()[0] == "::1"
