"""A doorway makes records of one source, and reads what comes with an eye on its end."""

from pathlib import Path

from support.centre import receiving
from support.doors import doorway

from soc.gateway.desk import Door
from soc.wire.codec import MAX_RECORD_BYTES


async def test_a_record_has_an_id_of_its_own_and_the_day_of_its_coming(tmp_path: Path) -> None:
    way = doorway(await receiving(tmp_path), Door.RELP, "syslog")
    (one,), (other,) = way.records(b"x", "10.0.0.1"), way.records(b"x", "10.0.0.1")
    assert one.own_id != other.own_id
    assert (one.source, one.format, one.day, one.peer, one.split) == (
        "relp",
        "syslog",
        "2026-11-24",
        "10.0.0.1",
        False,
    )


async def test_what_is_longer_than_a_record_becomes_parts_that_are_told_apart(tmp_path: Path) -> None:
    way = doorway(await receiving(tmp_path), Door.BULK, "json")
    parts = way.records(bytes(2 * MAX_RECORD_BYTES + 1), "", "id:1")
    assert [len(part.raw) for part in parts] == [MAX_RECORD_BYTES, MAX_RECORD_BYTES, 1]
    assert len({part.own_id for part in parts}) == 3
    assert all(part.split for part in parts)
    assert [part.raw for part in way.records(b"", "", "id:1")] == [b""]
