"""Which stages a centre runs, with what, and who leads them."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from soc.app.centre import Centre
from soc.app.content import Content
from soc.app.reporting import report_actions
from soc.correlation.changes import Change
from soc.correlation.engine import Engine as Correlator
from soc.kernel.ids import random_id
from soc.kernel.logs import Said
from soc.ledger.fact import Fact, fact_id
from soc.model.event import Fields
from soc.model.identity import RetentionClass
from soc.pipeline.alert import record_changes
from soc.pipeline.correlate import feeds_since, run_correlate
from soc.pipeline.keep import run_keep
from soc.pipeline.lead import lead
from soc.pipeline.report import run_inbox, run_report
from soc.pipeline.respond import run_respond
from soc.pipeline.retain import run_retain
from soc.pipeline.watch import run_watch
from soc.ports.lease import Held

POLL = timedelta(milliseconds=300)
Stage = Callable[[], Awaitable[None]]


def stages(centre: Centre) -> dict[str, Stage]:
    """Return name → stage, in the order of the flow."""
    found: dict[str, Stage] = {
        "rules": lambda: centre.rules.watch(lambda content: announce(centre, content), centre.clock),
        "watch": lambda: _watch(centre),
        "correlate": lambda: _correlate(centre),
        "respond": lambda: _respond(centre),
        "retain": lambda: _retain(centre),
        "keep": lambda: _keep(centre),
    }
    if centre.national is not None:
        found["report"] = lambda: _report(centre)
        found["inbox"] = lambda: _inbox(centre)
    return found


async def _watch(centre: Centre) -> None:
    await run_watch(
        accounts=centre.fleet_accounts,
        report=centre.report,
        clock=centre.clock,
        log=centre.log,
    )


async def _correlate(centre: Centre) -> None:
    """Lead the role of correlator; each set of rules reads the feeds again and adopts what stands."""
    async with lead("correlator", centre.lease, centre.recorder, centre.clock, centre.boot) as held:
        while True:
            await _correlate_by(centre, centre.rules.content, held)


async def _correlate_by(centre: Centre, content: Content, held: Held) -> None:
    """Correlate by the plans of *content* until other rules are in force."""
    plans = content.rulebook.correlations
    by_id = {plan.id: plan for plan in plans}

    async def decide(changes: list[Change]) -> None:
        await record_changes(
            changes,
            recorder=centre.recorder,
            plans=by_id,
            clock=centre.clock,
            held=held,
        )
        for change in changes:
            centre.log.info(Said.EPISODE, change=type(change).__name__)

    versions = {rule.id: rule.version for rule in content.rulebook.rules}
    engine = Correlator(plans, zone=centre.settings.zone, versions=versions)
    standing = centre.recorder.state(centre.folds.alerts).episodes.values()
    since_ms = await feeds_since(centre.feeds)
    engine.adopt(standing, since_ms=centre.clock.now_ms() if since_ms is None else since_ms)
    await run_correlate(
        log=centre.feeds,
        engine=engine,
        on_changes=decide,
        clock=centre.clock,
        poll=POLL,
        status=centre.status,
        until=lambda: centre.rules.content is not content,
    )


async def _respond(centre: Centre) -> None:
    async with lead("responder", centre.lease, centre.recorder, centre.clock, centre.boot) as held:
        await run_respond(
            recorder=centre.recorder,
            alerts=centre.folds.alerts,
            runs=centre.folds.runs,
            playbooks=centre.playbooks,
            actions=report_actions(centre),
            clock=centre.clock,
            held=held,
        )


async def _retain(centre: Centre) -> None:
    keep = centre.settings.retention
    days = {
        RetentionClass.STANDARD: keep.standard_days,
        RetentionClass.QUARANTINE: keep.quarantine_days,
    }
    await run_retain(
        events=centre.events,
        feeds=centre.feeds,
        keep_days=days,
        account=centre.fleet_accounts.save,
        clock=centre.clock,
    )


async def _keep(centre: Centre) -> None:
    await run_keep(events=centre.events, recorder=centre.recorder, clock=centre.clock)


async def _report(centre: Centre) -> None:
    assert centre.national is not None
    await run_report(
        recorder=centre.recorder,
        outbox=centre.folds.outbox,
        centre=centre.national,
        clock=centre.clock,
        log=centre.log,
    )


async def _inbox(centre: Centre) -> None:
    assert centre.national is not None
    assert centre.settings.ncsc is not None

    async def emit(kind: str, about: str, fields: Fields) -> None:
        await centre.report.emit(kind, about, fields)

    await run_inbox(
        recorder=centre.recorder,
        outbox=centre.folds.outbox,
        centre=centre.national,
        emit=emit,
        clock=centre.clock,
        every=timedelta(seconds=centre.settings.ncsc.poll_seconds),
    )


async def announce(centre: Centre, content: Content) -> None:
    """Put into the ledger which rules decide from now on."""
    hash_ = content.rulebook.hash
    fact = Fact(
        type="ConfigActivated",
        version=1,
        id=fact_id("ConfigActivated", hash_, random_id()),
        at_ms=centre.clock.now_ms(),
        actor="machine:centre",
        agency=None,
        exercise=None,
        collector=None,
        payload={"hash": hash_},
    )
    await centre.recorder.decide(lambda: (fact,))
