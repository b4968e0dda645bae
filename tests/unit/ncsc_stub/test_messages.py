"""Messages: in order, in pages, each side its own, acknowledged once."""

from pathlib import Path
from typing import Any

import pytest
from support.national import EXERCISE, National, as_bytes, bundle, national


async def warn(ncsc: National, title: str, *, exercise: bool = False) -> str:
    indicators = [{"type": "ipv4-addr", "value": "203.0.113.7"}]
    order = {"title": title, "indicators": indicators, "due_in_hours": 24, "exercise": exercise}
    answer = await ncsc.admin("POST", "/admin/warnings", order)
    assert answer.status == 201
    return str(answer.body["id"])


def titles(page: Any) -> list[str]:
    return [message["body"]["objects"][-1]["name"] for message in page["messages"]]


async def test_messages_are_read_in_pages_from_where_one_stopped(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        for number in range(5):
            await warn(ncsc, f"w{number}")
        seen: list[str] = []
        after, more = "0", True
        while more:
            page = (await ncsc.send("GET", f"/api/v1/messages?after={after}&limit=2")).body
            seen += titles(page)
            after, more = page["messages"][-1]["id"], page["more"]
        assert seen == ["w0", "w1", "w2", "w3", "w4"]
        last = (await ncsc.send("GET", f"/api/v1/messages?after={after}")).body
        assert last == {"messages": [], "more": False}


async def test_a_warning_says_its_kind_and_when_it_is_due(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        await warn(ncsc, "w")
        (message,) = (await ncsc.send("GET", "/api/v1/messages")).body["messages"]
        assert (message["kind"], message["exercise"]) == ("warning", False)
        assert message["sent_at"] == "2027-01-15T08:00:00.000Z"
        assert message["due_at"] == "2027-01-16T08:00:00.000Z"


async def test_each_side_reads_its_own_messages(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        await warn(ncsc, "real")
        drill = await warn(ncsc, "drill", exercise=True)
        assert titles((await ncsc.send("GET", "/api/v1/messages")).body) == ["real"]
        assert titles((await ncsc.send("GET", "/api/v1/messages", side="exercise")).body) == ["drill"]
        assert (await ncsc.send("POST", f"/api/v1/messages/{drill}/ack")).status == 404


async def test_acknowledging_twice_is_acknowledging_once(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        number = await warn(ncsc, "w")
        first = await ncsc.send("POST", f"/api/v1/messages/{number}/ack")
        ncsc.clock.ms += 60_000
        again = await ncsc.send("POST", f"/api/v1/messages/{number}/ack")
        assert (first.status, again.status) == (200, 200)
        assert first.body == again.body == {"id": number, "acked_at": "2027-01-15T08:00:00.000Z"}
        assert (await ncsc.counts())["acks"] == 1


async def test_an_exercise_message_is_acknowledged_in_its_run(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        number = await warn(ncsc, "drill", exercise=True)
        path = f"/api/v1/messages/{number}/ack"
        assert (await ncsc.send("POST", path, side="exercise")).status == 403
        assert (await ncsc.send("POST", path, headers=EXERCISE, side="exercise")).status == 200


async def test_a_request_reaches_the_province_that_reported(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        receipt_id = (await ncsc.report(as_bytes(bundle()))).body["receipt_id"]
        order = {"receipt_id": receipt_id, "text": "Máy nào bị ảnh hưởng?", "due_in_hours": 2}
        assert (await ncsc.admin("POST", "/admin/requests", order)).status == 201
        (message,) = (await ncsc.send("GET", "/api/v1/messages")).body["messages"]
        assert message["kind"] == "request"
        assert message["body"] == {"receipt_id": receipt_id, "text": "Máy nào bị ảnh hưởng?"}


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "limit=101", "limit=٣", "after=99999999999999999999"]
)
async def test_a_page_that_cannot_be_is_refused(tmp_path: Path, query: str) -> None:
    async with national(tmp_path) as ncsc:
        assert (await ncsc.send("GET", f"/api/v1/messages?{query}")).status == 400
