"""The recorder: the one writer and reader of the ledger in a process.

Writing is optimistic: a decider looks at the folded states and returns facts; they are appended as
the next entry. Whoever finds that entry taken folds what the other wrote and *decides again*; a fact
whose id stands already is not written twice. An entry's random ``attempt`` tells one's own success,
whose answer was lost, from another's.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import islice
from typing import Any, TypeVar

from soc.kernel.clock import Clock
from soc.kernel.errors import Conflict, Corrupt, StoreBusy, StoreError
from soc.kernel.ids import random_id
from soc.kernel.retry import backoff
from soc.ledger.catalogue import NEWEST
from soc.ledger.entry import MAX_FACTS, link, seal
from soc.ledger.fact import Fact, fact_id
from soc.ledger.fold import REDACTED, ChainState, Fold, admit
from soc.ledger.states import States, opened
from soc.ports.log import Log, LogRecord
from soc.ports.snapshots import SnapshotStore

S = TypeVar("S")

LEDGER = "ledger"
"""Name of the ledger's stream."""
MAX_TRIES = 6
"""Appends of one entry that a busy store may refuse before the caller is told."""


class Recorder:
    """Folds the ledger's facts into states, and appends to it what follows from them."""

    def __init__(
        self,
        log: Log,
        folds: Sequence[Fold[Any]],
        clock: Clock,
        *,
        stream: str = LEDGER,
        snapshots: SnapshotStore | None = None,
    ) -> None:
        """Read and write *stream* of *log*; call :meth:`start` first."""
        self._log = log
        self._folds = tuple(folds)
        self._clock = clock
        self._stream = stream
        self._snapshots = snapshots
        self._states = States(self._folds)
        self._turn = asyncio.Lock()
        self._grown = asyncio.Event()

    @property
    def chain(self) -> ChainState:
        """Return where the ledger stands, as far as folded here."""
        return self._states.chain

    def state(self, fold: Fold[S]) -> S:
        """Return *fold*'s state now; ask again after every wait."""
        return self._states.of(fold)

    async def start(self) -> None:
        """Bring every state up to the ledger's end: newest snapshot, then replay.

        Raises:
            Corrupt: the ledger does not verify.
        """
        async with self._turn:
            await self._restore()
            await self._fold_rest(self._states)

    async def catch_up(self) -> tuple[Fact, ...]:
        """Fold what other processes wrote; return those facts."""
        async with self._turn:
            return tuple([fact async for fact in self._rest(self._states)])

    async def decide(self, decider: Callable[[], Sequence[Fact]]) -> tuple[Fact, ...]:
        """Write what *decider* says follows from the states; return the facts that were new.

        *decider* is called again whenever somebody else wrote first. More than 1,000 facts become
        several entries; each is all or nothing.

        Raises:
            DeposedError: a fact carries a term that is over.
            StoreBusy: the store refused for too long; deciding again later is safe.
        """
        written: list[Fact] = []
        async with self._turn:
            facts = admit(self.chain, tuple(decider()))
            while facts:
                if await self._append(facts[:MAX_FACTS]):
                    written.extend(facts[:MAX_FACTS])
                    facts = facts[MAX_FACTS:]
                else:
                    await self._fold_rest(self._states)
                    facts = admit(self.chain, tuple(decider()))
        return tuple(written)

    async def wait_beyond(self, n: int) -> int:
        """Return the chain's ``next_n`` as soon as it is greater than *n*."""
        while self.chain.next_n <= n:
            await self._grown.wait()
        return self.chain.next_n

    async def facts_from(self, n: int) -> AsyncIterator[tuple[int, Fact]]:
        """Yield (entry, fact) from entry *n* on, at the newest versions, as far as written now."""
        async for record in self._log.read(self._stream, n):
            for fact in opened(record.head, record.parts)[1]:
                yield record.n, fact

    async def snapshot(self) -> None:
        """Save chain and states, where a place for them was given."""
        if self._snapshots is not None:
            async with self._turn:
                data = await asyncio.to_thread(self._states.dump, self._stream)
                await self._snapshots.save(data)

    async def redact(self, n: int, part: int, why: str, actor: str) -> None:
        """Erase the payload of fact *part* of entry *n* for ever, and write down that it was done.

        The states and the snapshot are made anew without it. Safe to repeat after a crash.

        Raises:
            StoreError: there is no such fact.
        """
        record = await self._record(n)
        facts = opened(record.head, record.parts)[1] if record else ()
        if not 0 <= part < len(facts):
            raise StoreError(f"the ledger has no fact {part} in entry {n}")
        said = self._redacted(facts[part], n, part, why, actor)
        await self.decide(lambda: (said,))
        await self._log.erase(self._stream, n, part)
        async with self._turn:
            fresh = States(self._folds)
            await self._fold_rest(fresh)
            self._states = fresh
        await self.snapshot()

    def _redacted(self, fact: Fact, n: int, part: int, why: str, actor: str) -> Fact:
        return Fact(
            type=REDACTED,
            version=NEWEST[REDACTED],
            id=fact_id(REDACTED, str(n), str(part)),
            at_ms=self._clock.now_ms(),
            actor=actor,
            agency=fact.agency,
            exercise=fact.exercise,
            collector=None,
            payload={"n": n, "part": part, "why": why},
        )

    async def _append(self, facts: tuple[Fact, ...]) -> bool:
        """Write one entry and fold it; False when another took its number."""
        n, attempt = self.chain.next_n, random_id()
        head, parts = seal(self.chain.link, attempt, self._clock.now_ms(), facts)
        try:
            await self._persist(LogRecord(n, head, parts), parts)
        except Conflict:
            found = await self._record(n)
            if found is None or found.head != head:
                return False
        self._advance(self._states, LogRecord(n, head, parts))
        return True

    async def _persist(self, record: LogRecord, parts: tuple[bytes, ...]) -> None:
        for wait in islice(backoff(random.random), MAX_TRIES - 1):
            try:
                return await self._log.append(self._stream, record.n, record.head, parts)
            except StoreBusy:
                await self._clock.sleep(wait)
        return await self._log.append(self._stream, record.n, record.head, parts)

    async def _restore(self) -> None:
        data = await self._snapshots.load() if self._snapshots else None
        if data is None:
            return
        try:
            states = await asyncio.to_thread(States.load, self._folds, data, self._stream)
        except Corrupt:
            return  # a snapshot only saves time: everything is replayed
        if not await self._stands(states.chain):
            return
        self._states = states
        if states.stale:
            async for n, fact in self.facts_from(0):
                if n < states.chain.next_n:
                    states.refold((fact,))

    async def _stands(self, chain: ChainState) -> bool:
        """Whether the log still has the entry a snapshot ends with (not after an older backup)."""
        if chain.next_n == 0:
            return True
        last = await self._record(chain.next_n - 1)
        return last is not None and link(last.head) == chain.link

    async def _record(self, n: int) -> LogRecord | None:
        return await anext(aiter(self._log.read(self._stream, n)), None)

    async def _rest(self, states: States) -> AsyncIterator[Fact]:
        """Fold what is in the log behind *states*; yield each fact once it is folded."""
        async for record in self._log.read(self._stream, states.chain.next_n):
            for fact in self._advance(states, record):
                yield fact

    async def _fold_rest(self, states: States) -> None:
        async for _ in self._rest(states):
            pass

    def _advance(self, states: States, record: LogRecord) -> tuple[Fact, ...]:
        facts = states.apply(record.n, record.head, record.parts)
        self._grown.set()
        self._grown = asyncio.Event()
        return facts
