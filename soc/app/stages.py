"""Which stages a centre runs, with what, and who leads them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from soc.app.centre import Centre
from soc.correlation.engine import Engine as Correlator
from soc.pipeline.alert import record_changes
from soc.pipeline.correlate import run_correlate
from soc.pipeline.feeds import FeedReader
from soc.pipeline.lead import lead
from soc.pipeline.report import run_inbox, run_report
from soc.pipeline.respond import run_respond
from soc.pipeline.retain import run_retain
from soc.pipeline.watch import run_watch

Stage = Callable[[], Awaitable[None]]


def stages(centre: Centre) -> dict[str, Stage]:
    """Return name → stage, in the order of the flow."""
    found: dict[str, Stage] = {
        "watch": lambda: _watch(centre),
        "correlate": lambda: _correlate(centre),
        "respond": lambda: _respond(centre),
        "retain": lambda: _retain(centre),
    }
    if centre.national is not None:
        found["report"] = lambda: _report(centre)
        found["inbox"] = lambda: _inbox(centre)
    return found
