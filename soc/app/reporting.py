"""What a playbook's report says: the approved arguments and the alert, as a STIX bundle."""

from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_address

import msgspec

from soc.alerts.state import AlertView
from soc.app.centre import Centre
from soc.kernel.clock import to_ms
from soc.kernel.errors import PlaybookError, shortened
from soc.model.alert import Severity
from soc.model.identity import Layer
from soc.ncsc.report import MARKINGS, Incident, bundle, incident_id
from soc.pipeline.respond import Action, Prepared
from soc.response.playbook import ActionName
from soc.response.rendering import Command
from soc.rulebook.attribution import attribution
from soc.rulebook.plan import Heading

CRITICALITY = {
    Severity.INFORMATIONAL: 10,
    Severity.LOW: 25,
    Severity.MEDIUM: 50,
    Severity.HIGH: 75,
    Severity.CRITICAL: 95,
}


class About(msgspec.Struct, frozen=True):
    """What a report says besides the command."""

    description: str
    """Of the rule, for people."""
    province: str
    ledger_head: str


def report_actions(centre: Centre) -> Mapping[str, Action]:
    """Return the actions of *centre*: without a national link there are none."""
    if centre.settings.ncsc is None:
        return {}
    province = centre.settings.ncsc.province

    async def report(command: Command, alert: AlertView) -> Prepared:
        headings = {plan.id: plan.heading for plan in centre.rules.rulebook.correlations}
        heading = headings.get(alert.rule_id)
        description = described(heading) if heading else ""
        body = bundle(incident_of(command, alert, About(description, province, centre.recorder.chain.link)))
        return Prepared("initial", incident_id(alert.id), body.decode())

    return {ActionName.REPORT_NCSC.value: report}


def described(heading: Heading) -> str:
    """Return the description of a rule, with who wrote it."""
    papers = f"\nRule: {attribution(heading)}" if heading.author else ""
    return heading.description + papers


def incident_of(command: Command, alert: AlertView, about: About) -> Incident:
    """Return what was approved: every word of the incident comes from the command's arguments.

    Of the alert only its id and the time it was raised are taken, which never change.

    Raises:
        PlaybookError: an argument is missing or not of its kind, or the marking may not leave.
    """
    args = command.args
    try:
        return Incident(
            alert_id=alert.id,
            title=args["title"],
            description=about.description,
            criticality=CRITICALITY[Severity(args["level"])],
            first_at_ms=to_ms(datetime.fromisoformat(args["first_at"])),
            last_at_ms=to_ms(datetime.fromisoformat(args["last_at"])),
            raised_at_ms=alert.raised_at_ms,
            modified_at_ms=alert.raised_at_ms,
            agencies=_listed(args["agencies"]),
            layers=tuple(Layer(int(layer)) for layer in _listed(args["layers"])),
            addresses=tuple(filter(_is_address, _listed(args["indicator"]))),
            province=about.province,
            exercise=command.exercise,
            ledger_head=about.ledger_head,
            tlp=_tlp(args["tlp"]),
        )
    except (KeyError, ValueError) as error:
        raise PlaybookError(f"{command.name}: argument {error}") from error


def _tlp(text: str) -> str:
    if text not in MARKINGS:
        raise PlaybookError(
            f"TLP {shortened(text)} does not leave by itself; accepted: {', '.join(MARKINGS)}"
        )
    return text


def _listed(text: str) -> tuple[str, ...]:
    """Return the parts of a list as ``enrich`` joins them."""
    return tuple(part for part in text.split(", ") if part)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
