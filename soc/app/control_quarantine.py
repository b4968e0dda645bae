"""Words about records that could not be read: which there are, one as it came, and reading them again."""

import base64
from collections import Counter
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web

from soc.app.asking import actor_of, body_of
from soc.kernel.errors import StoreBusy
from soc.model.event import Event
from soc.pipeline.replay import Replay, Wanted
from soc.ports.events import EventReader, Query

MAX_KINDS = 1000
"""Kinds that are told apart in a list; the rest is one."""


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One event to be shown."""

    key: str
    exercise: str | None = None


@dataclass(frozen=True, slots=True)
class QuarantineVerbs:
    """What the verbs need."""

    events: EventReader
    replaying: Replay

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Answer ``quarantine``, ``quarantine-show`` and ``quarantine-replay``."""
        router.add_post("/quarantine", self.list)
        router.add_post("/quarantine-show", self.show)
        router.add_post("/quarantine-replay", self.replay)

    async def list(self, request: web.Request) -> web.Response:
        """Count what is wanted by sender, source, format and reason; the newest key of each stands for it."""
        wanted = await body_of(request, Wanted)
        counts: Counter[tuple[str, ...]] = Counter()
        keys: dict[tuple[str, ...], str] = {}
        async for event in self.events.stream(wanted.scope(), Query()):
            if wanted.admits(event):
                kind = _kind(event)
                if kind not in counts and len(counts) >= MAX_KINDS:
                    kind = ("", "", "", "", "further kinds")
                counts[kind] += 1
                keys[kind] = event.key
        return web.json_response([_told(kind, count, keys[kind]) for kind, count in counts.most_common()])

    async def show(self, request: web.Request) -> web.Response:
        """Return one event with its bytes."""
        asked = await body_of(request, Shown)
        event = await self.events.get(Wanted(exercise=asked.exercise).scope(), asked.key)
        if event is None or event.record is None:
            return web.Response(status=422, text=f"nothing is quarantined under {asked.key!r}")
        raw = base64.b64encode(event.record.raw).decode()
        return web.json_response({**_told(_kind(event), 1, event.key), "raw": raw})

    async def replay(self, request: web.Request) -> web.Response:
        """Read what is wanted again."""
        wanted = await body_of(request, Wanted)
        try:
            done = await self.replaying.run(wanted, actor_of(request))
        except StoreBusy as error:
            return web.Response(status=503, text=f"{error}; what was read until now stays read; ask again")
        return web.json_response(msgspec.to_builtins(done))


def _kind(event: Event) -> tuple[str, ...]:
    format_ = "" if event.record is None else event.record.format
    return event.origin.agency, event.origin.collector, event.source, format_, event.reason


def _told(kind: tuple[str, ...], count: int, key: str) -> dict[str, Any]:
    names = ("agency", "collector", "source", "format", "reason")
    return {**dict(zip(names, kind, strict=True)), "count": count, "key": key}
