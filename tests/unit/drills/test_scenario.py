"""A scenario file is refused with every fault at once."""

from pathlib import Path

import pytest

from soc.drills.scenario import load_scenario
from soc.kernel.errors import ConfigError

ROOT = Path(__file__).resolve().parents[3]


def test_the_demo_scenario_loads() -> None:
    scenario = load_scenario(ROOT / "deploy/examples/scenarios/demo.yaml")
    assert {inject.kind for inject in scenario.injects} == {"log", "warning"}


def test_every_fault_is_said(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("version: 2\nid: x\nobjectives: []\ninjects: [{kind: log, id: a, at_s: -1}]\n")
    with pytest.raises(ConfigError) as found:
        load_scenario(path)
    for key in ("version", "title", "objectives", "injects.0.log.at_s", "injects.0.log.source"):
        assert key in str(found.value)
