"""Which stages a centre runs, and with what."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from soc.app.centre import Centre
from soc.correlation.engine import Engine as Correlator
from soc.kernel.errors import ConfigError
from soc.kernel.logs import Said
from soc.pipeline.alert import record_changes
from soc.pipeline.correlate import run_correlate
from soc.pipeline.feeds import FeedReader
from soc.pipeline.lead import lead
from soc.pipeline.report import run_inbox, run_report
from soc.pipeline.respond import run_respond
from soc.pipeline.watch import run_watch

Stage = Callable[[], Awaitable[None]]


def stages(centre: Centre) -> dict[str, Stage]:
    """Return name → stage, in the order of the flow."""
    found: dict[str, Stage] = {}
    return found
