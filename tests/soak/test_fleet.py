"""Two hundred agencies for an hour: the centre is as small at the end as it was after the first quarter.

``SOAK_SECONDS`` and ``SOAK_AGENCIES`` make it shorter; what is committed says how long it was.
"""

import os
import random
from pathlib import Path

import pytest
from support.endurance import Endured, Trial, endure
from support.results import RESULTS, record

pytestmark = pytest.mark.soak
SECONDS = int(os.environ.get("SOAK_SECONDS", "3600"))
AGENCIES = int(os.environ.get("SOAK_AGENCIES", "200"))
MEMORY_GROWTH = 0.10
"""Most that the last quarter's median may lie above the second's."""
DESCRIPTOR_GROWTH = 0.10
KIB_PER_FACT = 4.0


@pytest.mark.timeout(SECONDS + 1800)
async def test_an_hour_of_two_hundred_agencies_leaves_the_centre_as_it_was(tmp_path: Path) -> None:
    trial = Trial(AGENCIES, SECONDS, seed=random.SystemRandom().randrange(10**9))
    endured = await endure(tmp_path, trial)
    figures = {
        "agencies": trial.agencies,
        "seconds": trial.seconds,
        "seed": trial.seed,
        **endured.totals(),
        "memory_growth": round(endured.growth("rss_mib"), 3),
        "anonymous_memory_growth": round(endured.growth("anonymous_mib"), 3),
        "descriptor_growth": round(endured.growth("descriptors"), 3),
        "ledger_kib_per_fact": round(_kib_per_fact(endured), 2),
    }
    record("soak-fleet", figures)
    (RESULTS / "soak-fleet.csv").write_text(endured.csv())
    title = f"{trial.agencies} agencies, {trial.seconds:.0f} s, seed {trial.seed}"
    (RESULTS / "soak-fleet.svg").write_text(endured.svg(title))
    endured.check()
    assert figures["memory_growth"] <= MEMORY_GROWTH
    assert figures["descriptor_growth"] <= DESCRIPTOR_GROWTH
    assert figures["ledger_kib_per_fact"] <= KIB_PER_FACT


def _kib_per_fact(endured: Endured) -> float:
    """Return how much the ledger grew for each fact after the first quarter: by nothing else may it grow."""
    first, last = endured.samples[len(endured.samples) // 4], endured.samples[-1]
    return (last.ledger_kib - first.ledger_kib) / max(1, last.facts - first.facts)
