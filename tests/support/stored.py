"""Stored: events as an event store gets them."""

from typing import Any

import msgspec

from soc.kernel.ids import digest
from soc.model.event import Event, LogSource
from soc.model.identity import Layer, Origin

START_MS = 1_767_225_600_000
DAY = "2026-01-01"


def stored(name: str, original: str = "", **more: Any) -> Event:
    """Return the event called *name*; ``agency``, ``exercise`` and ``after_ms`` are short for the rest."""
    event = Event(
        id=digest(name),
        day=DAY,
        origin=Origin(more.pop("agency", "so-yte"), "c1", more.pop("exercise", None)),
        source="auth",
        layer=Layer.ON_THE_SPOT,
        logsources=(LogSource("linux", None, "sshd"),),
        at_ms=START_MS + more.pop("after_ms", 0),
        read_at_ms=START_MS,
        received_at_ms=START_MS,
        fields=more.pop("fields", {}),
        original=original,
    )
    return msgspec.structs.replace(event, **more)


EVENTS = (
    stored("1", "Failed password for root from 203.0.113.7", after_ms=1, fields={"user": "root", "port": 22}),
    stored("2", "Accepted password for lan", after_ms=2, fields={"user": "Lan", "ok": True}),
    stored(
        "3",
        "Đăng nhập thất bại: tài khoản Đặng",
        after_ms=3,
        fields={"user": "đặng văn", "n": {"x": ["a", "b"]}},
    ),
    stored(
        "4", "proc", after_ms=4, fields={"Image": "C:\\Windows\\System32\\cmd.exe", "empty": "", "r": 5.0}
    ),
    stored("5", "line\ntwo", after_ms=5, fields={"text": "one\ntwo", "k": "a:b*c"}),
)
