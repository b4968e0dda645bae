"""An expectation is met by an alert of its rule after the inject and in time, by nothing else."""

import pytest

from soc.drills.scenario import Scenario
from soc.drills.score import score

SCENARIO = Scenario.model_validate(
    {
        "version": 1,
        "id": "s",
        "title": "t",
        "objectives": ["o"],
        "injects": [
            {
                "kind": "log",
                "id": "l",
                "at_s": 0,
                "source": "a/c/s",
                "lines": ["x"],
                "expect": [{"rule": "r", "within_s": 5}],
            }
        ],
    }
)


@pytest.mark.parametrize(
    ("alerts", "delay", "met"),
    [
        ([("r", 12_000)], 2.0, True),
        ([("r", 16_000)], 6.0, False),
        ([("r", 9_000)], None, False),
        ([("other", 12_000)], None, False),
    ],
    ids=["in time", "too late", "before the inject", "another rule"],
)
def test_detection_counts_only_in_time(alerts: list[tuple[str, int]], delay: float | None, met: bool) -> None:
    (found,) = score(SCENARIO, {"l": 10_000}, alerts)
    assert (found.delay_s, found.met) == (delay, met)
