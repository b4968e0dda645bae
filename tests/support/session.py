"""An analyst's session with the console's API of a running centre."""

import json
import urllib.request
from http.cookiejar import CookieJar
from typing import Any

from support.system import System


class Analyst:
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
