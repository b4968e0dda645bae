"""A centre that is killed comes back with the same alerts, ids and history, and raises nothing twice."""

from pathlib import Path

import pytest
from support.session import Analyst
from support.system import System, eventually


@pytest.mark.timeout(120)
def test_a_killed_centre_comes_back_with_the_same_alerts(tmp_path: Path) -> None:
    system = System(tmp_path)
    try:
        system.start_centre()
        system.enrol()
        system.start_collector()
        with system.lines.open("a") as file:
            file.write("Nov 24 08:00:00 host app[1]: marker one\n")
        before = Analyst(system)
        eventually(lambda: before.get("alerts")["total"] == 1, within_s=30, what="one alert")
        (alert,) = before.get("alerts")["alerts"]
        before.act(f"alerts/{alert['id']}/acknowledge")
        system.kill("centre")
        system.start_centre()
        with system.lines.open("a") as file:
            file.write("Nov 24 08:00:01 host app[1]: marker two\n")
        after = Analyst(system)
        eventually(lambda: after.get("alerts")["alerts"][0]["count"] == 2, within_s=30, what="it grew")
        (same,) = after.get("alerts")["alerts"]
        assert (same["id"], same["state"], same["assignee"]) == (alert["id"], "acknowledged", "user:an")
    finally:
        system.stop_all()
