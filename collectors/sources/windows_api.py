"""The event log of this machine as Windows gives it; needs the extra `windows`. Untested on Windows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pywintypes
import win32event
import win32evtlog

from collectors.sources.windows import EventLogRefused, Events, Subscription

if TYPE_CHECKING:
    from _win32typing import PyEVT_HANDLE


@dataclass(slots=True)
class PulledChannel:
    """One channel from one place on."""

    signal: int
    """Windows wants one to set when events come; they are asked for instead."""
    results: "PyEVT_HANDLE"
    bookmark: "PyEVT_HANDLE"

    def take(self, count: int) -> Events:
        """Return up to *count* events that are there.

        Raises:
            EventLogRefused: by Windows; with its number.
        """
        try:
            found = win32evtlog.EvtNext(self.results, count, 0, 0)
            if not found:
                return Events((), "")
            xml = [str(win32evtlog.EvtRender(event, win32evtlog.EvtRenderEventXml)) for event in found]
            win32evtlog.EvtUpdateBookmark(self.bookmark, found[-1])
            behind = str(win32evtlog.EvtRender(self.bookmark, win32evtlog.EvtRenderBookmark))
        except pywintypes.error as error:
            raise EventLogRefused(error.winerror, error.strerror) from error
        return Events(xml, behind)

    def close(self) -> None:
        """Let go of everything: handles close with their last reference."""
        del self.results, self.bookmark, self.signal


class WindowsEventLog:
    """The log of the machine this runs on."""

    def subscribe(self, channel: str, bookmark: str) -> Subscription:
        """Return what comes behind *bookmark*, or everything when that is empty.

        Raises:
            EventLogRefused: by Windows; with its number. 1168: the bookmark's record is gone.
        """
        flags = win32evtlog.EvtSubscribeStartAtOldestRecord
        if bookmark:
            flags = win32evtlog.EvtSubscribeStartAfterBookmark | win32evtlog.EvtSubscribeStrict
        try:
            signal = win32event.CreateEvent(None, 1, 0, None)
            place = win32evtlog.EvtCreateBookmark(bookmark or None)
            results = win32evtlog.EvtSubscribe(
                channel, flags, SignalEvent=signal, Bookmark=place if bookmark else None
            )
        except pywintypes.error as error:
            raise EventLogRefused(error.winerror, error.strerror) from error
        return PulledChannel(signal, results, place)
