"""Reports after their receipt: updates and the way to a closed case."""

from pathlib import Path
from typing import Any

import pytest
from support.national import Answer, National, as_bytes, bundle, national

CONTENT = as_bytes(bundle())


async def receipt(ncsc: National, content: bytes = CONTENT, key: str = "k") -> Any:
    return (await ncsc.report(content, key)).body["receipt_id"]


async def update(
    ncsc: National, receipt_id: str, key: str, kind: str = "update", name: str = "web shell"
) -> Answer:
    news = as_bytes({"type": kind, "bundle": bundle(name)})
    return await ncsc.report(news, key, path=f"/api/v1/incidents/{receipt_id}/updates")


async def advance(ncsc: National, receipt_id: str, body: Any = None) -> Answer:
    return await ncsc.admin("POST", f"/admin/incidents/{receipt_id}/advance", body)


async def test_an_update_is_kept_once_under_its_key(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        parent = await receipt(ncsc)
        first = await update(ncsc, parent, "u1")
        again = await update(ncsc, parent, "u1")
        assert (first.status, again.status) == (202, 202)
        assert again.body == first.body
        stands = (await ncsc.send("GET", first.body["status_url"])).body
        assert [(item["receipt_id"], item["type"]) for item in stands["updates"]] == [
            (first.body["receipt_id"], "update")
        ]
        counts = await ncsc.counts()
        assert (counts["incidents"], counts["receipts"], counts["duplicates"]) == (1, 2, 1)


async def test_a_key_of_a_report_is_none_for_its_update(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        parent = await receipt(ncsc)
        assert (await update(ncsc, parent, "k")).status == 422


async def test_a_key_of_an_update_is_none_for_another_reports_update(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        one, two = await receipt(ncsc, key="k1"), await receipt(ncsc, key="k2")
        assert (await update(ncsc, one, "u1")).status == 202
        assert (await update(ncsc, two, "u1")).status == 422


async def test_after_the_final_report_nothing_is_added(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        parent = await receipt(ncsc)
        assert (await update(ncsc, parent, "u1", "final")).status == 202
        refused = await update(ncsc, parent, "u2")
        assert (refused.status, refused.body["type"]) == (409, "urn:ncsc:problem:state")
        assert (await update(ncsc, parent, "u1", "final")).status == 202


async def test_an_update_about_another_incident_is_refused_with_the_reason(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        parent = await receipt(ncsc)
        refused = await update(ncsc, parent, "u1", name="another")
        assert refused.status == 422
        assert "not about incident--" in refused.body["reasons"][0]


async def test_a_refused_update_leaves_its_key_free(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        parent = await receipt(ncsc)
        assert (await update(ncsc, parent, "u1", name="another")).status == 422
        assert (await update(ncsc, parent, "u1")).status == 202


@pytest.mark.parametrize(
    "body", [{"type": "other", "bundle": {}}, {"bundle": {}}, [], {"type": "final", "bundle": {}}]
)
async def test_an_update_of_another_shape_is_refused(tmp_path: Path, body: Any) -> None:
    async with national(tmp_path) as ncsc:
        parent = await receipt(ncsc)
        path = f"/api/v1/incidents/{parent}/updates"
        assert (await ncsc.report(as_bytes(body), "u", path=path)).status == 422


async def test_an_update_of_nothing_is_not_found(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        assert (await update(ncsc, "no-such", "u1")).status == 404


async def test_a_report_goes_its_way_to_a_closed_case(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        parent = await receipt(ncsc)
        states = []
        for _ in range(3):
            ncsc.clock.ms += 1_000
            states.append((await advance(ncsc, parent)).body["state"])
        assert states == ["in_review", "acknowledged", "closed"]
        stands = (await ncsc.send("GET", f"/api/v1/incidents/{parent}")).body
        assert stands["case_no"] == "NCSC-2027-000001"
        assert [step["at"][17:19] for step in stands["history"]] == ["00", "00", "01", "02", "03"]
        assert (await advance(ncsc, parent)).status == 409
        assert (await update(ncsc, parent, "u9")).status == 409


async def test_a_case_number_may_be_given(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        parent = await receipt(ncsc)
        await advance(ncsc, parent)
        assert (await advance(ncsc, parent, {"case_no": "VN-7"})).body["case_no"] == "VN-7"


async def test_a_rejected_report_moves_no_further_and_takes_no_updates(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        parent = await receipt(ncsc, as_bytes({"type": "bundle"}))
        assert (await advance(ncsc, parent)).status == 409
        assert (await update(ncsc, parent, "u1")).status == 409
