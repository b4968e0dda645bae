"""The operators' socket: tokens, links, accounts and revocations, each with the asker's name."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from support.centre import Receiving, receiving

from soc.app.control import Control
from soc.health.fleet import Fleet
from soc.stores.sqlite_accounts import SqliteAccounts


@pytest.fixture
async def socket(tmp_path: Path) -> AsyncIterator[tuple[Receiving, Path]]:
    centre = await receiving(tmp_path)
    accounts = SqliteAccounts.open(":memory:")
    fleet = Fleet()
    control = Control(
        recorder=centre.recorder,
        credentials=centre.credentials,
        accounts=accounts,
        fleet=lambda: fleet.rows(centre.clock.now_ms()),
        agencies=frozenset({"so-y-te"}),
        console_url=lambda: "http://127.0.0.1:1",
        clock=centre.clock,
    )
    runner = web.AppRunner(control.application())
    await runner.setup()
    path = tmp_path / "s"
    await web.UnixSite(runner, str(path)).start()
    yield centre, path
    await runner.cleanup()
    accounts.close()


async def say(path: Path, verb: str, body: dict[str, object] | None = None) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(path=str(path))) as session,
        session.request("GET" if body is None else "POST", f"http://soc/{verb}", json=body) as answer,
    ):
        return answer.status, await answer.text()


async def test_a_token_is_a_fact_with_the_askers_name_and_without_the_token(
    socket: tuple[Receiving, Path],
) -> None:
    centre, path = socket
    status, text = await say(path, "enrol-token", {"agency": "so-y-te", "collector": "c1"})
    assert status == 200
    facts = [fact async for _, fact in centre.recorder.facts_from(0)]
    assert [(fact.type, fact.agency) for fact in facts] == [("EnrolTokenIssued", "so-y-te")]
    assert facts[0].actor.startswith("user:")
    assert text.split('"')[3] not in str(facts)


@pytest.mark.parametrize(
    ("verb", "body", "said"),
    [
        ("enrol-token", {"agency": "khac", "collector": "c1"}, "so-y-te"),
        ("enrol-token", {"agency": "so-y-te"}, "collector"),
        ("enrol-token", {"agency": "so-y-te", "collector": "c1", "extra": 1}, "extra"),
        ("revoke", {"serial": "AB", "why": "lost"}, "AB"),
    ],
    ids=["agency", "missing", "unknown member", "serial"],
)
async def test_what_cannot_be_done_is_said(
    socket: tuple[Receiving, Path], verb: str, body: dict[str, object], said: str
) -> None:
    status, text = await say(socket[1], verb, body)
    assert (status, said in text) == (422, True)


async def test_a_link_signs_in_and_a_password_is_set(socket: tuple[Receiving, Path]) -> None:
    _, path = socket
    status, text = await say(path, "sign-in", {"name": "an", "role": "lead"})
    assert (status, "http://127.0.0.1:1/sign-in/once#" in text) == (200, True)
    body: dict[str, object] = {"name": "an", "role": "lead", "password": "dài và khó đoán"}
    assert (await say(path, "password", body))[0] == 200
    assert await say(path, "collectors") == (200, "[]")
