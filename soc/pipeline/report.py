"""Stages report and inbox: the outbox is sent, receipts come back; warnings come in and become events."""

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta

from soc.kernel.clock import Clock
from soc.kernel.errors import NcscError, NcscUnavailable
from soc.kernel.logs import Log, Said
from soc.kernel.retry import backoff
from soc.ledger.fact import Fact, Payload, fact_id
from soc.model.event import Fields
from soc.pipeline.recorder import Recorder
from soc.ports.national import NationalCentre, NationalMessage, Report
from soc.response.outbox import OutboxFold, Outgoing
from soc.response.warnings import read_warning

Emit = Callable[[str, str, Fields], Awaitable[None]]
"""Says (kind, about, fields) as an event of the SOC; durable on return."""


async def run_report(
    *, recorder: Recorder, outbox: OutboxFold, centre: NationalCentre, clock: Clock, log: Log
) -> None:
    """Send every report that waits, for ever; one at a time, oldest first."""
    seen = -1
    while True:
        for report in recorder.state(outbox).waiting():
            await _deliver(report, recorder, centre, clock, log)
        if not recorder.state(outbox).waiting():
            seen = await recorder.wait_beyond(max(seen, recorder.chain.next_n))


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
    while True:
        for message in await centre.messages(recorder.state(outbox).last_message):
            await _take_in(message, recorder, outbox, emit, clock)
            await centre.acknowledge(message.id)
        await clock.sleep(every)


async def _deliver(
    report: Outgoing, recorder: Recorder, centre: NationalCentre, clock: Clock, log: Log
) -> None:
    sent = Report(report.report_id, report.kind, report.incident_id, report.exercise, report.body.encode())
    for pause in backoff(random.random):
        try:
            receipt = await centre.submit(sent)
        except NcscUnavailable as error:
            log.warning(Said.REPORT, report=report.report_id, error=str(error))
            await clock.sleep(pause)
            continue
        except NcscError as error:
            fact = _fact("ReportRefused", report, clock, {"why": str(error)})
        else:
            members = {
                "receipt_id": receipt.receipt_id,
                "received_at": receipt.received_at,
                "sha256": receipt.sha256,
            }
            fact = _fact("ReportReceipted", report, clock, members)
        await recorder.decide(lambda: (fact,))  # noqa: B023 - awaited at once
        log.info(Said.REPORT, report=report.report_id, became=fact.type)
        return


def _fact(type_: str, report: Outgoing, clock: Clock, members: Payload) -> Fact:
    return Fact(
        type=type_,
        version=1,
        id=fact_id(type_, report.report_id),
        at_ms=clock.now_ms(),
        actor="machine:reporter",
        agency=None,
        exercise=report.exercise,
        collector=None,
        payload={"report_id": report.report_id, **members},
    )


async def _take_in(
    message: NationalMessage, recorder: Recorder, outbox: OutboxFold, emit: Emit, clock: Clock
) -> None:
    if message.id in recorder.state(outbox).warnings:
        return
    warned = read_warning(message.body)
    common: Fields = {
        "message_id": message.id,
        "message_kind": message.kind,
        "title": warned.title,
        "sent_at": message.sent_at,
        "due_at": message.due_at,
    }
    await emit("request" if message.kind == "request" else "warning", message.id, common)
    for named in warned.indicators:
        fields = {**common, "indicator_type": named.kind, "indicator_value": named.value}
        if named.kind in {"ipv4-addr", "ipv6-addr"}:
            fields["indicator_ip"] = named.value
        await emit("warning", f"{message.id}/{named.kind}/{named.value}", fields)
    fact = Fact(
        type="WarningReceived",
        version=1,
        id=fact_id("WarningReceived", message.id),
        at_ms=clock.now_ms(),
        actor="machine:inbox",
        agency=None,
        exercise=None,
        collector=None,
        payload={
            "message_id": message.id,
            "kind": message.kind,
            "sent_at": message.sent_at,
            "due_at": message.due_at,
            "body": message.body.decode("utf-8", "replace"),
        },
    )
    await recorder.decide(lambda: (fact,))
