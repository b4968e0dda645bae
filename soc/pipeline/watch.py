"""Stage watch: keeps the fleet's accounts and says when a collector falls silent or a record is missing."""

from datetime import timedelta

from soc.health.fleet import Condition, Fleet, Row
from soc.kernel.clock import Clock
from soc.kernel.logs import Log, Said
from soc.model.identity import SOC_AGENCY, Origin
from soc.pipeline.feeds import FeedReader
from soc.pipeline.selfreport import SelfReport

EVERY = timedelta(seconds=2)
KINDS = {Condition.SILENT: "silence", Condition.GAP: "gap", Condition.LAGGING: "lag"}


async def run_watch(*, feeds: FeedReader, fleet: Fleet, report: SelfReport, clock: Clock, log: Log) -> None:
    """Read the feeds for ever; each change of a collector's condition is said once."""
    conditions: dict[Origin, Condition] = {}
    while True:
        async for entry in feeds.fresh():
            for receipt in entry.receipts:
                fleet.receipt(receipt)
            for beat in entry.heartbeats:
                fleet.heartbeat(beat)
        for row in fleet.rows(clock.now_ms()):
            before = conditions.get(row.origin, Condition.OK)
            if row.condition is not before and row.origin.agency != SOC_AGENCY:
                log.info(Said.COLLECTOR_HEALTH, collector=row.origin.collector, condition=row.condition)
                await _say(report, row)
            conditions[row.origin] = row.condition
        await clock.sleep(EVERY)


async def _say(report: SelfReport, row: Row) -> None:
    kind = KINDS.get(row.condition)
    if kind is None:
        return
    fields = {
        "agency": row.origin.agency,
        "collector": row.origin.collector,
        "last_seen_ms": row.last_seen_ms,
        "missing": row.unexplained_gap,
        "lag_ms": row.lag_ms,
    }
    about = f"{row.origin.agency}/{row.origin.collector}/{row.last_seen_ms}/{row.unexplained_gap}"
    await report.emit(kind, about, fields, exercise=row.origin.exercise)
