"""Reports out and warnings in: lost answers, refusals, crashes between any two steps."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.national import as_bytes

from soc.kernel.clock import ManualClock
from soc.kernel.errors import NcscError, NcscUnavailable, StoreBusy
from soc.kernel.logs import open_log
from soc.ledger.fact import Fact, fact_id
from soc.model.event import Fields
from soc.pipeline.recorder import Recorder
from soc.pipeline.report import NATIONAL_EXERCISE, run_inbox, run_report
from soc.ports.national import NationalMessage, NcscReceipt, Report, ReportStatus
from soc.response.outbox import Outbox, OutboxFold
from soc.stores.memory_log import MemoryLog

OUTBOX = OutboxFold()
EVERY = timedelta(seconds=30)
LONG = timedelta(minutes=10)


class Nation:
    """A national centre that keeps its word: one receipt a key; ``fail`` says what goes wrong next."""

    def __init__(self) -> None:
        self.submitted: list[str] = []
        self.receipts: dict[str, NcscReceipt] = {}
        self.sent: list[NationalMessage] = []
        self.acknowledged: list[str] = []
        self.errors: dict[str, list[NcscError]] = {}
        """What is asked → the answers that are none, after it was done."""
        self.asked = 0

    async def submit(self, report: Report) -> NcscReceipt:
        self.submitted.append(report.id)
        made = NcscReceipt(report.id, f"R-{report.id}", "t", "0" * 64)
        receipt = self.receipts.setdefault(report.id, made)
        self._perhaps_fail(report.id)
        return receipt

    async def status(self, receipt_id: str) -> ReportStatus:
        return ReportStatus(receipt_id, "received")

    async def messages(self, after: str) -> list[NationalMessage]:
        self.asked += 1
        self._perhaps_fail("messages")
        ids = [message.id for message in self.sent]
        return self.sent[ids.index(after) + 1 if after else 0 :][:2]

    async def acknowledge(self, message_id: str) -> None:
        self.acknowledged.append(message_id)
        self._perhaps_fail(message_id)

    def _perhaps_fail(self, asked: str) -> None:
        if self.errors.get(asked):
            raise self.errors[asked].pop(0)


class Centre:
    """A ledger whose processes come and go, and what they emitted."""

    def __init__(self) -> None:
        self.clock = ManualClock(datetime(2026, 11, 24, tzinfo=UTC))
        self.log = MemoryLog()
        self.nation = Nation()
        self.events: list[tuple[str, str, Fields]] = []
        self.busy: list[str] = []
        """Subjects of events that the store refuses once."""
        self.recorder = Recorder(self.log, (OUTBOX,), self.clock)
        self.said = io.StringIO()

    @property
    def outbox(self) -> Outbox:
        return self.recorder.state(OUTBOX)

    async def restart(self) -> None:
        self.recorder = Recorder(self.log, (OUTBOX,), self.clock)
        await self.recorder.start()

    async def queue(self, *report_ids: str, exercise: str | None = None) -> None:
        await self.recorder.decide(lambda: [queued(id_, exercise) for id_ in report_ids])

    async def emit(self, kind: str, about: str, fields: Fields) -> None:
        if about in self.busy:
            self.busy.remove(about)
            raise StoreBusy("event store")
        self.events.append((kind, about, fields))

    @asynccontextmanager
    async def reporting(self) -> AsyncIterator[None]:
        work = run_report(
            recorder=self.recorder,
            outbox=OUTBOX,
            centre=self.nation,
            clock=self.clock,
            log=open_log(self.said),
        )
        async with asyncio.TaskGroup() as group:
            stage = group.create_task(work)
            await self.clock.advance(timedelta(0))
            yield
            stage.cancel()

    @asynccontextmanager
    async def receiving(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            stage = group.create_task(self.inbox())
            await self.clock.advance(timedelta(0))
            yield
            stage.cancel()

    async def inbox(self) -> None:
        await run_inbox(
            recorder=self.recorder,
            outbox=OUTBOX,
            centre=self.nation,
            emit=self.emit,
            clock=self.clock,
            every=EVERY,
        )


@pytest.fixture
async def centre() -> Centre:
    made = Centre()
    await made.restart()
    return made


def queued(report_id: str, exercise: str | None = None) -> Fact:
    members = {
        "kind": "initial",
        "incident_id": "incident--1",
        "alert_id": "a",
        "run_id": "r",
        "step_id": "s",
    }
    return Fact(
        type="ReportQueued",
        version=1,
        id=fact_id("ReportQueued", report_id),
        at_ms=0,
        actor="playbook:r",
        agency=None,
        exercise=exercise,
        collector=None,
        payload={"report_id": report_id, "body": "{}", "sha256": "0" * 64, **members},
    )


def warning(id_: str, *addresses: str, body: bytes | None = None, **more: Any) -> NationalMessage:
    objects = [{"type": "indicator", "pattern": f"[ipv4-addr:value = '{value}']"} for value in addresses]
    report = {"type": "report", "name": f"title of {id_}"}
    content = as_bytes({"type": "bundle", "objects": [report, *objects]})
    members: dict[str, Any] = {"kind": "warning", "sent_at": "s", "due_at": "d", "exercise": False} | more
    return NationalMessage(id=id_, body=content if body is None else body, **members)


async def test_what_is_queued_is_sent_and_its_receipt_kept(centre: Centre) -> None:
    async with centre.reporting():
        await centre.queue("a")
        await centre.clock.advance(timedelta(0))
    assert centre.outbox.reports["a"].receipt_id == "R-a"
    assert centre.nation.submitted == ["a"]


async def test_a_lost_answer_means_the_same_report_again_and_one_receipt(centre: Centre) -> None:
    centre.nation.errors["a"] = [NcscUnavailable("cut"), NcscUnavailable("cut")]
    await centre.queue("a")
    async with centre.reporting():
        await centre.clock.advance(LONG)
    assert centre.nation.submitted == ["a", "a", "a"]
    assert len(centre.nation.receipts) == 1
    assert centre.outbox.reports["a"].receipt_id == "R-a"
    assert [json.loads(line)["event"] for line in centre.said.getvalue().splitlines()] == ["report"] * 3


async def test_a_refusal_is_kept_and_not_argued_with(centre: Centre) -> None:
    centre.nation.errors["a"] = [NcscError("422 the marking is missing")]
    await centre.queue("a")
    async with centre.reporting():
        await centre.clock.advance(LONG)
    assert centre.nation.submitted == ["a"]
    assert centre.outbox.reports["a"].refused == "422 the marking is missing"


async def test_a_report_that_the_centre_chokes_on_does_not_hold_up_the_others(centre: Centre) -> None:
    centre.nation.errors["a"] = [NcscUnavailable("500")] * 1000
    await centre.queue("a", "b", "c")
    async with centre.reporting():
        await centre.clock.advance(timedelta(seconds=5))
    assert [report.report_id for report in centre.outbox.waiting()] == ["a"]


async def test_a_centre_that_is_away_is_asked_ever_less_and_everything_arrives_at_last(
    centre: Centre,
) -> None:
    centre.nation.errors = {name: [NcscUnavailable("away")] * 20 for name in "abc"}
    await centre.queue("a", "b", "c")
    async with centre.reporting():
        await centre.clock.advance(timedelta(minutes=2))
        assert len(centre.nation.submitted) < 30
        await centre.clock.advance(timedelta(hours=1))
    assert centre.outbox.waiting() == []
    assert len(centre.nation.receipts) == 3


async def test_a_centre_that_names_a_time_is_left_alone_until_then(centre: Centre) -> None:
    centre.nation.errors["a"] = [NcscUnavailable("503", timedelta(minutes=5))]
    await centre.queue("a")
    async with centre.reporting():
        await centre.clock.advance(timedelta(seconds=299))
        assert centre.nation.submitted == ["a"]
        await centre.clock.advance(timedelta(seconds=1))
    assert centre.nation.submitted == ["a", "a"]


async def test_a_process_that_dies_before_the_receipt_is_written_sends_the_same_report(
    centre: Centre,
) -> None:
    await centre.queue("a", exercise=None)
    centre.nation.errors["a"] = [NcscUnavailable("the process dies here")]
    async with centre.reporting():
        pass
    await centre.restart()
    async with centre.reporting():
        await centre.clock.advance(timedelta(0))
    assert centre.nation.submitted == ["a", "a"]
    assert centre.outbox.reports["a"].receipt_id == "R-a"


async def test_nothing_is_asked_while_nothing_waits(centre: Centre) -> None:
    await centre.queue("a")
    async with centre.reporting():
        await centre.clock.advance(LONG)
        await centre.clock.advance(LONG)
    assert centre.nation.submitted == ["a"]


async def test_a_warning_becomes_events_a_fact_and_an_acknowledgement(centre: Centre) -> None:
    centre.nation.sent = [warning("m1", "203.0.113.9", "198.51.100.7")]
    async with centre.receiving():
        pass
    assert [(kind, about) for kind, about, _ in centre.events] == [
        ("warning", "m1"),
        ("warning", "m1/ipv4-addr/203.0.113.9"),
        ("warning", "m1/ipv4-addr/198.51.100.7"),
    ]
    assert centre.events[1][2] == {
        "message_id": "m1",
        "message_kind": "warning",
        "title": "title of m1",
        "sent_at": "s",
        "due_at": "d",
        "indicator_type": "ipv4-addr",
        "indicator_value": "203.0.113.9",
        "indicator_ip": "203.0.113.9",
    }
    assert set(centre.outbox.warnings) == {"m1"}
    assert centre.nation.acknowledged == ["m1"]


async def test_a_request_is_no_warning(centre: Centre) -> None:
    centre.nation.sent = [warning("m1", kind="request")]
    async with centre.receiving():
        pass
    assert [kind for kind, _, _ in centre.events] == ["request"]


async def test_nothing_is_acknowledged_before_its_events_are_durable(centre: Centre) -> None:
    centre.nation.sent = [warning("m1", "203.0.113.9", "198.51.100.7")]
    centre.busy = ["m1/ipv4-addr/198.51.100.7"]
    with pytest.raises(StoreBusy):
        await centre.inbox()
    assert (centre.nation.acknowledged, centre.outbox.warnings) == ([], {})
    async with centre.receiving():
        pass
    assert centre.nation.acknowledged == ["m1"]
    assert len({about for _, about, _ in centre.events}) == 3


async def test_an_acknowledgement_that_a_crash_swallowed_is_made_up_for(centre: Centre) -> None:
    centre.nation.sent = [warning("m1", "203.0.113.9")]
    centre.nation.errors["m1"] = [NcscUnavailable("the process dies here")]
    with pytest.raises(NcscUnavailable):
        await centre.inbox()
    await centre.restart()
    centre.nation.acknowledged.clear()
    async with centre.receiving():
        pass
    assert centre.nation.acknowledged == ["m1"]
    assert len(centre.events) == 2


async def test_a_message_sent_twice_or_out_of_order_is_taken_in_once(centre: Centre) -> None:
    first, second = warning("m1"), warning("m2")
    centre.nation.sent = [second, first, warning("m2"), warning("m3")]
    async with centre.receiving():
        await centre.clock.advance(EVERY * 3)
    assert [about for _, about, _ in centre.events] == ["m2", "m1", "m3"]


async def test_pages_are_read_without_waiting_between_them(centre: Centre) -> None:
    centre.nation.sent = [warning(f"m{n}") for n in range(7)]
    async with centre.receiving():
        pass
    assert len(centre.outbox.warnings) == 7
    asked = centre.nation.asked
    assert asked == 5


async def test_new_messages_are_asked_for_every_so_often(centre: Centre) -> None:
    async with centre.receiving():
        centre.nation.sent = [warning("m1")]
        await centre.clock.advance(EVERY - timedelta(seconds=1))
        assert centre.events == []
        await centre.clock.advance(timedelta(seconds=1))
        assert len(centre.events) == 1


@pytest.mark.parametrize("body", [b"\xff", b"[]", b'{"objects": 7}'], ids=["bytes", "list", "no objects"])
async def test_a_message_that_cannot_be_read_is_kept_told_and_does_not_stop_the_next(
    centre: Centre, body: bytes
) -> None:
    centre.nation.sent = [warning("m1", body=body), warning("m2")]
    async with centre.receiving():
        pass
    (_, _, told), (_, about, _) = centre.events
    assert "a warning that is" in told["unreadable"]
    assert about == "m2"
    assert centre.nation.acknowledged == ["m1", "m2"]


async def test_an_exercise_of_the_nation_is_written_down_and_never_becomes_a_live_event(
    centre: Centre,
) -> None:
    centre.nation.sent = [warning("m1", "203.0.113.9", exercise=True)]
    async with centre.receiving():
        pass
    assert centre.events == []
    facts = [fact async for _, fact in centre.recorder.facts_from(0)]
    assert [(fact.type, fact.exercise) for fact in facts] == [("WarningReceived", NATIONAL_EXERCISE)]
    assert centre.nation.acknowledged == ["m1"]


async def test_a_refused_question_is_asked_again_later_by_the_supervisor(centre: Centre) -> None:
    centre.nation.errors["messages"] = [NcscError("403 revoked")]
    with pytest.raises(NcscUnavailable, match="403 revoked"):
        await centre.inbox()


async def test_a_refused_acknowledgement_does_not_stop_the_inbox(centre: Centre) -> None:
    centre.nation.sent = [warning("m1"), warning("m2")]
    centre.nation.errors["m1"] = [NcscError("404 no such message")]
    async with centre.receiving():
        pass
    assert set(centre.outbox.warnings) == {"m1", "m2"}
