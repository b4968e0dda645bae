"""The centre as a collector sees it: gateways in order, four kinds of answer."""

import random
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from types import TracebackType
from typing import Self

import aiohttp

from collectors.corrected import CorrectedClock
from collectors.pace import Pace
from collectors.route import Route
from soc.kernel.errors import WireError
from soc.wire.codec import BATCH_TYPE, BEAT_TYPE, pack, unpack_answer
from soc.wire.messages import Answer, Batch, Beat

TIMEOUT = aiohttp.ClientTimeout(total=120, connect=10)
MAX_ANSWER_BYTES = 1 << 20
MAX_RETRY_AFTER_S = 240


class Outcome(Enum):
    """What became of a message."""

    DURABLE = auto()
    """Answer 200: it is the centre's now."""
    LATER = auto()
    """No gateway was reached, or it is busy; the same again."""
    SMALLER = auto()
    """Too large or not understood; fewer records at once may help."""
    REFUSED = auto()
    """The certificate is not accepted (any more)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome with what goes with it."""

    outcome: Outcome
    why: str = ""
    answer: Answer | None = None
    retry_after: timedelta = timedelta(0)


def _leave_it(_answer: Answer) -> None:
    """Heed nothing."""


class Centre:
    """TLS sessions with whichever gateways answer; use as an asynchronous context."""

    def __init__(
        self,
        gateways: Sequence[str],
        tls: ssl.SSLContext,
        clock: CorrectedClock,
        *,
        pace: Pace | None = None,
        heed: Callable[[Answer], None] = _leave_it,
    ) -> None:
        """Prefer the first of *gateways*; batches keep to *pace*; *heed* hears of every answer 200."""
        self._tls = tls
        self._clock = clock
        self._pace = pace or Pace(lambda _: 0, clock)
        self._heed = heed
        self._batches = Route(gateways, clock, random.random)
        self._beats = Route(gateways, clock, random.random)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            timeout=TIMEOUT, connector=aiohttp.TCPConnector(ssl=self._tls, limit=8)
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def say(self, message: Batch | Beat) -> Verdict:
        """Deliver *message*, trying each gateway once; the clock learns from the answer.

        A record that is alone and not taken is shown to every gateway before that counts.
        """
        body = pack(message)
        if isinstance(message, Beat):
            return await self._ask(self._beats, "heartbeats", body, BEAT_TYPE)
        await self._pace.leave(len(body))
        alone = len(message.records) == 1
        return await self._ask(self._batches, "batches", body, BATCH_TYPE, everywhere=alone)

    async def _ask(
        self, route: Route, path: str, body: bytes, kind: str, *, everywhere: bool = False
    ) -> Verdict:
        refusal: Verdict | None = None
        faults: list[str] = []
        for gateway in route.order():
            try:
                verdict = await self._post(f"{gateway}/v1/{path}", body, kind)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                faults.append(f"{gateway}: {str(error) or type(error).__name__}")
                continue
            if verdict.outcome is Outcome.LATER and not verdict.retry_after:
                faults.append(f"{gateway}: {verdict.why}")
            elif verdict.outcome is Outcome.SMALLER and everywhere:
                refusal = verdict
            else:
                route.answered(gateway)
                return verdict
        return refusal or Verdict(Outcome.LATER, "; ".join(faults))

    async def _post(self, url: str, body: bytes, kind: str) -> Verdict:
        if self._session is None:
            raise RuntimeError("Centre is used outside its context")
        asked_at_ms = self._clock.now_ms()
        headers = {"Content-Type": kind}
        async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
            content = await answer.content.read(MAX_ANSWER_BYTES)
            verdict = _verdict(answer.status, content, answer.headers.get("Retry-After", ""))
        if verdict.answer is not None:
            self._clock.told(verdict.answer.time_ms, asked_at_ms=asked_at_ms)
            self._heed(verdict.answer)
        return verdict


def _verdict(status: int, content: bytes, retry_after: str) -> Verdict:
    said = f"{status} {content[:200].decode('utf-8', 'replace').strip()}"
    match status:
        case 200:
            try:
                return Verdict(Outcome.DURABLE, answer=unpack_answer(content))
            except WireError as error:
                return Verdict(Outcome.LATER, str(error))  # something else than a gateway answers there
        case 401 | 403:
            return Verdict(Outcome.REFUSED, said)
        case 400 | 413:
            return Verdict(Outcome.SMALLER, said)
        case _:
            seconds = min(int(retry_after), MAX_RETRY_AFTER_S) if retry_after.isdecimal() else 0
            return Verdict(Outcome.LATER, said, retry_after=timedelta(seconds=seconds))
