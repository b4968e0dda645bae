"""The interface as a province meets it."""

import asyncio
import gzip
import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from aiohttp import ClientError
from support.national import EXERCISE, as_bytes, bundle, national, report_headers

CONTENT = as_bytes(bundle())


async def test_a_report_gets_a_receipt_and_is_validated(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        answer = await ncsc.report(CONTENT)
        assert answer.status == 202
        assert answer.body["sha256"] == hashlib.sha256(CONTENT).hexdigest()
        assert answer.body["received_at"] == "2027-01-15T08:00:00.000Z"
        assert answer.headers["Location"] == answer.body["status_url"]
        stands = await ncsc.send("GET", answer.body["status_url"])
        assert stands.status == 200
        assert stands.body["receipt_id"] == answer.body["receipt_id"]
        assert [step["state"] for step in stands.body["history"]] == ["received", "validated"]
        assert stands.body["reasons"] == []


async def test_a_report_without_tlp_is_receipted_and_rejected_with_the_reason(tmp_path: Path) -> None:
    unmarked = bundle()
    del unmarked["objects"][1]["object_marking_refs"]
    async with national(tmp_path) as ncsc:
        answer = await ncsc.report(as_bytes(unmarked))
        assert answer.status == 202
        stands = await ncsc.send("GET", answer.body["status_url"])
        assert stands.body["state"] == "rejected"
        assert stands.body["reasons"] == [
            "objects[1].object_marking_refs: expected exactly one TLP 2.0 marking"
        ]


async def test_the_same_key_and_content_get_the_same_answer_and_one_incident(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        first = await ncsc.report(CONTENT)
        ncsc.clock.ms += 60_000
        second = await ncsc.report(CONTENT)
        assert (second.status, second.body) == (202, first.body)
        counts = await ncsc.counts()
        assert (counts["incidents"], counts["receipts"], counts["duplicates"]) == (1, 1, 1)


async def test_the_same_key_with_other_content_is_refused(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        await ncsc.report(CONTENT)
        answer = await ncsc.report(as_bytes(bundle("another")))
        assert answer.status == 422
        assert answer.body["type"] == "urn:ncsc:problem:key-reused"
        assert (await ncsc.counts())["incidents"] == 1


async def test_the_same_key_in_another_run_is_refused(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        await ncsc.report(CONTENT, side="exercise", headers=EXERCISE)
        answer = await ncsc.report(CONTENT, side="exercise", headers={"Soc-Exercise": "run-2"})
        assert (answer.status, answer.body["type"]) == (422, "urn:ncsc:problem:key-reused")


async def test_a_report_without_a_key_is_refused(tmp_path: Path) -> None:
    headers = report_headers(CONTENT, "k")
    del headers["Idempotency-Key"]
    async with national(tmp_path) as ncsc:
        answer = await ncsc.send("POST", "/api/v1/incidents", CONTENT, headers)
        assert (answer.status, answer.body["type"]) == (400, "urn:ncsc:problem:key-missing")
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert (await ncsc.counts())["refused"] == {"key-missing": 1}


async def test_a_key_whose_request_is_still_running_is_refused(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        await ncsc.admin("POST", "/admin/faults", {"kind": "slow", "times": 1, "seconds": 2})
        async with asyncio.TaskGroup() as group:
            first = group.create_task(ncsc.report(CONTENT))
            async with asyncio.timeout(5):
                running = 0
                while running == 0:
                    running = (await ncsc.counts())["running"]
            during = await ncsc.report(CONTENT)
        assert (during.status, during.body["type"]) == (409, "urn:ncsc:problem:running")
        after = await ncsc.report(CONTENT)
        assert (after.status, after.body) == (202, first.result().body)


async def test_a_key_is_a_provinces_own_on_each_side(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        live = await ncsc.report(CONTENT)
        exercise = await ncsc.report(CONTENT, side="exercise", headers=EXERCISE)
        assert exercise.status == 202
        assert exercise.body["receipt_id"] != live.body["receipt_id"]
        across = await ncsc.send("GET", live.body["status_url"], side="exercise")
        assert across.status == 404


async def test_a_connection_cut_after_the_commit_gives_the_same_receipt_on_retry(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        await ncsc.admin("POST", "/admin/faults", {"kind": "drop_after_commit", "times": 1})
        with pytest.raises(ClientError):
            await ncsc.report(CONTENT)
        listed = (await ncsc.admin("GET", "/admin/incidents")).body["incidents"]
        answer = await ncsc.report(CONTENT)
        assert answer.status == 202
        assert [item["receipt_id"] for item in listed] == [answer.body["receipt_id"]]
        counts = await ncsc.counts()
        assert (counts["incidents"], counts["duplicates"]) == (1, 1)


async def test_an_unavailable_centre_says_when_to_come_again_and_keeps_nothing(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        await ncsc.admin("POST", "/admin/faults", {"kind": "unavailable", "times": 2, "seconds": 7})
        answers = [await ncsc.report(CONTENT) for _ in range(3)]
        assert [answer.status for answer in answers] == [503, 503, 202]
        assert answers[0].headers["Retry-After"] == "7"
        assert (await ncsc.counts())["incidents"] == 1


async def test_exercise_and_live_are_refused_both_ways_and_counted(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        marked_live = await ncsc.report(CONTENT, headers=EXERCISE)
        unmarked_exercise = await ncsc.report(CONTENT, side="exercise")
        for answer in (marked_live, unmarked_exercise):
            assert (answer.status, answer.body["type"]) == (403, "urn:ncsc:problem:exercise")
        counts = await ncsc.counts()
        assert (counts["refused"], counts["incidents"]) == ({"exercise": 2}, 0)


async def test_a_reading_request_of_a_live_certificate_may_not_name_a_run_either(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        assert (await ncsc.send("GET", "/api/v1/messages", headers=EXERCISE)).status == 403
        assert (await ncsc.send("GET", "/api/v1/messages", side="exercise")).status == 200


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("Content-Digest", "sha-256=:" + "A" * 43 + "=:", 400),
        ("Content-Digest", "md5=:AAAA:", 400),
        ("Idempotency-Key", "unquoted", 400),
        ("Content-Type", "text/plain", 415),
        ("Content-Encoding", "gzip", 415),
    ],
)
async def test_a_wrong_header_is_refused(tmp_path: Path, header: str, value: str, status: int) -> None:
    content = gzip.compress(CONTENT) if header == "Content-Encoding" else CONTENT
    async with national(tmp_path) as ncsc:
        answer = await ncsc.report(content, headers={header: value})
        assert answer.status == status
        assert (await ncsc.counts())["incidents"] == 0


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b'"\xff"', b'"\\ud800"'], ids=repr)
async def test_what_is_no_json_is_refused(tmp_path: Path, content: bytes) -> None:
    async with national(tmp_path) as ncsc:
        answer = await ncsc.report(content)
        assert (answer.status, answer.body["type"]) == (400, "urn:ncsc:problem:malformed")
        assert (await ncsc.report(CONTENT)).status == 202


async def test_a_report_beyond_two_mebibytes_is_refused(tmp_path: Path) -> None:
    largest = CONTENT + b" " * (2 * 1024 * 1024 - len(CONTENT))
    async with national(tmp_path) as ncsc:
        assert (await ncsc.report(largest + b" ")).status == 413
        assert (await ncsc.report(largest)).status == 202


async def test_an_unknown_place_or_method_is_a_problem_too(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        nowhere = await ncsc.send("GET", "/api/v2/incidents")
        assert (nowhere.status, nowhere.body["type"]) == (404, "urn:ncsc:problem:not-found")
        deleted = await ncsc.send("DELETE", "/api/v1/incidents")
        assert (deleted.status, deleted.body["type"]) == (405, "urn:ncsc:problem:method")


@pytest.mark.parametrize("receipt_id", ["no-such", "%ff", "%00", "%ED%A0%80", "..%2F..", "x" * 4000])
async def test_a_strange_receipt_id_is_just_not_found(tmp_path: Path, receipt_id: str) -> None:
    async with national(tmp_path) as ncsc:
        answer = await ncsc.send("GET", f"/api/v1/incidents/{receipt_id}")
        assert (answer.status, answer.body["type"]) == (404, "urn:ncsc:problem:not-found")


async def test_too_many_requests_are_told_when_to_come_again(tmp_path: Path) -> None:
    async with national(tmp_path, requests_per_minute=2) as ncsc:
        statuses = [(await ncsc.send("GET", "/api/v1/messages")).status for _ in range(2)]
        late = await ncsc.send("GET", "/api/v1/messages")
        assert ([*statuses, late.status], late.headers["Retry-After"]) == ([200, 200, 429], "30")
        ncsc.clock.ms += 30_000
        assert (await ncsc.send("GET", "/api/v1/messages")).status == 200


async def test_a_store_that_does_not_answer_is_said_and_keeps_nothing(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        with closing(sqlite3.connect(tmp_path / "data" / "ncsc.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            answer = await ncsc.report(CONTENT)
            other.execute("ROLLBACK")
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert (await ncsc.report(CONTENT)).status == 202
        assert (await ncsc.counts())["duplicates"] == 0


async def test_state_outlives_a_restart(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        first = await ncsc.report(CONTENT)
    async with national(tmp_path) as ncsc:
        again = await ncsc.report(CONTENT)
        assert again.body == first.body
        assert (await ncsc.send("GET", first.body["status_url"])).body["state"] == "validated"
        counts = await ncsc.counts()
        assert (counts["incidents"], counts["duplicates"]) == (1, 1)
