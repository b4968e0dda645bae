"""Stages report and inbox: the outbox is sent, receipts come back; warnings come in and become events."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from soc.kernel.clock import Clock
from soc.kernel.errors import NcscError, NcscUnavailable
from soc.kernel.logs import Log, Said
from soc.kernel.retry import backoff
from soc.ledger.catalogue import NEWEST
from soc.ledger.fact import Fact, Payload, fact_id
from soc.model.event import Fields
from soc.pipeline.recorder import Recorder
from soc.ports.national import NationalCentre, NationalMessage, Report
from soc.response.outbox import OutboxFold, Outgoing
from soc.response.warnings import Warned, read_warning

MAX_BODY: Final = 1 << 20
"""Characters of a message that the ledger keeps."""
NATIONAL_EXERCISE: Final = "national"
"""Run under which messages of the national centre's own exercises are kept: never live."""

Emit = Callable[[str, str, Fields], Awaitable[None]]
"""Says (kind, about, fields) as an event of the SOC; durable on return."""


async def run_report(
    *, recorder: Recorder, outbox: OutboxFold, centre: NationalCentre, clock: Clock, log: Log
) -> None:
    """Send every report that waits, for ever; one at a time, the least tried first, then the oldest.

    So a report that the centre chokes on delays the others by one pause, not for ever.
    """
    tries: Counter[str] = Counter()
    pauses = backoff(random.random)
    while True:
        seen = recorder.chain.next_n
        waiting = recorder.state(outbox).waiting()
        if not waiting:
            await recorder.wait_beyond(seen)
            continue
        report = min(waiting, key=lambda report: tries[report.report_id])
        wait = await _deliver(report, recorder, centre, clock, log)
        if wait is None:
            tries.pop(report.report_id, None)
            pauses = backoff(random.random)
        else:
            tries[report.report_id] += 1
            await clock.sleep(max(wait, next(pauses)))


async def run_inbox(
    *,
    recorder: Recorder,
    outbox: OutboxFold,
    centre: NationalCentre,
    emit: Emit,
    clock: Clock,
    every: timedelta,
) -> None:
    """Take in the centre's messages, for ever: event, fact, then acknowledgement.

    Raises:
        NcscUnavailable: the supervisor begins anew; what was taken in is known by its id.
    """
    inbox = _Inbox(recorder, outbox, emit, clock)
    try:
        after = recorder.state(outbox).last_message
        if after:
            await _acknowledge(centre, after)  # the last life may have ended just before it
        while True:
            news = False
            for message in await centre.messages(after):
                news |= await inbox.take_in(message)
                await _acknowledge(centre, message.id)
                after = message.id
            if not news:
                await clock.sleep(every)
    except NcscUnavailable:
        raise
    except NcscError as error:
        # A refusal ends a report, not the link: a renewed certificate or a mended centre heals it.
        raise NcscUnavailable(str(error)) from error


async def _deliver(
    report: Outgoing, recorder: Recorder, centre: NationalCentre, clock: Clock, log: Log
) -> timedelta | None:
    """Send *report* once; return None when that settled it, else the least time until the next try."""
    sent = Report(report.report_id, report.kind, report.incident_id, report.exercise, report.body.encode())
    try:
        receipt = await centre.submit(sent)
    except NcscUnavailable as error:
        log.warning(Said.REPORT, report=report.report_id, error=str(error))
        return error.wait
    except NcscError as error:
        fact = _about_report("ReportRefused", report, clock, {"why": str(error)})
    else:
        members = {
            "receipt_id": receipt.receipt_id,
            "received_at": receipt.received_at,
            "sha256": receipt.sha256,
        }
        fact = _about_report("ReportReceipted", report, clock, members)
    written = await recorder.decide(lambda: (fact,))
    log.info(Said.REPORT, report=report.report_id, became=fact.type)
    return None if written else timedelta(0)


def _about_report(type_: str, report: Outgoing, clock: Clock, members: Payload) -> Fact:
    payload = {"report_id": report.report_id, **members}
    return _fact(type_, report.report_id, clock, payload, report.exercise)


async def _acknowledge(centre: NationalCentre, message_id: str) -> None:
    try:
        await centre.acknowledge(message_id)
    except NcscUnavailable:
        raise
    except NcscError:
        return  # the centre does not ask for it (any more)


class _Inbox:
    """Takes messages in."""

    def __init__(self, recorder: Recorder, outbox: OutboxFold, emit: Emit, clock: Clock) -> None:
        self._recorder = recorder
        self._outbox = outbox
        self._emit = emit
        self._clock = clock

    async def take_in(self, message: NationalMessage) -> bool:
        """Make *message* durable, as events and as a fact; return whether it was new."""
        if message.id in self._recorder.state(self._outbox).warnings:
            return False
        if not message.exercise:
            await self._say(message)
        payload = {
            "message_id": message.id,
            "kind": message.kind,
            "sent_at": message.sent_at,
            "due_at": message.due_at,
            "body": message.body.decode("utf-8", "replace")[:MAX_BODY],
        }
        exercise = NATIONAL_EXERCISE if message.exercise else None
        fact = _fact("WarningReceived", message.id, self._clock, payload, exercise)
        await self._recorder.decide(lambda: (fact,))
        return True

    async def _say(self, message: NationalMessage) -> None:
        """Say that the message came, and one event a thing that it names."""
        common: Fields = {
            "message_id": message.id,
            "message_kind": message.kind,
            "sent_at": message.sent_at,
            "due_at": message.due_at,
        }
        try:
            warned = read_warning(message.body)
        except NcscError as error:
            warned, common["unreadable"] = Warned("", ()), str(error)
        common["title"] = warned.title
        await self._emit("request" if message.kind == "request" else "warning", message.id, common)
        for named in warned.indicators:
            fields = {**common, "indicator_type": named.kind, "indicator_value": named.value}
            if named.kind in {"ipv4-addr", "ipv6-addr"}:
                fields["indicator_ip"] = named.value
            await self._emit("warning", f"{message.id}/{named.kind}/{named.value}", fields)


def _fact(type_: str, about: str, clock: Clock, payload: Payload, exercise: str | None) -> Fact:
    return Fact(
        type=type_,
        version=NEWEST[type_],
        id=fact_id(type_, about),
        at_ms=clock.now_ms(),
        actor="machine:national",
        agency=None,
        exercise=exercise,
        collector=None,
        payload=payload,
    )
