"""A newcomer's first command: the whole system plays an incident and says what became of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SOC = Path(sys.executable).parent / "soc"


@pytest.mark.timeout(200)
def test_the_demo_ends_by_itself_with_everything_stored_detected_and_receipted(tmp_path: Path) -> None:
    shown = subprocess.run(
        [SOC, "demo", "--once", "--folder", tmp_path / "demo"],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert shown.returncode == 0, shown.stdout[-3000:] + shown.stderr[-3000:]
    outcome = json.loads(shown.stdout.splitlines()[-1])
    assert list(outcome) == [
        "events_sent",
        "events_stored",
        "signals",
        "alerts",
        "playbook_runs",
        "reports_receipted",
        "seconds",
    ]
    assert outcome["events_sent"] == outcome["events_stored"] > 0
    assert min(outcome[name] for name in ("signals", "alerts", "playbook_runs", "reports_receipted")) > 0
    first_alert = next(line for line in shown.stdout.splitlines() if " alert " in line)
    start = next(line for line in shown.stdout.splitlines() if " console " in line)
    assert float(first_alert.split()[0]) - float(start.split()[0]) <= 20
