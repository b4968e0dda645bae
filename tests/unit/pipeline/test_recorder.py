import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.tally import Tally, TallyState, comment

from soc.kernel.clock import ManualClock
from soc.kernel.errors import Conflict, Corrupt, DeposedError, StoreBusy, StoreError
from soc.ledger.fact import Fact
from soc.ledger.fold import LEADER_ELECTED
from soc.pipeline.recorder import LEDGER, MAX_TRIES, Recorder
from soc.ports.log import Log, LogRecord, StreamEnd
from soc.stores.memory_log import MemoryLog
from soc.stores.snapshots import MemorySnapshots
from soc.stores.sqlite_log import SqliteLog

TALLY = Tally()
CLOCK = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture(params=["memory", "sqlite"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    if request.param == "memory":
        yield MemoryLog()
        return
    opened = SqliteLog.open(tmp_path / "ledger.db")
    yield opened
    opened.close()


async def started(log: Log, snapshots: MemorySnapshots | None = None, *folds: Tally) -> Recorder:
    recorder = Recorder(log, folds or (TALLY,), CLOCK, snapshots=snapshots)
    await recorder.start()
    return recorder


async def say(recorder: Recorder, *texts: str) -> tuple[Fact, ...]:
    return await recorder.decide(lambda: [comment(text) for text in texts])


class WeatheredLog:
    """A log whose answers get lost, or that is busy, as often as told."""

    def __init__(self, log: Log, *, lost: int = 0, busy: int = 0) -> None:
        self.log = log
        self.lost = lost
        self.busy = busy

    async def append(self, stream: str, n: int, head: bytes, parts: Sequence[bytes] = ()) -> None:
        if self.busy:
            self.busy -= 1
            raise StoreBusy("busy")
        await self.log.append(stream, n, head, parts)
        if self.lost:
            self.lost -= 1
            raise StoreBusy("answer lost")

    def read(self, stream: str, start: int) -> AsyncIterator[LogRecord]:
        return self.log.read(stream, start)

    async def streams(self, prefix: str) -> list[StreamEnd]:
        return await self.log.streams(prefix)

    async def erase(self, stream: str, n: int, part: int) -> None:
        await self.log.erase(stream, n, part)

    async def drop(self, stream: str) -> None:
        await self.log.drop(stream)


async def patiently(work: asyncio.Task[tuple[Fact, ...]], clock: ManualClock) -> tuple[Fact, ...]:
    while not work.done():
        await clock.advance(timedelta(seconds=5))
    return await work


async def test_what_is_decided_is_folded_and_survives_a_restart(log: Log) -> None:
    recorder = await started(log)
    assert [fact.payload for fact in await say(recorder, "x")] == [comment("x").payload]
    assert recorder.state(TALLY) == TallyState({"AlertCommented": 1}, ["x"])
    again = await started(log)
    assert again.state(TALLY) == recorder.state(TALLY)
    assert again.chain == recorder.chain


async def test_deciding_the_same_again_writes_nothing(log: Log) -> None:
    recorder = await started(log)
    await say(recorder, "x")
    assert await say(recorder, "x") == ()
    assert [fact.id for fact in await say(recorder, "x", "y", "y")] == [comment("y").id]
    assert recorder.chain.next_n == 2


async def test_who_comes_second_folds_the_other_and_decides_again(log: Log) -> None:
    first, second = await started(log), await started(log)
    await say(first, "x")
    seen: list[list[str | None]] = []

    def decide() -> list[Fact]:
        texts = second.state(TALLY).texts
        seen.append(list(texts))
        return [comment(f"behind {len(texts)}")]

    assert [fact.id for fact in await second.decide(decide)] == [comment("behind 1").id]
    assert seen == [[], ["x"]]
    assert [fact.id for fact in await first.catch_up()] == [comment("behind 1").id]
    assert first.chain == second.chain


async def test_two_that_decide_the_same_thing_write_it_once(log: Log) -> None:
    first, second = await started(log), await started(log)
    assert len(await say(first, "x")) + len(await say(second, "x")) == 1
    assert second.state(TALLY).texts == ["x"]


async def test_recorders_racing_lose_no_fact_and_write_none_twice(log: Log) -> None:
    recorders = [await started(log) for _ in range(4)]

    async def work(recorder: Recorder, name: int) -> None:
        for i in range(10):
            await say(recorder, f"{name}-{i}", f"shared-{i}")

    async with asyncio.TaskGroup() as group:
        for name, recorder in enumerate(recorders):
            group.create_task(work(recorder, name))
    texts = (await started(log)).state(TALLY).texts
    assert len(texts) == 50
    assert set(texts) == {f"{n}-{i}" for n in range(4) for i in range(10)} | {
        f"shared-{i}" for i in range(10)
    }
    for recorder in recorders:
        await recorder.catch_up()
        assert recorder.state(TALLY).texts == texts


async def test_an_answer_that_was_lost_is_known_as_ones_own_success(log: Log) -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    recorder = Recorder(WeatheredLog(log, lost=1), (TALLY,), clock)
    await recorder.start()
    async with asyncio.TaskGroup() as group:
        written = await patiently(group.create_task(say(recorder, "x")), clock)
    assert [fact.id for fact in written] == [comment("x").id]
    assert recorder.chain.next_n == 1
    assert recorder.state(TALLY).texts == ["x"]


@pytest.mark.parametrize(("busy", "tells"), [(MAX_TRIES - 1, False), (MAX_TRIES, True)])
async def test_a_busy_store_is_waited_for_but_not_for_ever(busy: int, tells: bool) -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    recorder = Recorder(WeatheredLog(MemoryLog(), busy=busy), (TALLY,), clock)
    await recorder.start()
    try:
        async with asyncio.TaskGroup() as group:
            await patiently(group.create_task(say(recorder, "x")), clock)
    except* StoreBusy:
        assert tells
    else:
        assert not tells
    assert len(recorder.state(TALLY).texts) == (0 if tells else 1)


async def test_more_facts_than_an_entry_holds_become_several_entries(log: Log) -> None:
    recorder = await started(log)
    written = await say(recorder, *(str(i) for i in range(2500)))
    assert len(written) == 2500
    assert recorder.chain.next_n == 3
    assert recorder.state(TALLY).texts == [str(i) for i in range(2500)]


async def test_a_leader_of_an_older_term_is_refused(log: Log) -> None:
    def elected(term: int) -> Fact:
        return comment(f"term {term}", type=LEADER_ELECTED, role="correlator", term=term)

    old, new = await started(log), await started(log)
    await old.decide(lambda: [elected(1)])
    await old.decide(lambda: [comment("x", role="correlator", term=1)])
    await new.decide(lambda: [elected(2)])
    with pytest.raises(DeposedError, match="term 2 has begun"):
        await old.decide(lambda: [comment("late", role="correlator", term=1)])
    await old.decide(lambda: [comment("a person's word has no term")])
    assert "late" not in (await started(log)).state(TALLY).texts


async def test_waiting_ends_when_the_ledger_has_grown(log: Log) -> None:
    recorder = await started(log)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(recorder.wait_beyond(0))
        await asyncio.sleep(0)
        assert not waiting.done()
        await say(recorder, "x")
        assert await waiting == 1
    assert await recorder.wait_beyond(0) == 1


async def test_facts_are_told_from_any_entry_on(log: Log) -> None:
    recorder = await started(log)
    for text in "xyz":
        await say(recorder, text)
    told = [(n, fact.payload) async for n, fact in recorder.facts_from(1)]
    assert told == [(1, comment("y").payload), (2, comment("z").payload)]


async def test_a_start_from_a_snapshot_equals_a_replay(log: Log) -> None:
    snapshots = MemorySnapshots()
    recorder = await started(log, snapshots)
    await say(recorder, "x")
    await recorder.snapshot()
    await say(recorder, "y")
    again = await started(log, snapshots)
    assert again.state(TALLY) == recorder.state(TALLY) == (await started(log)).state(TALLY)
    assert again.chain == recorder.chain


async def test_a_snapshot_is_what_a_start_begins_with() -> None:
    log, snapshots = MemoryLog(), MemorySnapshots()
    recorder = await started(log, snapshots)
    await say(recorder, "x")
    recorder.state(TALLY).texts[0] = "only the snapshot says so"
    await recorder.snapshot()
    assert (await started(log, snapshots)).state(TALLY).texts == ["only the snapshot says so"]


async def test_only_a_fold_that_the_snapshot_lacks_is_replayed() -> None:
    log, snapshots = MemoryLog(), MemorySnapshots()
    recorder = await started(log, snapshots)
    await say(recorder, "x")
    recorder.state(TALLY).texts[0] = "kept"
    await recorder.snapshot()
    await say(recorder, "y")
    other, newer = Tally("other"), Tally("tally", version=2)
    both = await started(log, snapshots, TALLY, other)
    assert both.state(TALLY).texts == ["kept", "y"]
    assert both.state(other).texts == ["x", "y"]
    assert (await started(log, snapshots, newer)).state(newer).texts == ["x", "y"]


@pytest.mark.parametrize("place", [0, 20, -1])
async def test_a_damaged_snapshot_is_replayed_over(place: int) -> None:
    log, snapshots = MemoryLog(), MemorySnapshots()
    recorder = await started(log, snapshots)
    await say(recorder, "x")
    await recorder.snapshot()
    assert snapshots.data is not None
    harmed = bytearray(snapshots.data)
    harmed[place] ^= 1
    snapshots.data = bytes(harmed)
    assert (await started(log, snapshots)).state(TALLY).texts == ["x"]


async def test_a_snapshot_from_beyond_a_restored_ledger_is_not_believed() -> None:
    log, snapshots = MemoryLog(), MemorySnapshots()
    recorder = await started(log, snapshots)
    await say(recorder, "x")
    await say(recorder, "lost with the disk")
    await recorder.snapshot()
    shorter, other = MemoryLog(), MemoryLog()
    record = await anext(log.read(LEDGER, 0))
    await shorter.append(LEDGER, 0, record.head, [part for part in record.parts if part is not None])
    assert (await started(shorter, snapshots)).state(TALLY).texts == ["x"]
    elsewhere = await started(other)
    await say(elsewhere, "u")
    await say(elsewhere, "v")
    assert (await started(other, snapshots)).state(TALLY).texts == ["u", "v"]


async def test_a_redacted_payload_leaves_log_state_and_snapshot_and_the_chain_verifies(log: Log) -> None:
    snapshots = MemorySnapshots()
    recorder = await started(log, snapshots)
    await say(recorder, "x", "the patient's name")
    for _ in range(2):
        await recorder.redact(0, 1, "privacy", "user:lan")
    assert recorder.state(TALLY) == TallyState({"AlertCommented": 2, "Redacted": 1}, ["x", None])
    assert snapshots.data is not None
    assert b"patient" not in snapshots.data
    assert (await started(log)).chain == recorder.chain
    told = [fact async for _, fact in recorder.facts_from(1)]
    assert [(fact.type, fact.payload) for fact in told] == [
        ("Redacted", {"n": 0, "part": 1, "why": "privacy"})
    ]


@pytest.mark.parametrize(("n", "part"), [(0, 1), (1, 0), (0, -1)])
async def test_what_is_not_there_cannot_be_redacted(log: Log, n: int, part: int) -> None:
    recorder = await started(log)
    await say(recorder, "x")
    with pytest.raises(StoreError, match="no fact"):
        await recorder.redact(n, part, "why", "user:lan")
    assert recorder.chain.next_n == 1


async def test_a_ledger_whose_chain_is_broken_does_not_start() -> None:
    first, second, mixed = MemoryLog(), MemoryLog(), MemoryLog()
    for log, text in ((first, "x"), (second, "y")):
        recorder = await started(log)
        await say(recorder, text)
        await say(recorder, "z")
    one = [record async for record in first.read(LEDGER, 0)]
    two = [record async for record in second.read(LEDGER, 0)]
    for record in (one[0], two[1]):
        await mixed.append(LEDGER, record.n, record.head, [part or b"" for part in record.parts])
    with pytest.raises(Corrupt, match="does not continue the chain"):
        await started(mixed)


async def test_an_entry_in_anothers_name_is_never_taken_for_ones_own() -> None:
    class Thief(WeatheredLog):
        """Writes first what it is asked to write, under another attempt."""

        async def append(self, stream: str, n: int, head: bytes, parts: Sequence[bytes] = ()) -> None:
            if self.lost:
                self.lost -= 1
                await say(await started(self.log), "first")
                raise Conflict("taken")
            await self.log.append(stream, n, head, parts)

    recorder = await started(Thief(MemoryLog(), lost=1))
    assert [fact.id for fact in await say(recorder, "mine")] == [comment("mine").id]
    assert recorder.state(TALLY).texts == ["first", "mine"]
