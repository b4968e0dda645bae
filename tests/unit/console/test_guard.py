import asyncio
from pathlib import Path

import pytest
from support.consoling import consoling


@pytest.mark.parametrize("token", ["", "wrong"])
async def test_a_command_without_the_sessions_own_token_is_forbidden(tmp_path: Path, token: str) -> None:
    async with consoling(tmp_path) as console:
        headers = await console.sign_in("lead") | {"X-CSRF-Token": token}
        answer = await console.client.post(f"/api/v1/alerts/{console.alert}/start", headers=headers)
        assert answer.status == 403
        assert "Content-Security-Policy" in answer.headers


async def test_a_token_of_bytes_that_are_no_text_is_forbidden(tmp_path: Path) -> None:
    async with consoling(tmp_path) as console:
        cookie = (await console.sign_in("lead"))["Cookie"]
        reader, writer = await asyncio.open_connection(console.client.host, console.client.port)
        head = f"POST /api/v1/alerts/{console.alert}/start HTTP/1.0\r\nCookie: {cookie}\r\nX-CSRF-Token: "
        writer.write(head.encode() + b"\xff\r\n\r\n")
        assert b" 403 " in await reader.readline()
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("path", ["/overview", "/alerts", "/approvals", "/collectors", "/events", "/live"])
async def test_nobody_sees_anything_before_signing_in(tmp_path: Path, path: str) -> None:
    async with consoling(tmp_path) as console:
        page = await console.client.get(path, allow_redirects=False)
        assert (page.status, page.headers["Location"]) == (303, "/sign-in")
        assert (await console.client.get(f"/api/v1{path}")).status == 401
