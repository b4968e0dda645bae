"""Source windows: live channels of this machine's event log. Untested on Windows.

    channel ──► subscription behind its bookmark ──► events, 100 at once ──► records and the new bookmark
                    │ stale (15011): again from the bookmark
                    └ the bookmark's record is gone: again from the oldest that is left

The id of a record is made of computer, channel, number and time, so that reading one again is harmless.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple, Protocol

from collectors.reading import Reading, Stamp
from collectors.sources.windows_xml import json_of
from soc.kernel.channel import Channel
from soc.kernel.errors import RecordError
from soc.kernel.ids import digest
from soc.kernel.logs import Log, Said
from soc.model.record import Record
from soc.wire.codec import MAX_RECORD_BYTES
from soc.wire.framing import Piece

AT_ONCE = 100
POLL = timedelta(seconds=1)
AGAIN = timedelta(minutes=1)
STALE = 15_011
"""The log was cleared or wrapped around under the subscription (ERROR_EVT_QUERY_RESULT_STALE)."""
NOT_FOUND = 1168
"""The record of a bookmark is gone (ERROR_NOT_FOUND)."""


class EventLogRefused(Exception):
    """Windows said no."""

    def __init__(self, code: int, text: str) -> None:
        """Keep the number of the error."""
        super().__init__(text)
        self.code = code


class Events(NamedTuple):
    """What a subscription gave."""

    xml: Sequence[str]
    bookmark: str
    """Behind the last of them; empty when there is none."""


class Subscription(Protocol):
    """One channel from one place on."""

    def take(self, count: int) -> Events:
        """Return up to *count* events that are there; does not wait. Raises EventLogRefused."""
        ...

    def close(self) -> None:
        """Give it up."""
        ...


class EventLog(Protocol):
    """The event log of a machine."""

    def subscribe(self, channel: str, bookmark: str) -> Subscription:
        """Return what comes behind *bookmark*, or everything when that is empty. Raises EventLogRefused."""
        ...


@dataclass(slots=True)
class WindowsLog:
    """One source of kind ``windows``."""

    channels: tuple[str, ...]
    stamp: Stamp
    log: Log
    event_log: EventLog
    _bookmarks: dict[str, str] = field(default_factory=dict[str, str])
    _told: dict[str, str] = field(default_factory=dict[str, str])

    def resume(self, states: Mapping[str, bytes]) -> None:
        """Go on behind the bookmarks of an earlier run."""
        for channel in self.channels:
            self._bookmarks[channel] = states.get(self._key(channel), b"").decode("utf-8", "replace")

    async def run(self, out: Channel[Reading]) -> None:
        """Read and send until cancelled."""
        async with asyncio.TaskGroup() as channels:
            for channel in self.channels:
                channels.create_task(self._follow(channel, out), name=f"windows {channel}")

    def close(self) -> None:
        """Do nothing: subscriptions end with the reading."""

    async def _follow(self, channel: str, out: Channel[Reading]) -> None:
        while True:
            try:
                await self._read(channel, out)
            except EventLogRefused as error:
                self._say(channel, str(error))
                if error.code == NOT_FOUND and self._bookmarks.get(channel):
                    self._bookmarks[channel] = ""
                elif error.code != STALE:
                    await self.stamp.clock.sleep(AGAIN)
                    continue
                await self.stamp.clock.sleep(POLL)

    async def _read(self, channel: str, out: Channel[Reading]) -> None:
        subscription = await asyncio.to_thread(
            self.event_log.subscribe, channel, self._bookmarks.get(channel, "")
        )
        try:
            while True:
                events = await asyncio.to_thread(subscription.take, AT_ONCE)
                if not events.xml:
                    await self.stamp.clock.sleep(POLL)
                    continue
                self._told.pop(channel, None)
                records = tuple(self._record(xml) for xml in events.xml)
                await out.send(Reading(records, {self._key(channel): events.bookmark.encode()}))
                self._bookmarks[channel] = events.bookmark
        finally:
            subscription.close()

    def _record(self, xml: str) -> Record:
        """Return the record; what is no event is kept as it is, for the centre to set aside."""
        try:
            raw = json_of(xml)
        except RecordError:
            raw = xml.encode("utf-8", "replace")
        split = len(raw) > MAX_RECORD_BYTES
        return self.stamp.sent(Piece(raw[:MAX_RECORD_BYTES], -1, -1, split=split), "")

    def _key(self, channel: str) -> str:
        return f"{self.stamp.source}/{digest(channel.casefold())}"

    def _say(self, channel: str, why: str) -> None:
        """Say what is wrong with a channel, once until something else is, or all is well."""
        if self._told.get(channel) != why:
            self._told[channel] = why
            self.log.warning(Said.SOURCE_STATE, source=self.stamp.source, channel=channel, error=why)
