"""What a sender leaves unfinished is counted, must go on soon, and is not waited for without end."""

import asyncio

import pytest

from soc.gateway import hearing as times
from soc.gateway.hearing import Hearing
from soc.gateway.limits import Memory
from soc.kernel.errors import StoreBusy


def heard(memory: Memory, said: bytes = b"", *, end: bool = False) -> Hearing:
    reader = asyncio.StreamReader()
    reader.feed_data(said)
    if end:
        reader.feed_eof()
    return Hearing(reader, memory)


async def test_an_end_in_the_middle_is_none() -> None:
    memory = Memory(100)
    with heard(memory, b"abc", end=True) as hearing:
        assert await hearing.more(5) == b"abc"
        assert await hearing.more(0) == b""
        for held, expected in [(3, False), (0, True)]:
            with pytest.raises(EOFError):
                await hearing.more(held, expected=expected)


async def test_what_is_unfinished_is_counted_until_the_conversation_ends() -> None:
    memory = Memory(100)
    with heard(memory, b"abc") as one, heard(memory, b"abc") as other:
        await one.more(60)
        assert memory.held_bytes == 60
        with pytest.raises(StoreBusy):
            await other.more(41)
        one.hold(20)
        await other.more(41)
        assert memory.held_bytes == 61
    assert memory.held_bytes == 0


async def test_a_byte_now_and_then_keeps_nothing_unfinished_for_ever() -> None:
    with heard(Memory(100)) as hearing:
        hearing._begun -= times.WHOLE_S
        with pytest.raises(TimeoutError):
            await hearing.more(1)
        hearing.stored()
        hearing.reader.feed_data(b"a")
        assert await hearing.more(1) == b"a"


async def test_silence_between_two_frames_may_last_and_ends_with_the_next() -> None:
    with heard(Memory(100), b"a") as hearing:
        hearing._begun -= times.WHOLE_S
        assert await hearing.more(0) == b"a"
        asyncio.get_running_loop().call_soon(hearing.reader.feed_data, b"b")
        assert await hearing.more(1) == b"b"
