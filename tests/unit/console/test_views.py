import json
from pathlib import Path

import pytest
from support.consoling import Consoling, consoling
from support.episodes import T0

from soc.ledger.fact import Payload
from soc.model.identity import Origin
from soc.response.saying import Speaker, said
from soc.wire.feed import Receipt

ALL = "so-yte, xa-tan-phu"


async def run_a_playbook(console: Consoling) -> None:
    """Let a run ask for approval of a report that names every agency."""
    by = Speaker("machine:responder", T0)
    started: Payload = {
        "run_id": "r1",
        "playbook_id": "p1",
        "playbook_version": "1",
        "alert_id": console.alert,
        "deadline_ms": T0 + 1000,
        "variables": {"__agencies__": ALL},
    }
    asked: Payload = {
        "run_id": "r1",
        "step_id": "s1",
        "command": {"name": "Báo cáo", "args": {"agencies": ALL}},
        "digest": "d",
        "roles": [],
        "deadline_ms": T0 + 1000,
    }
    facts = (
        said("RunStarted", ("r1",), started, ("so-yte", None), by),
        said("ApprovalAsked", ("r1", "s1"), asked, ("so-yte", None), by),
    )
    await console.parts.recorder.decide(lambda: facts)


async def seen(console: Consoling, role: str, agency: str | None, what: str) -> str:
    answer = await console.client.get(f"/api/v1/{what}", headers=await console.sign_in(role, agency))
    assert answer.status == 200, await answer.text()
    return await answer.text()


async def test_a_run_shows_an_agency_its_steps_but_no_other_agency(tmp_path: Path) -> None:
    async with consoling(tmp_path) as console:
        await run_a_playbook(console)
        text = await seen(console, "agency", "so-yte", f"alerts/{console.alert}")
        assert json.loads(text)["runs"][0]["steps"]["s1"]["command"] == {"name": "Báo cáo"}
        assert "xa-tan-phu" not in text
        assert ALL in await seen(console, "lead", None, f"alerts/{console.alert}")


async def test_only_who_may_approve_sees_what_is_asked(tmp_path: Path) -> None:
    async with consoling(tmp_path) as console:
        await run_a_playbook(console)
        assert ALL in await seen(console, "lead", None, "approvals")
        assert json.loads(await seen(console, "agency", "so-yte", "approvals")) == {"approvals": []}
        assert json.loads(await seen(console, "viewer", None, "approvals")) == {"approvals": []}


@pytest.mark.parametrize("what", ["alerts", "approvals", "collectors", "events", "overview"])
async def test_no_page_tells_an_agency_of_another(tmp_path: Path, what: str) -> None:
    async with consoling(tmp_path) as console:
        await run_a_playbook(console)
        assert "xa-tan-phu" not in await seen(console, "agency", "so-yte", what)


async def test_the_accounts_are_shown_by_collector_and_by_day(tmp_path: Path) -> None:
    async with consoling(tmp_path) as console:
        batch = Receipt(Origin("so-yte", "c1"), "b", 3, 7, 5, 0, 0, 0, (), T0, 0, spool="s", acked_seq=3)
        console.fleet.receipt(batch)
        told = json.loads(await seen(console, "lead", None, "collectors?days=7"))
        (day,) = told["collectors"][0]["days"]
        assert (day["counts"]["received"], day["unexplained_gap"]) == (5, 2)
        headers = await console.sign_in("lead")
        for path, shown in [("collectors", "thiếu bản ghi"), ("collectors?days=7", day["day"])]:
            page = await (await console.client.get(f"/{path}", headers=headers)).text()
            assert shown in page
        assert json.loads(await seen(console, "lead", None, "collectors?days=x"))["days"] == 0
        assert json.loads(await seen(console, "agency", "xa-tan-phu", "collectors"))["collectors"] == []


async def test_totals_of_the_province_are_not_for_an_agency(tmp_path: Path) -> None:
    async with consoling(tmp_path) as console:
        assert json.loads(await seen(console, "agency", "so-yte", "overview"))["counts"] == {}
