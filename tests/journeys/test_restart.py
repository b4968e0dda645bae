"""A centre that is killed comes back with the same alerts, ids and history, and raises nothing twice."""

import json
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest
from support.system import System, eventually


class _Analyst:
    """A session of the console's API."""

    def __init__(self, system: System) -> None:
        asked = system.say("sign-in", {"name": "an", "role": "lead"})
        self._url = asked["url"].split("/sign-in")[0]
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar())).open
        self._open(f"{self._url}/sign-in/once", data=f"token={asked['token']}".encode(), timeout=10).close()
        self._csrf = self.get("session")["csrf"]

    def get(self, path: str) -> Any:
        with self._open(f"{self._url}/api/v1/{path}", timeout=10) as answer:
            return json.load(answer)

    def act(self, path: str) -> None:
        headers = {"X-CSRF-Token": self._csrf, "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self._url}/api/v1/{path}", data=b"{}", headers=headers)
        self._open(request, timeout=10).close()


@pytest.mark.timeout(120)
def test_a_killed_centre_comes_back_with_the_same_alerts(tmp_path: Path) -> None:
    system = System(tmp_path)
    try:
        system.start_centre()
        system.enrol()
        system.start_collector()
        with system.lines.open("a") as file:
            file.write("Nov 24 08:00:00 host app[1]: marker one\n")
        before = _Analyst(system)
        eventually(lambda: before.get("alerts")["total"] == 1, within_s=30, what="one alert")
        (alert,) = before.get("alerts")["alerts"]
        before.act(f"alerts/{alert['id']}/acknowledge")
        system.kill("centre")
        system.start_centre()
        with system.lines.open("a") as file:
            file.write("Nov 24 08:00:01 host app[1]: marker two\n")
        after = _Analyst(system)
        eventually(lambda: after.get("alerts")["alerts"][0]["count"] == 2, within_s=30, what="it grew")
        (same,) = after.get("alerts")["alerts"]
        assert (same["id"], same["state"], same["assignee"]) == (alert["id"], "acknowledged", "user:an")
    finally:
        system.stop_all()
