"""The hand behind the stand-in."""

from pathlib import Path
from typing import Any

import pytest
from support.national import EXERCISE, as_bytes, bundle, national

INDICATOR = {"type": "ipv4-addr", "value": "203.0.113.7"}


async def test_it_lists_reports_of_both_sides_oldest_first(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        await ncsc.report(as_bytes(bundle("one")))
        await ncsc.report(as_bytes(bundle("two")), side="exercise", headers=EXERCISE)
        listed = (await ncsc.admin("GET", "/admin/incidents")).body["incidents"]
        assert [(item["province"], item["exercise_run"]) for item in listed] == [
            ("tinh", None),
            ("tinh", "run-1"),
        ]
        assert listed[0]["incident_id"] == bundle("one")["objects"][1]["id"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("warnings", {"title": "w", "indicators": [], "due_in_hours": 1}, 422),
        ("warnings", {"title": "", "indicators": [INDICATOR], "due_in_hours": 1}, 422),
        ("warnings", {"title": "w", "indicators": [INDICATOR], "due_in_hours": 0}, 422),
        ("warnings", {"title": "w", "indicators": [{**INDICATOR, "value": "x"}], "due_in_hours": 1}, 422),
        ("warnings", {"title": "w", "indicators": [INDICATOR], "due_in_hours": 1, "x": 1}, 422),
        ("faults", {"kind": "explode"}, 422),
        ("faults", {"kind": "slow", "times": 0}, 422),
        ("faults", {"kind": "slow", "seconds": 3_600}, 422),
        ("requests", {"receipt_id": "x", "text": "?", "due_in_hours": 1}, 404),
        ("incidents/x/advance", None, 404),
    ],
)
async def test_a_wrong_order_is_refused_and_not_counted(
    tmp_path: Path, path: str, body: Any, status: int
) -> None:
    async with national(tmp_path) as ncsc:
        assert (await ncsc.admin("POST", f"/admin/{path}", body)).status == status
        counts = await ncsc.counts()
        assert (counts["refusals"], counts["messages"]) == (0, 0)


async def test_the_interface_to_provinces_has_no_hand(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        assert (await ncsc.send("GET", "/admin/state")).status == 404
        assert (await ncsc.admin("GET", "/api/v1/messages")).status == 404
