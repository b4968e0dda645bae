"""RELP: a message is answered when it is stored and fed, and never before."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.centre import Receiving, receiving
from support.doors import (
    ORIGIN,
    Caller,
    Faulty,
    Listening,
    call,
    certified,
    doorway,
    moved_until,
    open_stream_door,
    receipts,
    revoked,
    stored,
)

from soc.gateway.desk import Door
from soc.gateway.relp import OFFER, Relp
from soc.gateway.relp_frames import framed
from soc.kernel.errors import AuthError, StoreBusy, WireError

LINE = b"<13>Nov 24 08:00:00 host app: "
OK = b"200 OK"


@dataclass(frozen=True, slots=True)
class Open:
    """A RELP door that listens."""

    centre: Receiving
    door: Listening
    serial: str

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Caller]:
        async with call(self.centre, self.door.port) as caller:
            await caller.say(framed(1, "open", b"relp_version=0\nrelp_software=test\ncommands=syslog"))
            answer = framed(1, "rsp", OFFER)
            assert await caller.hear(len(answer)) == answer
            yield caller


@asynccontextmanager
async def relp(folder: Path, writer: Faulty | None = None) -> AsyncIterator[Open]:
    centre = await receiving(folder, writer=writer)
    serial = await certified(centre)
    async with open_stream_door(centre, Relp(doorway(centre, Door.RELP, "syslog")).serve) as door:
        yield Open(centre, door, serial)


async def test_messages_are_stored_and_answered_by_their_numbers(tmp_path: Path) -> None:
    async with relp(tmp_path) as open_, open_.session() as caller:
        numbers = [999_999_999, 1, 7, 3]
        await caller.say(b"".join(framed(n, "syslog", LINE + b"%d\n" % n) for n in numbers))
        answers = b"".join(framed(n, "rsp", OK) for n in numbers)
        assert await caller.hear(len(answers)) == answers
        events = await stored(open_.centre)
        assert {(event.origin, event.source) for event in events} == {(ORIGIN, "relp")}
        assert sorted(int(event.original.rsplit(" ", 1)[1]) for event in events) == sorted(numbers)


async def test_equal_messages_are_as_many_events_and_an_empty_one_is_none(tmp_path: Path) -> None:
    async with relp(tmp_path) as open_, open_.session() as caller:
        await caller.say(framed(2, "syslog", LINE) * 2 + framed(3, "syslog", b"\n"))
        assert len(await caller.hear(3 * len(framed(2, "rsp", OK)))) > 0
        assert len(await stored(open_.centre)) == 2


async def test_nothing_is_answered_before_all_is_stored(tmp_path: Path) -> None:
    faulty = Faulty()
    async with relp(tmp_path, faulty) as open_, open_.session() as caller:
        await caller.say(framed(2, "syslog", LINE))
        await faulty.asked.wait()
        assert caller.heard_nothing()
        faulty.may_go_on.set()
        assert await caller.hear(len(framed(2, "rsp", OK))) == framed(2, "rsp", OK)


async def test_a_busy_centre_is_waited_for_and_every_message_is_stored_once(tmp_path: Path) -> None:
    faulty = Faulty()
    faulty.busy(times=5)
    async with relp(tmp_path, faulty) as open_, open_.session() as caller, asyncio.TaskGroup() as group:
        await caller.say(framed(2, "syslog", LINE) + framed(3, "syslog", LINE))
        heard = group.create_task(caller.hear(2 * len(framed(2, "rsp", OK))))
        await moved_until(open_.centre.clock, heard.done)
        assert len(await stored(open_.centre, faulty.store)) == 2


async def test_a_centre_that_stays_busy_ends_the_connection_without_an_answer(tmp_path: Path) -> None:
    faulty = Faulty()
    faulty.busy(times=100)
    async with relp(tmp_path, faulty) as open_, open_.session() as caller, asyncio.TaskGroup() as group:
        await caller.say(framed(2, "syslog", LINE))
        heard = group.create_task(caller.hear_end())
        await moved_until(open_.centre.clock, heard.done)
        assert heard.result() == b""
        assert isinstance(open_.door.ended[0], StoreBusy)


async def test_close_is_answered_and_ends_the_conversation(tmp_path: Path) -> None:
    async with relp(tmp_path) as open_, open_.session() as caller:
        await caller.say(framed(2, "syslog", LINE) + framed(3, "close"))
        expected = framed(2, "rsp", OK) + framed(3, "rsp") + framed(0, "serverclose")
        assert await caller.hear_end() == expected
        assert open_.door.ended == [None]
        async with open_.session() as again:
            await again.say(framed(2, "syslog", LINE))
            await again.hear(len(framed(2, "rsp", OK)))
        assert [one.repeats for one in await receipts(open_.centre)] == [0, 0]


async def test_an_unknown_command_is_answered_and_nothing_else(tmp_path: Path) -> None:
    async with relp(tmp_path) as open_, open_.session() as caller:
        await caller.say(framed(2, "starttls"))
        answer = framed(2, "rsp", b"500 unknown command")
        assert await caller.hear(len(answer)) == answer


@pytest.mark.parametrize("words", [b"GET / HTTP/1.1\r\n\r\n", framed(1, "syslog", LINE)])
async def test_who_does_not_begin_as_relp_does_is_sent_away(tmp_path: Path, words: bytes) -> None:
    async with relp(tmp_path) as open_, call(open_.centre, open_.door.port) as caller:
        await caller.say(words)
        assert await caller.hear_end() == b""
        assert isinstance(open_.door.ended[0], WireError)
        assert await stored(open_.centre) == []


async def test_a_frame_that_was_cut_is_not_stored_and_what_came_before_is(tmp_path: Path) -> None:
    async with relp(tmp_path) as open_, open_.session() as caller:
        await caller.say(framed(2, "syslog", LINE) + framed(3, "syslog", LINE)[:-1])
        assert await caller.hear(len(framed(2, "rsp", OK))) == framed(2, "rsp", OK)
        caller.writer.transport.abort()
        await moved_until(open_.centre.clock, lambda: bool(open_.door.ended))
        assert isinstance(open_.door.ended[0], EOFError | OSError)
        assert len(await stored(open_.centre)) == 1


async def test_what_is_sent_again_because_its_answer_was_lost_is_stored_twice_and_counted(
    tmp_path: Path,
) -> None:
    faulty = Faulty()
    async with relp(tmp_path, faulty) as open_:
        async with open_.session() as caller:
            await caller.say(framed(2, "syslog", LINE + b"1") + framed(3, "syslog", LINE + b"2"))
            await faulty.asked.wait()
            await caller.reset()
        faulty.may_go_on.set()
        await moved_until(open_.centre.clock, lambda: bool(open_.door.ended))
        async with open_.session() as caller:
            await caller.say(framed(2, "syslog", LINE + b"2") + framed(3, "syslog", LINE + b"3"))
            await caller.hear(2 * len(framed(2, "rsp", OK)))
        assert [(one.stored, one.repeats) for one in await receipts(open_.centre)] == [(2, 0), (2, 1)]


async def test_a_revoked_certificate_ends_a_conversation_at_its_next_message(tmp_path: Path) -> None:
    async with relp(tmp_path) as open_:
        async with open_.session() as caller:
            await revoked(open_.centre, open_.serial)
            await caller.say(framed(2, "syslog", LINE))
            assert await caller.hear_end() == b""
        async with call(open_.centre, open_.door.port) as caller:
            assert await caller.hear_end() == b""
        assert [type(error) for error in open_.door.ended] == [AuthError, AuthError]
        assert await stored(open_.centre) == []
