"""The outbox: reports that were decided and what became of them, folded from the ledger."""

from dataclasses import dataclass, field

import msgspec

from soc.ledger.fact import Fact, Payload


class Outgoing(msgspec.Struct, frozen=True):
    """One report."""

    report_id: str
    kind: str
    incident_id: str
    alert_id: str
    exercise: str | None
    body: str
    sha256: str
    queued_at_ms: int
    receipt_id: str | None = None
    received_at: str | None = None
    refused: str | None = None
    state: str | None = None
    """Where it stands at the national centre."""
    case_no: str | None = None


@dataclass(slots=True)
class Outbox:
    """The folded state."""

    reports: dict[str, Outgoing] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    """Message id → when it was received."""
    last_message: str = ""

    def waiting(self) -> list[Outgoing]:
        """Return the reports without receipt or refusal, oldest first."""
        open_ = (r for r in self.reports.values() if r.receipt_id is None and r.refused is None)
        return sorted(open_, key=lambda report: report.queued_at_ms)

    @property
    def receipted(self) -> int:
        """Return how many reports have a receipt."""
        return sum(report.receipt_id is not None for report in self.reports.values())


class Dumped(msgspec.Struct, frozen=True):
    """``Outbox`` as bytes."""

    reports: dict[str, Outgoing]
    warnings: dict[str, int]
    last_message: str


class OutboxFold:
    """Facts → outbox."""

    name = "outbox"
    version = 1

    def initial(self) -> Outbox:
        """Return the empty outbox."""
        return Outbox()

    def apply(self, state: Outbox, fact: Fact) -> Outbox:
        """Return the state after *fact*."""
        payload = fact.payload
        if payload is None:
            return state  # erased: it says nothing any more
        match fact.type:
            case "ReportQueued":
                state.reports[payload["report_id"]] = Outgoing(
                    report_id=payload["report_id"],
                    kind=payload["kind"],
                    incident_id=payload["incident_id"],
                    alert_id=payload["alert_id"],
                    exercise=fact.exercise,
                    body=payload["body"],
                    sha256=payload["sha256"],
                    queued_at_ms=fact.at_ms,
                )
            case "ReportReceipted":
                _set(state, payload, receipt_id=payload["receipt_id"], received_at=payload["received_at"])
            case "ReportRefused":
                _set(state, payload, refused=payload["why"])
            case "ReportStateSeen":
                _set(state, payload, state=payload["state"], case_no=payload["case_no"])
            case "WarningReceived":
                state.warnings[payload["message_id"]] = fact.at_ms
                state.last_message = payload["message_id"]
            case _:
                pass
        return state

    def dump(self, state: Outbox) -> bytes:
        """Return *state* as bytes."""
        return msgspec.msgpack.encode(Dumped(state.reports, state.warnings, state.last_message))

    def load(self, data: bytes) -> Outbox:
        """Return the state in *data*."""
        found = msgspec.msgpack.decode(data, type=Dumped)
        return Outbox(found.reports, found.warnings, found.last_message)


def _set(outbox: Outbox, payload: Payload, /, **changes: str | None) -> None:
    report = outbox.reports.get(payload["report_id"])
    if report is not None:
        outbox.reports[report.report_id] = msgspec.structs.replace(report, **changes)
