"""Port ``NationalCentre``: reports out, receipts and warnings in."""

from typing import Protocol

import msgspec


class Report(msgspec.Struct, frozen=True):
    """One message to the national centre, exactly as it will be sent."""

    id: str
    """Stable; the same for every try: goes out as Idempotency-Key."""
    kind: str
    """``initial``, ``update`` or ``final``."""
    incident_id: str
    """STIX id of the incident."""
    exercise: str | None
    body: bytes
    """STIX 2.1 bundle, JSON."""


class NcscReceipt(msgspec.Struct, frozen=True):
    """The centre's word that it has the report."""

    report_id: str
    receipt_id: str
    received_at: str
    sha256: str
    """Of the body as received; must equal ours."""


class ReportStatus(msgspec.Struct, frozen=True):
    """Where the report stands at the centre."""

    receipt_id: str
    state: str
    case_no: str | None = None


class NationalMessage(msgspec.Struct, frozen=True):
    """A warning or request from the centre."""

    id: str
    kind: str
    """``warning`` or ``request``."""
    sent_at: str
    due_at: str | None
    exercise: bool
    body: bytes
    """STIX 2.1 bundle, JSON."""


class NationalCentre(Protocol):
    """The national centre's interface."""

    async def submit(self, report: Report) -> NcscReceipt:
        """Send *report*; safe to repeat.

        Raises:
            NcscUnavailable: try again later with the same report.
            NcscError: refused for good; says why.
        """
        ...

    async def status(self, receipt_id: str) -> ReportStatus:
        """Return where a report stands."""
        ...

    async def messages(self, after: str) -> list[NationalMessage]:
        """Return messages behind the id *after* ("" = all), oldest first."""
        ...

    async def acknowledge(self, message_id: str) -> None:
        """Tell the centre that a message was received."""
        ...
