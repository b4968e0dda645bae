"""The fast engine: events → matching rules, each kind of event on a route of its own.

``soc.detection.reference`` is the slow authority; speed never changes an answer.
"""

from collections.abc import Sequence

from soc.detection.program import has_keyword
from soc.detection.route import Index, Route, necessary_atoms
from soc.model.event import Event, LogSource, Mark
from soc.rulebook.plan import RulePlan

MAX_ROUTES = 512
_QUARANTINE = (LogSource(product="\0quarantine"),)


class Engine:
    """All rules, compiled route by route when the first event of its kind arrives."""

    def __init__(
        self, rules: Sequence[RulePlan], *, routed: bool = True, index: Index = necessary_atoms
    ) -> None:
        """Take *rules*; ``routed=False`` tries every rule on every event.

        *index* may be replaced in tests: it may only name too many candidates.
        """
        self._rules = tuple(enumerate(rules))
        self._routed = routed
        self._index = index
        self._routes: dict[tuple[LogSource, ...], Route] = {}

    def match(self, event: Event) -> tuple[RulePlan, ...]:
        """Return the rules that match *event*, in the order they were given.

        A quarantined event has no fields: only keywords see its raw text, on every rule that has any.
        """
        quarantined = Mark.QUARANTINED in event.marks
        kind = _QUARANTINE if quarantined else event.logsources if self._routed else ()
        route = self._routes.get(kind)
        if route is None:
            route = self._route(kind, quarantined=quarantined)
        return route.match(event)

    def _route(self, kind: tuple[LogSource, ...], *, quarantined: bool) -> Route:
        if len(self._routes) >= MAX_ROUTES:
            self._routes.clear()
        if quarantined:
            chosen = [(n, rule) for n, rule in self._rules if has_keyword(rule.condition)]
        elif self._routed:
            chosen = [(n, rule) for n, rule in self._rules if applies(rule, kind)]
        else:
            chosen = list(self._rules)
        route = self._routes[kind] = Route(chosen, self._index)
        return route


def applies(rule: RulePlan, logsources: tuple[LogSource, ...]) -> bool:
    """Return whether *rule* is tried on events of *logsources*."""
    return not rule.routed or any(rule.logsource.covers(found) for found in logsources)
