"""A full channel blocks its producer; a closed one lets its consumer finish."""

import asyncio

import pytest

from soc.kernel.channel import Channel, ChannelClosed


async def test_a_full_channel_blocks_until_there_is_room() -> None:
    channel: Channel[int] = Channel(1)
    await channel.send(1)
    async with asyncio.TaskGroup() as group:
        blocked = group.create_task(channel.send(2))
        await asyncio.sleep(0)
        assert not blocked.done()
        received = aiter(channel)
        assert await anext(received) == 1
    assert len(channel) == 1


async def test_what_was_sent_before_the_end_arrives() -> None:
    channel: Channel[str] = Channel(3)
    await channel.send("a")
    await channel.send("b")
    await channel.close()
    assert [item async for item in channel] == ["a", "b"]


async def test_nothing_can_be_sent_after_the_end() -> None:
    channel: Channel[str] = Channel(3)
    await channel.close()
    with pytest.raises(ChannelClosed):
        await channel.send("late")
