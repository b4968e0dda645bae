"""The score: which expected rules raised an alert in time after their inject."""

from collections.abc import Iterable, Mapping

import msgspec

from soc.drills.scenario import Scenario


class Detection(msgspec.Struct, frozen=True):
    """One expectation and what became of it."""

    inject: str
    rule: str
    within_s: float
    delay_s: float | None
    """None: no alert of this rule after the inject."""

    @property
    def met(self) -> bool:
        """Return whether it was detected in time."""
        return self.delay_s is not None and self.delay_s <= self.within_s


def score(
    scenario: Scenario, began_ms: Mapping[str, int], alerts: Iterable[tuple[str, int]]
) -> list[Detection]:
    """Compare expectations with *alerts* (rule id, raised at ms); *began_ms*: inject id → its start."""
    raised = sorted(alerts, key=lambda alert: alert[1])
    found = []
    for inject in scenario.injects:
        start_ms = began_ms[inject.id]
        for expected in inject.expect:
            times = (at for rule, at in raised if rule == expected.rule and at >= start_ms)
            first = next(times, None)
            delay_s = None if first is None else (first - start_ms) / 1000
            found.append(Detection(inject.id, expected.rule, expected.within_s, delay_s))
    return found
