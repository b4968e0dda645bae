"""The queue: what waits for people, the worst first, then the oldest; never outside the asker's scope."""

from soc.alerts.state import Alerts, AlertView
from soc.model.identity import Scope


def queue(state: Alerts, scope: Scope) -> list[AlertView]:
    """Return the open alerts inside *scope*, by severity, then by age."""
    found = [view for view in state.alerts.values() if view.open and inside(view, scope)]
    return sorted(found, key=lambda view: (-view.level.rank, view.raised_at_ms, view.id))


def inside(view: AlertView, scope: Scope) -> bool:
    """Return whether *scope* sees *view*: an agency sees only what it takes part in."""
    if view.exercise != scope.exercise:
        return False
    return scope.agencies is None or not scope.agencies.isdisjoint(view.agencies)
