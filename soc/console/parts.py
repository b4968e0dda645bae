"""What the console is made of, handed in by the composition root."""

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from soc.alerts.state import AlertsFold
from soc.health.fleet import Row
from soc.kernel.clock import Clock
from soc.kernel.logs import Log
from soc.pipeline.recorder import Recorder
from soc.ports.accounts import Accounts
from soc.ports.events import EventReader
from soc.response.runs import RunsFold
from soc.rulebook.plan import Rulebook


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything a page may ask."""

    recorder: Recorder
    alerts: AlertsFold
    runs: RunsFold
    events: EventReader
    accounts: Accounts
    fleet: Callable[[int], list[Row]]
    """Rows with so many days."""
    counts: Callable[[], dict[str, int]]
    """Totals of the overview: events_stored, signals, alerts, playbook_runs, reports_receipted."""
    rulebook: Callable[[], Rulebook]
    """The rules in force."""
    playbooks: dict[str, str]
    """Playbook id → name."""
    agencies: dict[str, str]
    """Agency id → name."""
    zone: str
    """Zone of every time on screen."""
    language: str
    """``vi`` or ``en``: what a browser without a choice gets."""
    secure: bool
    """Served over TLS: cookies say so."""
    clock: Clock
    log: Log


PARTS = web.AppKey("PARTS", Parts)
