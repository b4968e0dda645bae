import csv
import json
from pathlib import Path
from typing import Any

import pytest
from support.readings import READ_AT_MS, event_of, own_sources

from soc.kernel.clock import iso_ms
from soc.model.event import Event
from soc.parsing.ecs import LABEL_LIMIT, to_ecs
from soc.parsing.tables import EcsType

FAILED = "Mar  2 04:00:00 web1 sshd[7]: Failed password for bob from 203.0.113.9 port 22 ssh2"
FITS = {
    EcsType.KEYWORD: {"keyword", "wildcard", "match_only_text"},
    EcsType.IP: {"ip"},
    EcsType.LONG: {"long"},
}


def document(event: Event) -> dict[str, Any]:
    return to_ecs(event, own_sources())


def test_sigma_fields_move_to_their_ecs_names() -> None:
    stored = document(event_of(FAILED, "syslog"))
    assert stored["source"] == {"ip": "203.0.113.9", "port": 22}
    assert stored["user"] == {"name": "bob"}
    assert stored["host"] == {"name": "web1"}
    assert stored["process"] == {"name": "sshd", "pid": 7}
    assert stored["event"]["outcome"] == "failure"
    assert stored["labels"]["method"] == "password"


def test_identity_and_times_come_from_the_event_and_not_from_its_text() -> None:
    lie = {"organization": {"id": "other"}, "event": {"original": "lie", "id": "own"}, "tags": ["lie"]}
    event = event_of(json.dumps({"@timestamp": "2026-03-02T04:00:00Z", **lie}), "json")
    stored = document(event)
    assert stored["organization"] == {"id": "so-y-te"}
    assert stored["agent"] == {"id": "c1"}
    assert stored["tags"] == []
    assert stored["@timestamp"] == "2026-03-02T04:00:00.000Z"
    assert stored["event"]["id"] == event.id
    assert stored["event"]["original"] == event.original
    assert stored["event"]["created"] == iso_ms(READ_AT_MS)
    assert stored["event"]["ingested"] == iso_ms(READ_AT_MS + 1000)
    assert stored["labels"]["organization_id"] == "other"


@pytest.mark.parametrize("value", ["no address", 5, None, "10.0.0.1/8", {"a": "b"}])
def test_a_value_that_does_not_fit_its_type_is_not_stored_as_one(value: object) -> None:
    record = {"event_type": "alert", "flow_id": 1, "src_ip": value, "src_port": "12", "dest_port": 1.5}
    stored = document(event_of(json.dumps(record), "json"))
    assert "ip" not in stored.get("source", {})
    assert stored["source"]["port"] == 12
    assert stored["labels"]["dest_port"] == "1.5"


def test_the_first_of_two_fields_with_one_name_keeps_it() -> None:
    record = {"Channel": "Security", "EventID": 4624, "User": "a", "SubjectUserName": "b"}
    stored = document(event_of(json.dumps(record), "windows_json"))
    assert stored["user"]["name"] == "a"
    assert stored["labels"]["SubjectUserName"] == "b"


def test_a_quarantined_record_is_stored_with_its_reason() -> None:
    stored = document(event_of("garbage", "access"))
    assert stored["event"]["kind"] == "pipeline_error"
    assert "not an access log line" in stored["error"]["message"]
    assert stored["tags"] == ["no_time", "quarantined"]


def test_labels_are_bounded() -> None:
    stored = document(event_of(json.dumps({f"k{n}": n for n in range(1000)}), "json"))
    assert sum(name.startswith("k") for name in stored["labels"]) == LABEL_LIMIT


def test_every_ecs_name_exists_and_has_a_type_that_fits(corpora: Path) -> None:
    with (corpora / "ecs" / "fields.csv").open(encoding="utf-8") as lines:
        known = {row["Field"]: row["Type"] for row in csv.DictReader(lines)}
    used = {(".".join(field.path), field.type) for _, table in own_sources().ecs for field in table.values()}
    wrong = {(name, kind) for name, kind in used if known.get(name) not in FITS[kind]}
    assert wrong == set()
    stored = document(event_of("garbage", "access"))
    own = {f"{top}.{name}" for top in ("event", "organization", "agent", "error") for name in stored[top]}
    assert own - set(known) == set()
