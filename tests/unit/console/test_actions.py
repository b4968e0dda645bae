from pathlib import Path

import pytest
from support.consoling import consoling


@pytest.mark.parametrize(
    ("command", "given", "status"),
    [
        ("assign", {}, 422),
        ("assign", {"assignee": "a" * 201}, 422),
        ("assign", {"assignee": "user:lan"}, 200),
        ("comment", {"text": " "}, 422),
        ("close", {"reason": "tired"}, 422),
    ],
)
async def test_what_a_command_needs_is_asked_for(
    tmp_path: Path, command: str, given: dict[str, str], status: int
) -> None:
    async with consoling(tmp_path) as console:
        url = f"/api/v1/alerts/{console.alert}/{command}"
        answer = await console.client.post(url, json=given, headers=await console.sign_in("analyst"))
        assert answer.status == status, await answer.text()


async def test_another_agencys_alert_looks_like_none(tmp_path: Path) -> None:
    async with consoling(tmp_path) as console:
        headers = await console.sign_in("agency", "xa-tan-phu")
        for alert in (console.alert, "none"):
            url = f"/api/v1/alerts/{alert}/comment"
            answer = await console.client.post(url, json={"text": "?"}, headers=headers)
            assert (answer.status, await answer.text()) == (404, "no such alert\n")
