"""Stage watch: keeps the fleet's accounts and says what is wrong with a collector as an event of its own."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, assert_never

from soc.health.fleet import Condition, Row
from soc.health.notice import Notice
from soc.kernel.clock import Clock
from soc.kernel.logs import Log, Said
from soc.model.identity import SOC_AGENCY, Origin
from soc.pipeline.accounts import Accounts
from soc.pipeline.selfreport import SelfReport

EVERY = timedelta(seconds=2)
SAVE_EVERY = timedelta(hours=1)
HOUR_MS = 3_600_000
KINDS: Final[Mapping[Condition, str]] = {
    Condition.SILENT: "silence",
    Condition.GAP: "gap",
    Condition.EXPIRING: "expiry",
    Condition.LAGGING: "lag",
}


async def run_watch(*, accounts: Accounts, report: SelfReport, clock: Clock, log: Log) -> None:
    """Read the feeds for ever; each change of a collector's condition is said once."""
    if accounts.damaged:
        log.warning(Said.COLLECTOR_HEALTH, why=f"the accounts begin anew: {accounts.damaged}")
    said: dict[Origin, frozenset[Condition]] = {}
    save_at = clock.monotonic()
    while True:
        await accounts.read()
        for notice in accounts.fleet.notices():
            await _tell(report, notice, log)
            accounts.fleet.said(notice)
        now_ms = clock.now_ms()
        for row in accounts.fleet.rows(now_ms):
            for condition in row.conditions:
                if condition not in said.get(row.origin, ()):
                    await _say(report, row, condition, now_ms, log)
            said[row.origin] = frozenset(row.conditions)
        if clock.monotonic() >= save_at:
            await accounts.save()
            save_at = clock.monotonic() + SAVE_EVERY.total_seconds()
        await clock.sleep(EVERY)


async def _tell(report: SelfReport, notice: Notice, log: Log) -> None:
    origin = notice.origin
    if origin.agency == SOC_AGENCY:
        return
    event = Said.CLONE if notice.kind == "clone" else Said.COLLECTOR_HEALTH
    log.warning(event, agency=origin.agency, collector=origin.collector, kind=notice.kind)
    fields = {"agency": origin.agency, "collector": origin.collector, **notice.fields}
    await report.emit(notice.kind, notice.about, fields, exercise=origin.exercise)


async def _say(report: SelfReport, row: Row, condition: Condition, now_ms: int, log: Log) -> None:
    origin = row.origin
    if origin.agency == SOC_AGENCY:
        return
    log.warning(
        Said.COLLECTOR_HEALTH, agency=origin.agency, collector=origin.collector, condition=condition.value
    )
    fields = {
        "agency": origin.agency,
        "collector": origin.collector,
        "last_seen_ms": row.last_seen_ms,
        "missing": row.unexplained_gap,
        "lag_ms": row.lag_ms,
        "certificate_until_ms": row.certificate_until_ms,
    }
    # The same trouble has the same name after a restart of the centre: it stays one event.
    about = f"{origin.agency}/{origin.collector}/{_since(row, condition, now_ms)}"
    await report.emit(KINDS[condition], about, fields, exercise=origin.exercise)


def _since(row: Row, condition: Condition, now_ms: int) -> str:
    match condition:
        case Condition.SILENT:
            return str(row.last_seen_ms)
        case Condition.GAP:
            return row.first_unexplained
        case Condition.EXPIRING:
            return str(row.certificate_until_ms)
        case Condition.LAGGING:
            return str(now_ms // HOUR_MS)
        case Condition.OK:
            return ""
        case _:
            assert_never(condition)
