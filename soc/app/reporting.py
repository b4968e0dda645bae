"""What a playbook's report says: the approved arguments and the alert, as a STIX bundle."""

from collections.abc import Mapping
from ipaddress import ip_address

from soc.alerts.state import AlertView
from soc.app.centre import Centre
from soc.model.alert import Severity
from soc.ncsc.report import Incident, bundle, incident_id
from soc.pipeline.respond import Action, Prepared
from soc.response.playbook import ActionName
from soc.response.rendering import Command

CRITICALITY = {
    Severity.INFORMATIONAL: 10,
    Severity.LOW: 25,
    Severity.MEDIUM: 50,
    Severity.HIGH: 75,
    Severity.CRITICAL: 95,
}


def report_actions(centre: Centre) -> Mapping[str, Action]:
    """Return the actions of *centre*: without a national link there are none."""
    if centre.settings.ncsc is None:
        return {}
    province = centre.settings.ncsc.province

    async def report(command: Command, alert: AlertView) -> Prepared:
        body = bundle(_incident(centre, province, command, alert))
        return Prepared("initial", incident_id(alert.id), body.decode())

    return {ActionName.REPORT_NCSC.value: report}


def _incident(centre: Centre, province: str, command: Command, alert: AlertView) -> Incident:
    headings = {plan.id: plan.heading for plan in centre.content.rulebook.correlations}
    heading = headings.get(alert.rule_id)
    return Incident(
        alert_id=alert.id,
        title=command.args.get("title", alert.title),
        description=heading.description if heading else alert.title,
        criticality=CRITICALITY[alert.level],
        first_at_ms=alert.first_at_ms,
        last_at_ms=alert.last_at_ms,
        raised_at_ms=alert.raised_at_ms,
        modified_at_ms=alert.raised_at_ms,
        agencies=alert.agencies,
        layers=alert.layers,
        addresses=tuple(value for _, value in alert.group if _is_address(value)),
        province=province,
        exercise=alert.exercise,
        ledger_head=centre.recorder.chain.link,
    )


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
