"""The demo's analyst: works through the console's own API, as a person would through its pages."""

from typing import Any

import aiohttp

TIMEOUT = aiohttp.ClientTimeout(total=15)


class Analyst:
    """A signed-in session."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        """Use *session* for the console at *url*."""
        self._session = session
        self._url = url
        self._csrf = ""

    async def sign_in(self, token: str) -> None:
        """Spend a one-time token."""
        async with self._session.post(f"{self._url}/sign-in/once", data={"token": token}) as answer:
            answer.raise_for_status()
        self._csrf = (await self.get("session"))["csrf"]

    async def get(self, path: str) -> Any:
        """Return the JSON of a page."""
        async with self._session.get(f"{self._url}/api/v1/{path}", timeout=TIMEOUT) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def act(self, path: str, body: dict[str, Any]) -> Any:
        """Do something by POST."""
        headers = {"X-CSRF-Token": self._csrf}
        address = f"{self._url}/api/v1/{path}"
        async with self._session.post(address, json=body, headers=headers, timeout=TIMEOUT) as answer:
            answer.raise_for_status()
            return await answer.json()
