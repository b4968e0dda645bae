"""However recorders take turns, stop, save and begin again, each ends with the states of a full replay."""

import asyncio
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from support.tally import Tally, comment

from soc.kernel.clock import ManualClock
from soc.pipeline.recorder import Recorder
from soc.stores.memory_log import MemoryLog
from soc.stores.snapshots import MemorySnapshots

TALLY = Tally()
STEPS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["say", "say", "say", "save", "begin again", "catch up", "redact"]),
        st.lists(st.sampled_from("abcdef"), max_size=3),
    ),
    max_size=25,
)


@given(STEPS)
def test_live_equals_replay(steps: list[tuple[int, str, list[str]]]) -> None:
    asyncio.run(play(steps))


async def play(steps: list[tuple[int, str, list[str]]]) -> None:
    log, snapshots = MemoryLog(), MemorySnapshots()
    recorders = [await begun(log, snapshots) for _ in range(3)]
    for who, what, texts in steps:
        if what == "begin again":
            recorders[who] = await begun(log, snapshots)
        elif what != "redact":
            await take(recorders[who], what, texts)
        elif await log.streams(""):
            for each in recorders:
                await each.redact(0, 0, "privacy", "user:lan")
    replayed = await begun(log, MemorySnapshots())
    for recorder in recorders:
        await recorder.catch_up()
        assert recorder.chain == replayed.chain
        assert recorder.state(TALLY) == replayed.state(TALLY)


async def take(recorder: Recorder, what: str, texts: list[str]) -> None:
    if what == "say":
        await recorder.decide(lambda: [comment(text) for text in texts])
    elif what == "save":
        await recorder.snapshot()
    else:
        await recorder.catch_up()


async def begun(log: MemoryLog, snapshots: MemorySnapshots) -> Recorder:
    recorder = Recorder(log, (TALLY,), ManualClock(datetime(2026, 1, 1, tzinfo=UTC)), snapshots=snapshots)
    await recorder.start()
    return recorder
